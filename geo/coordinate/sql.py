"""The PostgreSQL twins of `gcj02` and `bd09`: `luodi_gcj02(geometry)` and `luodi_bd09(geometry)`, from WGS 84.

They give the same doubles as the Python to within rounding (a test compares them), so a geometry can leave the
database already converted. Migrations run `CREATE_FUNCTIONS` in order and `DROP_FUNCTIONS` to go back.

The result is 2D with SRID 0, because no SRID stands for GCJ-02 or BD-09; the argument must be EPSG:4326 or 4490 or
the function raises `invalid_parameter_value`. Points, lines, polygons, their multis and collections (nested ones
too) keep their structure; curves, surfaces and TINs raise `feature_not_supported`.
"""

from __future__ import annotations

from typing import Final

from geo.coordinate.bd09 import ANGLE_RIPPLE, EAST_SHIFT, NORTH_SHIFT, RADIUS_RIPPLE
from geo.coordinate.gcj02 import EAST, ECCENTRICITY_SQUARED, NORTH, SEMI_MAJOR_AXIS, SOUTH, WEST

# One function per vertex, in plpgsql: its assignments are evaluated once, where an inlined SQL body would repeat them.
_GCJ02_VERTEX: Final = f"""
CREATE FUNCTION luodi_gcj02_vertex(lon double precision, lat double precision) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 50 AS $body$
DECLARE
    x double precision := lon - 105.0;
    y double precision := lat - 35.0;
    root double precision;
    ripple double precision;
    east double precision;
    north double precision;
    curvature double precision;
BEGIN
    IF lon < {WEST} OR lon > {EAST} OR lat < {SOUTH} OR lat > {NORTH} THEN
        RETURN ST_MakePoint(lon, lat);
    END IF;
    root := sqrt(abs(x));
    ripple := 20.0 * sin(6.0 * x * pi()) + 20.0 * sin(2.0 * x * pi());
    north := -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
        + (ripple + 20.0 * sin(y * pi()) + 40.0 * sin(y / 3.0 * pi())) * 2.0 / 3.0
        + (160.0 * sin(y / 12.0 * pi()) + 320.0 * sin(y * pi() / 30.0)) * 2.0 / 3.0;
    east := 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
        + (ripple + 20.0 * sin(x * pi()) + 40.0 * sin(x / 3.0 * pi())) * 2.0 / 3.0
        + (150.0 * sin(x / 12.0 * pi()) + 300.0 * sin(x / 30.0 * pi())) * 2.0 / 3.0;
    curvature := 1.0 - {ECCENTRICITY_SQUARED!r} * sin(radians(lat)) ^ 2;
    RETURN ST_MakePoint(
        lon + east * 180.0 / ({SEMI_MAJOR_AXIS!r} / sqrt(curvature) * cos(radians(lat)) * pi()),
        lat + north * 180.0
            / ({SEMI_MAJOR_AXIS!r} * (1.0 - {ECCENTRICITY_SQUARED!r}) / (curvature * sqrt(curvature)) * pi())
    );
END $body$
"""

_BD09_VERTEX: Final = f"""
CREATE FUNCTION luodi_bd09_vertex(lon double precision, lat double precision) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 60 AS $body$
DECLARE
    gcj02 geometry := luodi_gcj02_vertex(lon, lat);
    x double precision := ST_X(gcj02);
    y double precision := ST_Y(gcj02);
    radius double precision := sqrt(x * x + y * y) + {RADIUS_RIPPLE:.5f} * sin(y * (pi() * 3000.0 / 180.0));
    angle double precision := atan2(y, x) + {ANGLE_RIPPLE:.6f} * cos(x * (pi() * 3000.0 / 180.0));
BEGIN
    RETURN ST_MakePoint(radius * cos(angle) + {EAST_SHIFT!r}, radius * sin(angle) + {NORTH_SHIFT!r});
END $body$
"""


def _geometry_function(system: str) -> str:
    """CREATE FUNCTION for `luodi_<system>(geometry)`: every vertex through `luodi_<system>_vertex`."""
    # S608 warns of values in SQL; `system` is one of two names written below.
    return f"""
CREATE FUNCTION luodi_{system}(shape geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 100 AS $body$
DECLARE
    kind text := GeometryType(shape);
BEGIN
    IF ST_SRID(shape) NOT IN (4326, 4490) THEN
        RAISE EXCEPTION 'luodi_{system} converts from WGS 84 (EPSG:4326) or CGCS2000 (EPSG:4490), not from SRID %',
            ST_SRID(shape) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF ST_IsEmpty(shape) THEN
        RETURN ST_SetSRID(ST_Force2D(shape), 0);
    ELSIF kind IN ('POINT', 'POINTM') THEN
        RETURN luodi_{system}_vertex(ST_X(shape), ST_Y(shape));
    ELSIF kind IN ('LINESTRING', 'LINESTRINGM') THEN
        RETURN (SELECT ST_MakeLine(luodi_{system}_vertex(ST_X(v.geom), ST_Y(v.geom)) ORDER BY v.path)
                FROM ST_DumpPoints(shape) AS v);
    ELSIF kind IN ('POLYGON', 'POLYGONM') THEN
        RETURN ST_MakePolygon(
            luodi_{system}(ST_ExteriorRing(shape)),
            ARRAY(SELECT luodi_{system}(ST_InteriorRingN(shape, n))
                  FROM generate_series(1, ST_NumInteriorRings(shape)) AS n ORDER BY n)
        );
    ELSIF kind IN ('MULTIPOINT', 'MULTIPOINTM', 'MULTILINESTRING', 'MULTILINESTRINGM', 'MULTIPOLYGON', 'MULTIPOLYGONM')
    THEN
        RETURN ST_Multi(ST_Collect(ARRAY(SELECT luodi_{system}(ST_GeometryN(shape, n))
                                FROM generate_series(1, ST_NumGeometries(shape)) AS n ORDER BY n)));
    ELSIF kind IN ('GEOMETRYCOLLECTION', 'GEOMETRYCOLLECTIONM') THEN
        RETURN ST_ForceCollection(ST_Collect(ARRAY(SELECT luodi_{system}(ST_GeometryN(shape, n))
                                          FROM generate_series(1, ST_NumGeometries(shape)) AS n ORDER BY n)));
    END IF;
    RAISE EXCEPTION 'luodi_{system} cannot convert a %', kind USING ERRCODE = 'feature_not_supported';
END $body$
"""  # noqa: S608


CREATE_FUNCTIONS: Final[tuple[str, ...]] = (
    _GCJ02_VERTEX,
    _BD09_VERTEX,
    _geometry_function("gcj02"),
    _geometry_function("bd09"),
)
"""CREATE FUNCTION statements, in the order of their dependencies."""

DROP_FUNCTIONS: Final[tuple[str, ...]] = (
    "DROP FUNCTION luodi_bd09(geometry)",
    "DROP FUNCTION luodi_gcj02(geometry)",
    "DROP FUNCTION luodi_bd09_vertex(double precision, double precision)",
    "DROP FUNCTION luodi_gcj02_vertex(double precision, double precision)",
)
"""DROP FUNCTION statements that undo `CREATE_FUNCTIONS`, in order."""
