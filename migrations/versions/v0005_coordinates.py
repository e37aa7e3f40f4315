"""GCJ-02 and BD-09 inside the database: ``geo.coordinate.sql`` as it stood when this revision was written."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GCJ02_VERTEX = """
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
    IF lon < 72.004 OR lon > 137.8347 OR lat < 0.8293 OR lat > 55.8271 THEN
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
    curvature := 1.0 - 0.006693421622965943 * sin(radians(lat)) ^ 2;
    RETURN ST_MakePoint(
        lon + east * 180.0 / (6378245.0 / sqrt(curvature) * cos(radians(lat)) * pi()),
        lat + north * 180.0
            / (6378245.0 * (1.0 - 0.006693421622965943) / (curvature * sqrt(curvature)) * pi())
    );
END $body$
"""

BD09_VERTEX = """
CREATE FUNCTION luodi_bd09_vertex(lon double precision, lat double precision) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 60 AS $body$
DECLARE
    gcj02 geometry := luodi_gcj02_vertex(lon, lat);
    x double precision := ST_X(gcj02);
    y double precision := ST_Y(gcj02);
    radius double precision := sqrt(x * x + y * y) + 0.00002 * sin(y * (pi() * 3000.0 / 180.0));
    angle double precision := atan2(y, x) + 0.000003 * cos(x * (pi() * 3000.0 / 180.0));
BEGIN
    RETURN ST_MakePoint(radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006);
END $body$
"""

GCJ02 = """
CREATE FUNCTION luodi_gcj02(shape geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 100 AS $body$
DECLARE
    kind text := GeometryType(shape);
BEGIN
    IF ST_SRID(shape) NOT IN (4326, 4490) THEN
        RAISE EXCEPTION 'luodi_gcj02 converts from WGS 84 (EPSG:4326) or CGCS2000 (EPSG:4490), not from SRID %',
            ST_SRID(shape) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF ST_IsEmpty(shape) THEN
        RETURN ST_SetSRID(ST_Force2D(shape), 0);
    ELSIF kind IN ('POINT', 'POINTM') THEN
        RETURN luodi_gcj02_vertex(ST_X(shape), ST_Y(shape));
    ELSIF kind IN ('LINESTRING', 'LINESTRINGM') THEN
        RETURN (SELECT ST_MakeLine(luodi_gcj02_vertex(ST_X(v.geom), ST_Y(v.geom)) ORDER BY v.path)
                FROM ST_DumpPoints(shape) AS v);
    ELSIF kind IN ('POLYGON', 'POLYGONM') THEN
        RETURN ST_MakePolygon(
            luodi_gcj02(ST_ExteriorRing(shape)),
            ARRAY(SELECT luodi_gcj02(ST_InteriorRingN(shape, n))
                  FROM generate_series(1, ST_NumInteriorRings(shape)) AS n ORDER BY n)
        );
    ELSIF kind IN ('MULTIPOINT', 'MULTIPOINTM', 'MULTILINESTRING', 'MULTILINESTRINGM', 'MULTIPOLYGON', 'MULTIPOLYGONM')
    THEN
        RETURN ST_Multi(ST_Collect(ARRAY(SELECT luodi_gcj02(ST_GeometryN(shape, n))
                                FROM generate_series(1, ST_NumGeometries(shape)) AS n ORDER BY n)));
    ELSIF kind IN ('GEOMETRYCOLLECTION', 'GEOMETRYCOLLECTIONM') THEN
        RETURN ST_ForceCollection(ST_Collect(ARRAY(SELECT luodi_gcj02(ST_GeometryN(shape, n))
                                          FROM generate_series(1, ST_NumGeometries(shape)) AS n ORDER BY n)));
    END IF;
    RAISE EXCEPTION 'luodi_gcj02 cannot convert a %', kind USING ERRCODE = 'feature_not_supported';
END $body$
"""

BD09 = """
CREATE FUNCTION luodi_bd09(shape geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 100 AS $body$
DECLARE
    kind text := GeometryType(shape);
BEGIN
    IF ST_SRID(shape) NOT IN (4326, 4490) THEN
        RAISE EXCEPTION 'luodi_bd09 converts from WGS 84 (EPSG:4326) or CGCS2000 (EPSG:4490), not from SRID %',
            ST_SRID(shape) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF ST_IsEmpty(shape) THEN
        RETURN ST_SetSRID(ST_Force2D(shape), 0);
    ELSIF kind IN ('POINT', 'POINTM') THEN
        RETURN luodi_bd09_vertex(ST_X(shape), ST_Y(shape));
    ELSIF kind IN ('LINESTRING', 'LINESTRINGM') THEN
        RETURN (SELECT ST_MakeLine(luodi_bd09_vertex(ST_X(v.geom), ST_Y(v.geom)) ORDER BY v.path)
                FROM ST_DumpPoints(shape) AS v);
    ELSIF kind IN ('POLYGON', 'POLYGONM') THEN
        RETURN ST_MakePolygon(
            luodi_bd09(ST_ExteriorRing(shape)),
            ARRAY(SELECT luodi_bd09(ST_InteriorRingN(shape, n))
                  FROM generate_series(1, ST_NumInteriorRings(shape)) AS n ORDER BY n)
        );
    ELSIF kind IN ('MULTIPOINT', 'MULTIPOINTM', 'MULTILINESTRING', 'MULTILINESTRINGM', 'MULTIPOLYGON', 'MULTIPOLYGONM')
    THEN
        RETURN ST_Multi(ST_Collect(ARRAY(SELECT luodi_bd09(ST_GeometryN(shape, n))
                                FROM generate_series(1, ST_NumGeometries(shape)) AS n ORDER BY n)));
    ELSIF kind IN ('GEOMETRYCOLLECTION', 'GEOMETRYCOLLECTIONM') THEN
        RETURN ST_ForceCollection(ST_Collect(ARRAY(SELECT luodi_bd09(ST_GeometryN(shape, n))
                                          FROM generate_series(1, ST_NumGeometries(shape)) AS n ORDER BY n)));
    END IF;
    RAISE EXCEPTION 'luodi_bd09 cannot convert a %', kind USING ERRCODE = 'feature_not_supported';
END $body$
"""

DROP = (
    "DROP FUNCTION luodi_bd09(geometry)",
    "DROP FUNCTION luodi_gcj02(geometry)",
    "DROP FUNCTION luodi_bd09_vertex(double precision, double precision)",
    "DROP FUNCTION luodi_gcj02_vertex(double precision, double precision)",
)


def upgrade() -> None:
    for statement in (GCJ02_VERTEX, BD09_VERTEX, GCJ02, BD09):
        op.execute(statement)


def downgrade() -> None:
    for statement in DROP:
        op.execute(statement)
