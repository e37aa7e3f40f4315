"""Coordinate systems in use in China: WGS 84, CGCS2000, GCJ-02 and BD-09; in Python here, in PostgreSQL by `sql`."""

from geo.coordinate.bd09 import bd09_to_gcj02, gcj02_to_bd09
from geo.coordinate.gcj02 import gcj02_to_wgs84, wgs84_to_gcj02
from geo.coordinate.sql import CREATE_FUNCTIONS, DROP_FUNCTIONS
from geo.coordinate.system import CoordinateSystem, convert, convert_geometry

__all__ = [
    "CREATE_FUNCTIONS",
    "DROP_FUNCTIONS",
    "CoordinateSystem",
    "bd09_to_gcj02",
    "convert",
    "convert_geometry",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "wgs84_to_gcj02",
]
