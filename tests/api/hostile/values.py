"""What an attacker writes where a value of a type is wanted, and one value of each type that is in order."""

import base64
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

LONG_LIST = 20_000
INJECTIONS = (
    "'; DROP TABLE project; --",
    '" OR 1=1 --',
    "$1::text); SELECT pg_sleep(5); --",
    "\\'; COPY project TO PROGRAM 'id'",
    "%' ESCAPE '%",
)
TEXTS = (*INJECTIONS, "", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\ufeff", "\U0010ffff", "x" * 12_000)
SQUARE = [[121.6, 38.9], [121.7, 38.9], [121.7, 39.0], [121.6, 39.0], [121.6, 38.9]]
POINT = {"type": "Point", "coordinates": [121.64, 38.92]}


def _nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = POINT
    for _ in range(levels):
        inner = {"type": "GeometryCollection", "geometries": [inner]}
    return inner


def _polygon(*positions: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(positions)]}


GEOMETRIES: tuple[Any, ...] = (
    {},
    [],
    "POINT(0 0)",
    {"type": "Feature", "geometry": POINT, "properties": {}},
    {"type": "FeatureCollection", "features": []},
    {"type": "Point", "coordinates": []},
    {"type": "Point", "coordinates": [181, 0]},
    {"type": "Point", "coordinates": [0, 91]},
    {"type": "Point", "coordinates": [10**38, 0]},
    {"type": "Point", "coordinates": [True, 0]},
    {"type": "Point", "coordinates": ["121", "38"]},
    {"type": "Point", "coordinates": [[[121.6, 38.9]]]},
    {"type": "Point", "coordinates": [0, 90]},
    {"type": "Point", "coordinates": [-180, -90]},
    {"type": "Point", "coordinates": [0, 0], "crs": {"type": "name", "properties": {"name": "EPSG:4490"}}},
    {"type": ["Point"], "coordinates": [0, 0]},
    {"type": "Point; DROP TABLE project", "coordinates": [0, 0]},
    {"type": "LineString", "coordinates": [[0, 0]]},
    {"type": "LineString", "coordinates": [[0, 0], [0, 0]]},
    {"type": "MultiPoint", "coordinates": [[0, 0], [0, 0]]},
    _polygon(*SQUARE),
    _polygon(*SQUARE[:-1]),
    _polygon([0, 0], [1, 1], [1, 0], [0, 1], [0, 0]),
    _polygon([0, 0], [1, 1], [2, 2], [0, 0]),
    _polygon([0, 0], [0, 0], [0, 0], [0, 0]),
    _polygon([170, -10], [-170, -10], [-170, 10], [170, 10], [170, -10]),
    _polygon([-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]),
    {"type": "Polygon", "coordinates": [SQUARE, [[0, 0], [1, 0], [1, 1], [0, 0]]]},
    {"type": "Polygon", "coordinates": []},
    {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]},
    {"type": "GeometryCollection", "geometries": []},
    _nested(1),
    _nested(4),
    _nested(40),
    {"type": "MultiPoint", "coordinates": [[121.6, 38.9]] * (LONG_LIST + 1)},
    5,
    True,
)


def cursor(text: str) -> str:
    """Any text in the dress of a cursor."""
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


CURSORS = (
    "not base64!",
    "é",
    cursor(""),
    cursor("null"),
    cursor("[" * 3_000),
    cursor('["00000000","1"]'),
    cursor('["296a2b2f"]'),
    cursor("[null,null]"),
    cursor('["296a2b2f",1e999]'),
    cursor('["296a2b2f","\\ud800"]'),
    cursor('["296a2b2f","' + "9" * 5_000 + '"]'),
    cursor("9" * 6_000),
)
IDS = (
    "prj_9223372036854775807",
    "prj_9223372036854775808",
    "prj_" + "9" * 400,
    "prj_-1",
    "prj_٣",
    "prj_²",
    "prj_ 1",
    "prj_1\n",
    "prj_",
    "_1",
    "prj__1",
    "iss_1",
    "par_1",
    "xyz_1",
    10**38,
    1.5,
)
NUMBERS = (-1, 0, 2**31 - 1, 2**31, -(2**31) - 1, 2**63, 10**38, -(10**38), 1.5, 1e308, -1e308, 5e-324, -0.0)
NOT_NUMBERS = ("1", "NaN", "Infinity", "", True)

_SCALARS: dict[str, tuple[Any, ...]] = {
    "String": (*TEXTS, 5, 1e308, False),
    "ID": (*TEXTS, *IDS, False),
    "Int": (*NUMBERS, *NOT_NUMBERS),
    "Float": (*NUMBERS, *NOT_NUMBERS),
    "Boolean": ("true", 1, 0, "", *INJECTIONS[:1]),
    "Decimal": (*NUMBERS, "NaN", "-Infinity", "1e400", "9" * 200, "9" * 40, "0." + "9" * 20, "٣", "1_0", "", True),
    "Date": ("2026-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "infinity", "٢٠٢٦-01-01", "2026-W01-1", "", 5),
    "DateTime": (
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
        "2026-01-01T00:00:00+99:99",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00",
        "infinity",
        "",
        5,
    ),
    "Time": ("24:00", "08:60", "08:00:60", "٠٨:٠٠", "8:00", "", 5, "00:00", "23:59:59"),
    "GeoJSON": GEOMETRIES,
}
_IN_ORDER: dict[str, Any] = {
    "String": "x",
    "ID": "prj_1",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "Decimal": "1",
    "Date": "2026-06-30",
    "DateTime": "2026-06-30T12:00:00+08:00",
    "Time": "09:00",
    "GeoJSON": POINT,
}


def hostile(type_: Any, name: str) -> list[Any]:
    """Values to try where an input of a type and name stands; some are in order, none may do harm."""
    if isinstance(type_, GraphQLNonNull):
        return hostile(type_.of_type, name)
    anywhere: list[Any] = [None, [], {}, [[]], {"unknown": 1}]
    if isinstance(type_, GraphQLList):
        item = in_order(type_.of_type)
        boxes = [[0, 0, 0, 0], [170, -10, -170, 10], [-180, -90, 180, 90], [10, 0, 0], [0, 10, 0, -10], [0, 0, 361, 0]]
        return [*anywhere, item, [None], [item, None], [[item]], [item] * LONG_LIST, *(boxes if name == "bbox" else ())]
    if isinstance(type_, GraphQLInputObjectType):
        return [*anywhere, "x", 5, True, [in_order(type_)]]
    if isinstance(type_, GraphQLEnumType):
        return [*anywhere, "NOPE", *INJECTIONS[:2], "\ud800", 1, True, next(iter(type_.values)).lower()]
    assert isinstance(type_, GraphQLScalarType), type_
    return [*anywhere, *_SCALARS[type_.name], *(CURSORS if name in ("after", "before") else ())]


def in_order(type_: Any) -> Any:
    """The least value of a type that passes its coercion."""
    if isinstance(type_, GraphQLNonNull):
        return in_order(type_.of_type)
    if isinstance(type_, GraphQLList):
        return [in_order(type_.of_type)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        if type_.is_one_of:
            name, field = next(iter(type_.fields.items()))
            return {name: in_order(field.type)}
        return {
            name: in_order(field.type) for name, field in type_.fields.items() if isinstance(field.type, GraphQLNonNull)
        }
    return _IN_ORDER[type_.name]
