"""The scalars of the API and how strictly their input is read.

Each reader turns a JSON value into the Python value a bind parameter carries, or raises ``ValueError`` with a message
that names the fix; graphql-core adds the place.
"""

import datetime
import decimal
import re
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from geo.geojson import GeoJSONError, Geometry, parse_geometry
from schema.compiler.entity import graphql_enum
from schema.database import DataOrigin
from schema.limits import Limits

graphql_enum(DataOrigin)  # every room's types carry it

GeoJSON = NewType("GeoJSON", object)
"""A GeoJSON geometry (RFC 7946): WGS 84, longitude before latitude, right-handed rings on output."""

_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,20})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def read_geojson(value: Any) -> Geometry:
    try:
        return parse_geometry(value, max_vertices=Limits().geometry_vertices)
    except GeoJSONError as error:
        raise ValueError(str(error)) from error


def read_decimal(value: Any) -> decimal.Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError('A Decimal is a string such as "123.45".')
    text = format(decimal.Decimal(repr(value)), "f") if isinstance(value, float) else str(value)
    if not _DECIMAL.fullmatch(text):
        raise ValueError('A Decimal is at most 40 digits and 20 decimals, as a string such as "123.45".')
    return decimal.Decimal(text)


def read_date(value: Any) -> datetime.date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError('A Date is a string such as "2026-03-31".')
    return datetime.date.fromisoformat(value)


def read_datetime(value: Any) -> datetime.datetime:
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        raise ValueError('A DateTime is a string with an offset, such as "2026-03-31T08:30:00+08:00".')
    instant = datetime.datetime.fromisoformat(value.upper())
    try:
        return instant.astimezone(datetime.UTC)
    except OverflowError as error:
        raise ValueError("A DateTime lies between the years 1 and 9999 in UTC.") from error


def read_time(value: Any) -> datetime.time:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError('A Time is a string such as "08:30".')
    return datetime.time.fromisoformat(value)


def _write(value: Any) -> Any:
    """For values that Python answers itself and for defaults in the schema's text."""
    if isinstance(value, datetime.time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, decimal.Decimal) else value


def _scalar(name: str, description: str, url: str | None, reader: Any) -> ScalarDefinition:
    return strawberry.scalar(
        name=name, description=description, specified_by_url=url, serialize=_write, parse_value=reader
    )


SCALARS: dict[object, ScalarDefinition] = {
    GeoJSON: _scalar(
        "GeoJSON",
        "A GeoJSON geometry as a JSON object (RFC 7946): WGS 84, [longitude, latitude].",
        "https://www.rfc-editor.org/rfc/rfc7946",
        read_geojson,
    ),
    decimal.Decimal: _scalar("Decimal", "An exact decimal, as a string.", None, read_decimal),
    datetime.date: _scalar(
        "Date", "A calendar day, ISO 8601.", "https://scalars.graphql.org/andimarek/local-date", read_date
    ),
    datetime.datetime: _scalar(
        "DateTime",
        "An instant with its offset (RFC 3339).",
        "https://scalars.graphql.org/andimarek/date-time",
        read_datetime,
    ),
    datetime.time: _scalar("Time", "A time of day in Asia/Shanghai, such as 08:30.", None, read_time),
}
