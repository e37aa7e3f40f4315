"""From a leaf of the arguments to a bind parameter: its PostgreSQL type, and the check each value must pass."""

import enum
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from sqlalchemy import BigInteger, Column, Date, DateTime, Float, Integer, Numeric, Text, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement

from geo.geojson import BoundingBox, GeoJSONError, Geometry, parse_bbox
from schema.compiler.arguments import Value
from schema.database import WGS84_SRID
from schema.problem import bad_input, limit_exceeded

STRING_CEILING = 10_000
LIST_CEILING = 10_000
METERS_CEILING = 20_040_000.0
"""Half the equator: no two places on earth are farther apart."""
METERS_FLOOR = 1e-9
"""No more than this, and it is nothing."""
ANTIPODAL_DEGREES = 1e-7
"""Ends of an edge nearer than this to antipodes, about a centimetre, have no one shortest way between them."""
BIGINT_CEILING = 2**63 - 1

Convert = Callable[[Any, str], Any]
"""(value, argument path) → what the driver sends; raises a Problem that names the argument and the fix."""


class Parameter(ColumnElement[Any]):
    """A bind parameter by its place: ``$3::text``. Values never enter the text of a statement."""

    inherit_cache = False
    __visit_name__ = "luodi_parameter"

    def __init__(self, place: int, pg_type: str, type_: types.TypeEngine[Any]) -> None:
        self.place = place
        self.pg_type = pg_type
        self.type = type_


@compiles(Parameter)
def _parameter_text(element: Parameter, _: SQLCompiler, **__: Any) -> str:
    return f"${element.place}::{element.pg_type}"


@dataclass(frozen=True)
class ValueType:
    """How values of a kind are checked and sent."""

    pg_type: str
    type: types.TypeEngine[Any]
    convert: Convert


def check_text(value: str, argument: str) -> str:
    """Text that PostgreSQL can hold, of bounded length; raises Problem."""
    if len(value) > STRING_CEILING:
        raise limit_exceeded(
            f"The length of {argument}", STRING_CEILING, len(value), "Give a shorter text.", argument=argument
        )
    if "\x00" in value:
        raise bad_input("Text cannot hold the character U+0000; leave it out.", argument=argument)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise bad_input("Text cannot hold an unpaired surrogate; send valid Unicode.", argument=argument) from error
    return value


def _text(value: Any, argument: str) -> str:
    return check_text(value.value if isinstance(value, enum.Enum) else value, argument)


def _number(value: Any, argument: str) -> Any:
    if not math.isfinite(value):
        raise bad_input("The number must be finite.", argument=argument)
    return value


def _as_is(value: Any, _: str) -> Any:
    return value


def _geometry(value: Any, argument: str) -> str:
    if not isinstance(value, Geometry):
        raise bad_input("A GeoJSON geometry is needed here.", argument=argument)
    return value.hex_ewkb


def _geography(value: Any, argument: str) -> str:
    text = _geometry(value, argument)
    if value.type != "Point":
        # of rings and parts too the seams between them: only what spans the earth has such a seam
        lon, lat = shapely.get_coordinates(shapely.from_wkb(value.ewkb)).T
        apart, opposite = np.abs(np.diff(lon)), np.abs(lat[1:] + lat[:-1]) < ANTIPODAL_DEGREES
        poles = np.abs(lat[1:]) > 90 - ANTIPODAL_DEGREES
        if np.any(opposite & (poles | (np.abs(apart - 180) < ANTIPODAL_DEGREES))):
            message = "An edge leads to the other end of the earth, by no way of its own; put a position between."
            raise bad_input(message, argument=argument)
    return text


def _meters(value: Any, argument: str) -> float:
    if not (math.isfinite(value) and 0 <= value <= METERS_CEILING):
        raise bad_input(f"Metres must lie between 0 and {METERS_CEILING:g}.", argument=argument)
    # PostgreSQL refuses to divide the smallest numbers there are
    return float(value) if value > METERS_FLOOR else 0.0


TEXT = ValueType("text", Text(), _text)
INTEGER = ValueType("bigint", BigInteger(), _as_is)
NUMERIC = ValueType("numeric", Numeric(), _as_is)
FLOAT = ValueType("float8", Float(53), _number)
DATE = ValueType("date", Date(), _as_is)
DATETIME = ValueType("timestamptz", DateTime(timezone=True), _as_is)
METERS = ValueType("float8", Float(53), _meters)
GEOMETRY = ValueType("text::geometry", types.NullType(), _geometry)
GEOGRAPHY = ValueType("text::geometry", types.NullType(), _geography)
"""A geometry to measure from on the ellipsoid."""


