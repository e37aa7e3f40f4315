"""`luodi_gcj02` and `luodi_bd09` in PostGIS against their Python originals."""

from __future__ import annotations

import asyncpg
import numpy as np
import pytest
import shapely

from geo.coordinate import CREATE_FUNCTIONS, DROP_FUNCTIONS, CoordinateSystem, convert, convert_geometry

FUNCTIONS = [("luodi_gcj02", CoordinateSystem.GCJ02), ("luodi_bd09", CoordinateSystem.BD09)]

SHAPES = [
    "POINT (121.6 38.9)",
    "POINT (2.35 48.86)",
    "POINT EMPTY",
    "LINESTRING (121.6 38.9, 121.7 39, 121.8 39)",
    "POLYGON ((121 39, 122 39, 122 40, 121 39), (121.5 39.2, 121.6 39.2, 121.6 39.3, 121.5 39.2))",
    "POLYGON EMPTY",
    "MULTIPOINT ((121 39), (122 40))",
    "MULTIPOINT ((121 39))",
    "MULTILINESTRING ((121 39, 122 39), (121 38, 122 38))",
    "MULTIPOLYGON (((121 39, 122 39, 122 40, 121 39)), ((123 39, 124 39, 124 40, 123 39)))",
    "GEOMETRYCOLLECTION (POINT (121 39))",
    "GEOMETRYCOLLECTION (POINT (121 39), POINT (122 39))",
    "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (LINESTRING (121 39, 122 39)), MULTIPOINT ((121 39)))",
]


@pytest.mark.parametrize(("function", "system"), FUNCTIONS)
async def test_points_agree_with_python(
    connection: asyncpg.Connection, function: str, system: CoordinateSystem
) -> None:
    rng = np.random.default_rng(20230101)
    lon, lat = rng.uniform(60.0, 150.0, 2000), rng.uniform(-10.0, 60.0, 2000)
    rows = await connection.fetch(
        f"SELECT ST_X(g) AS x, ST_Y(g) AS y FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS p(lon, lat, n),"  # noqa: S608
        f" LATERAL {function}(ST_SetSRID(ST_MakePoint(lon, lat), 4326)) AS g ORDER BY n",
        lon.tolist(),
        lat.tolist(),
    )
    expected = np.stack(convert(lon, lat, CoordinateSystem.WGS84, system), axis=1)
    found = np.array([(row["x"], row["y"]) for row in rows])
    assert np.abs(found - expected).max() < 1e-11


@pytest.mark.parametrize("wkt", SHAPES)
@pytest.mark.parametrize(("function", "system"), FUNCTIONS)
async def test_every_type_keeps_its_structure(
    connection: asyncpg.Connection, function: str, system: CoordinateSystem, wkt: str
) -> None:
    wkb = await connection.fetchval(
        f"SELECT ST_AsBinary({function}(ST_GeomFromText($1, 4326)))",
        wkt,
    )
    found = shapely.from_wkb(wkb)
    expected = convert_geometry(shapely.from_wkt(wkt), CoordinateSystem.WGS84, system)
    assert found.geom_type == expected.geom_type
    assert found.equals_exact(expected, 1e-11)


async def test_result_claims_no_srid_and_has_no_height(connection: asyncpg.Connection) -> None:
    wkt = await connection.fetchval(
        "SELECT ST_AsEWKT(luodi_gcj02('SRID=4326;LINESTRING Z (2 48 7, 3 49 8)'::geometry))"
    )
    assert wkt == "LINESTRING(2 48,3 49)"


async def test_geojson_of_the_result_has_no_crs_member(connection: asyncpg.Connection) -> None:
    text = await connection.fetchval("SELECT ST_AsGeoJSON(luodi_gcj02('SRID=4326;POINT(2.5 48)'::geometry))")
    assert text == '{"type":"Point","coordinates":[2.5,48]}'


@pytest.mark.parametrize(("function", "_system"), FUNCTIONS)
async def test_another_srid_is_refused(connection: asyncpg.Connection, function: str, _system: str) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError, match="not from SRID 3857"):
        await connection.execute(f"SELECT {function}('SRID=3857;POINT(2 48)'::geometry)")


async def test_curves_are_refused(connection: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.FeatureNotSupportedError, match="CIRCULARSTRING"):
        await connection.execute("SELECT luodi_gcj02('SRID=4326;CIRCULARSTRING(0 0, 1 1, 2 0)'::geometry)")


async def test_null_gives_null(connection: asyncpg.Connection) -> None:
    assert await connection.fetchval("SELECT luodi_gcj02(NULL::geometry) IS NULL AND luodi_bd09(NULL) IS NULL")


async def test_dropping_undoes_creating(connection: asyncpg.Connection) -> None:
    for statement in (*DROP_FUNCTIONS, *CREATE_FUNCTIONS):
        await connection.execute(statement)
    flags = await connection.fetch(
        "SELECT provolatile::text AS volatility, proparallel::text AS parallel, proisstrict FROM pg_proc"
        " WHERE proname ~ '^luodi_(gcj02|bd09)'"
    )
    assert [tuple(row) for row in flags] == [("i", "s", True)] * 4
