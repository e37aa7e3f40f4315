"""Geometry columns as GeoJSON text: coordinate system, simplification in metres, decimals."""

import math
from typing import Any

from sqlalchemy import ColumnElement, Float, Text, cast, func
from sqlalchemy.types import NullType

from schema.compiler.plan import GeometryText
from schema.compiler.predicate import Binds
from schema.compiler.values import INTEGER, METERS, ValueType
from schema.problem import bad_input

METERS_PER_DEGREE = math.pi * 6_371_008.8 / 180
"""Along a meridian, on the sphere of the WGS 84 mean radius."""
DEFAULT_PRECISION = 7
"""Decimals of a degree: 1 cm."""
NO_EXTRAS = 0
"""ST_AsGeoJSON's options: neither crs nor bbox members (RFC 7946)."""

GEOMETRY = NullType()


def _decimals(value: Any, argument: str) -> int:
    if not 0 <= value <= 15:
        raise bad_input("`precision` counts decimals, 0 to 15.", argument=argument)
    return int(value)


PRECISION = ValueType("int", INTEGER.type, _decimals)


def geojson_text(binds: Binds, plan: GeometryText, place: ColumnElement[Any]) -> ColumnElement[Any]:
    """GeoJSON of a geometry in WGS 84, NULL where it is NULL. CGCS2000 is WGS 84 to within centimetres."""
    shown = place
    if plan.simplify is not None:
        shown = simplified(place, binds.bind(plan.simplify, METERS))
        if str(plan.column.type.geometry_type).startswith("MULTI"):  # type: ignore[attr-defined]
            shown = func.ST_Multi(shown, type_=GEOMETRY)  # GEOS makes one part of a multipart geometry single
    if plan.crs == "GCJ02":
        shown = func.luodi_gcj02(shown, type_=GEOMETRY)
    elif plan.crs == "BD09":
        shown = func.luodi_bd09(shown, type_=GEOMETRY)
    precision = DEFAULT_PRECISION if plan.precision is None else binds.bind(plan.precision, PRECISION)
    return func.ST_AsGeoJSON(shown, precision, NO_EXTRAS, type_=Text())


def simplified(place: ColumnElement[Any], meters: ColumnElement[Any]) -> ColumnElement[Any]:
    """Douglas-Peucker in metres: longitudes are shrunk to the latitude of the geometry's middle first and stretched
    back after, so that a degree is as long either way; parts keep their topology."""
    middle = func.ST_Y(func.ST_Centroid(func.ST_Envelope(place)), type_=Float())
    shrink = func.greatest(func.cos(func.radians(middle)), 0.01, type_=Float())
    flat = func.ST_Scale(place, shrink, 1.0, type_=GEOMETRY)
    fewer = func.ST_SimplifyPreserveTopology(flat, meters / METERS_PER_DEGREE, type_=GEOMETRY)
    return func.ST_Scale(fewer, cast(1.0, Float(53)) / shrink, 1.0, type_=GEOMETRY)