def type_of(column: Column[Any]) -> ValueType:
    """The kind of value a column is compared with."""
    if isinstance(column.type, Text):
        return TEXT
    if isinstance(column.type, Float):
        return FLOAT
    if isinstance(column.type, Numeric):
        return NUMERIC
    if isinstance(column.type, Integer):
        return INTEGER
    if isinstance(column.type, DateTime):
        return DATETIME
    if isinstance(column.type, Date):
        return DATE
    raise TypeError(f"no value type for {column}")


def global_id_type(prefix: str) -> ValueType:
    """Global ids of one entity, sent as its primary key."""

    def convert(value: Any, argument: str) -> int:
        return decode_global_id(str(value), argument, prefix)[1]

    return ValueType("bigint", BigInteger(), convert)


def decode_global_id(value: str, argument: str, wanted: str | None = None) -> tuple[str, int]:
    """The prefix and primary key of a global id; a Problem names the kind that was wanted."""
    prefix, _, digits = value.partition("_")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) <= BIGINT_CEILING):
        raise bad_input("This is not an id of this API; give an id back as you received it.", argument=argument)
    if wanted is not None and prefix != wanted:
        raise bad_input(f"This id is of another type; ids of this type begin with '{wanted}_'.", argument=argument)
    return prefix, int(digits)


def list_of(item: ValueType) -> ValueType:
    """An array of such values."""

    def convert(value: Any, argument: str) -> list[Any]:
        values = value if isinstance(value, list) else [value]
        if len(values) > LIST_CEILING:
            fix = "Ask in several requests."
            raise limit_exceeded(f"The length of {argument}", LIST_CEILING, len(values), fix, argument=argument)
        return [item.convert(one, f"{argument}[{index}]") for index, one in enumerate(values)]

    return ValueType(f"{item.pg_type}[]", types.ARRAY(item.type), convert)


def _boxes(value: Any, argument: str) -> tuple[BoundingBox, ...]:
    """``[west, south, east, north]`` in degrees as one box, or as two where it crosses the antimeridian."""
    try:
        return _parsed(tuple(value)) if isinstance(value, list) else parse_bbox(value)
    except GeoJSONError as error:
        raise bad_input(f"The bounding box {error}.", argument=argument) from error


_parsed = lru_cache(maxsize=256)(parse_bbox)
"""One box fills several parameters of a statement."""


def _box(place: int) -> ValueType:
    """The first or the last box as PostgreSQL's own, which compares in double precision."""

    def convert(value: Any, argument: str) -> tuple[tuple[float, float], tuple[float, float]]:
        box = _boxes(value, argument)[place]
        return (box.east, box.north), (box.west, box.south)

    return ValueType("box", types.NullType(), convert)


def _box_area(place: int) -> ValueType:
    """The first or the last box as a geometry: a point or a line where it has no width or height."""

    def convert(value: Any, argument: str) -> str:
        box = _boxes(value, argument)[place]
        return _hex(shapely.envelope(shapely.multipoints([(box.west, box.south), (box.east, box.north)])))

    return ValueType("text::geometry", types.NullType(), convert)


def _hex(geometry: Any) -> str:
    return str(shapely.to_wkb(shapely.set_srid(geometry, WGS84_SRID), hex=True, include_srid=True))


_DIAGONAL = struct.Struct("<BIII4d")
"""EWKB of a line of two positions: byte order, type with the SRID's flag, SRID, number of positions, coordinates."""
_LINE_WITH_SRID = 0x20000002


def _box_candidates(value: Any, argument: str) -> str:
    """For an index: a line whose own box holds every box; across the antimeridian that is the whole band.

    Written by hand, for shapely takes ten times as long and every map asks this.
    """
    boxes = _boxes(value, argument)
    west, east = (boxes[0].west, boxes[0].east) if len(boxes) == 1 else (-180.0, 180.0)
    return _DIAGONAL.pack(1, _LINE_WITH_SRID, WGS84_SRID, 2, west, boxes[0].south, east, boxes[0].north).hex()


BOXES = (_box(0), _box(-1))
BOX_AREAS = (_box_area(0), _box_area(-1))
BOX_CANDIDATES = ValueType("text::geometry", types.NullType(), _box_candidates)


@dataclass(frozen=True)
class Binder:
    """One bind parameter of a plan: which leaf fills it, how, and for which response path an error is reported."""

    value: Value
    convert: Convert
    path: tuple[str, ...]
