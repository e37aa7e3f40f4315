"""Bounding boxes: RFC 7946, section 5."""

from __future__ import annotations

from typing import NamedTuple

from geo.geojson.error import GeoJSONError, json_type
from geo.geojson.position import read_latitude, read_longitude


class BoundingBox(NamedTuple):
    """Degrees, WGS 84; west ≤ east and south ≤ north."""

    west: float
    south: float
    east: float
    north: float


def parse_bbox(value: object) -> tuple[BoundingBox, ...]:
    """Reads [west, south, east, north]: one box, or two when it crosses the antimeridian (west > east, RFC 7946 5.2).

    The two then meet at ±180°: (west … 180) and (−180 … east). Anything else raises GeoJSONError.
    """
    if not isinstance(value, list | tuple):
        raise GeoJSONError((), f"is {json_type(value)}; give [west, south, east, north]")
    if len(value) != 4:
        raise GeoJSONError((), f"has {len(value)} members; give four: [west, south, east, north]")
    west, east = read_longitude(value[0], (0,)), read_longitude(value[2], (2,))
    south, north = read_latitude(value[1], (1,)), read_latitude(value[3], (3,))
    if south > north:
        raise GeoJSONError((1,), f"south {south:.9g} is above north {north:.9g}; give [west, south, east, north]")
    if west > east:
        return BoundingBox(west, south, 180.0, north), BoundingBox(-180.0, south, east, north)
    return (BoundingBox(west, south, east, north),)
