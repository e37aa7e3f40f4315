"""Tiles made by PostGIS from a table of our own: the same as its own functions make, and nothing lost."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import asyncpg
import mapbox_vector_tile
import pytest
from sqlalchemy import BigInteger, Column, MetaData, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.types import NullType

from geo.mercator import BUFFER, EXTENT, Tile
from geo.tile import CELL, TileSource, tile_of, tile_parameters

spot = Table(
    "spot",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("name", Text),
    Column("worth", Numeric(18, 2)),
    Column("place", NullType()),
)
CITY = Tile(10, 857, 391)
Feature = Mapping[str, Any]


def source(*, points: bool = True) -> TileSource:
    return TileSource(
        name="spots",
        rows=spot,
        conditions=[spot.c.name != "hidden"],
        key=spot.c.id,
        place=spot.c.place,
        points=points,
        attributes={"name": spot.c.name, "worth": spot.c.worth},
        summed=frozenset({"worth"}),
    )


async def fill(connection: asyncpg.Connection, rows: Iterable[tuple[int, str, str]]) -> None:
    """A table of (id, name, WKT), each worth its id and a half."""
    await connection.execute(
        "CREATE TEMPORARY TABLE spot (id bigint PRIMARY KEY, name text, worth numeric, place geometry(Geometry, 4326))"
        " ON COMMIT DROP"
    )
    await connection.executemany(
        "INSERT INTO spot VALUES ($1::bigint, $2, $1::bigint + 0.5, ST_GeomFromText($3, 4326))",
        [(*row,) for row in rows],
    )
    await connection.execute("CREATE INDEX ON spot USING gist (place); ANALYZE spot")


async def features(
    connection: asyncpg.Connection,
    tile: Tile,
    *,
    points: bool = True,
    crowd: int = 20_000,
    crowd_expected: bool = False,
) -> list[Feature]:
    compiled = tile_of(source(points=points), crowd=crowd).compile(dialect=dialect.dialect())  # type: ignore[no-untyped-call]
    values = {**compiled.params, **tile_parameters(tile, crowd_expected=crowd_expected)}
    row = await connection.fetchrow(compiled.string, *(values[name] for name in compiled.positiontup or ()))
    assert (row["drawn"] is None) != (row["grouped"] is None), "a tile is made once"
    body = row["drawn"] if row["drawn"] is not None else row["grouped"]
    if not body:
        return []
    decoded = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    assert list(decoded) == ["spots"]
    assert decoded["spots"]["extent"] == EXTENT
    found: list[Feature] = decoded["spots"]["features"]
    return found


def random_points(tile: Tile, number: int, *, beyond: float = 3 * BUFFER, seed: int = 7) -> list[tuple[int, str, str]]:
    """Points in and around a tile, some of them exactly on its corners; none on half units, where roundings differ."""
    chance = random.Random(seed)
    box = tile.bounds(beyond)
    west, east = max(box.west, -180), min(box.east, 180)
    places = [(chance.uniform(west, east), chance.uniform(box.south, box.north)) for _ in range(number)]
    for margin in (0, -0.25, -BUFFER):
        corner = tile.bounds(margin)
        places += [(lon, lat) for lon in (corner.west, corner.east) for lat in (corner.south, corner.north)]
    return [(place + 1, f"spot {place}", f"POINT({lon!r} {lat!r})") for place, (lon, lat) in enumerate(places)]


@pytest.mark.parametrize(
    "tile", [CITY, Tile(0, 0, 0), Tile(1, 1, 0), Tile(5, 0, 31), Tile(14, 13716, 6266), Tile(16, 54864, 25064)]
)
async def test_arithmetic_places_points_where_postgis_does(connection: asyncpg.Connection, tile: Tile) -> None:
    await fill(connection, random_points(tile, 3000))
    rows = await connection.fetch(
        "SELECT id, ST_X(unit) AS x, ST_Y(unit) AS y FROM (SELECT id, ST_AsMVTGeom(ST_Transform(place, 3857),"
        " ST_TileEnvelope($1, $2, $3), $4, $5, true) AS unit FROM spot WHERE abs(ST_Y(place)) < 89) AS spot"
        " WHERE unit IS NOT NULL",
        tile.z, tile.x, tile.y, EXTENT, BUFFER,
    )  # fmt: skip
    expected = {row["id"]: [row["x"], row["y"]] for row in rows}
    found = {one["id"]: one["geometry"]["coordinates"] for one in await features(connection, tile)}

    def inside(place: list[float]) -> bool:
        return all(-BUFFER < unit < EXTENT + BUFFER for unit in place)

    assert sum(inside(place) for place in expected.values()) > 1000
    # what lies on the very edge of the buffer may be seen or not, by the index's single precision
    assert {key: place for key, place in found.items() if inside(place)} == {
        key: place for key, place in expected.items() if inside(place)
    }
    assert all(-BUFFER - 16 <= unit <= EXTENT + BUFFER + 16 for place in found.values() for unit in place)


async def test_a_single_feature_keeps_its_id_and_attributes(connection: asyncpg.Connection) -> None:
    largest = 2**52 - 1
    await fill(connection, [(largest, "大连 'quoted'", "POINT(121.5 38.9)"), (2, "hidden", "POINT(121.5 38.9)")])
    (one,) = await features(connection, CITY)
    assert one["id"] == largest
    assert one["properties"] == {"name": "大连 'quoted'", "worth": largest + 0.5}


async def test_an_empty_tile_is_empty(connection: asyncpg.Connection) -> None:
    await fill(connection, [(1, "elsewhere", "POINT(10 10)"), (2, "nowhere", "POINT EMPTY")])
    assert await features(connection, CITY) == []
    assert await features(connection, CITY, crowd=0) == []


@pytest.mark.parametrize("tile", [Tile(0, 0, 0), Tile(3, 0, 0), Tile(3, 7, 7)])
@pytest.mark.parametrize("crowd", [20_000, 0])
async def test_the_ends_of_the_world_do_no_harm(connection: asyncpg.Connection, tile: Tile, crowd: int) -> None:
    corners = [(lon, lat) for lon in (-180, 0, 180) for lat in (-90, -85.0511, 0, 85.0511, 90)]
    await fill(connection, [(n + 1, "end", f"POINT({lon} {lat})") for n, (lon, lat) in enumerate(corners)])
    for one in await features(connection, tile, crowd=crowd):
        assert all(-BUFFER <= unit <= EXTENT + BUFFER for unit in one["geometry"]["coordinates"])


@pytest.mark.parametrize("crowd_expected", [False, True])
async def test_a_crowd_is_counted_not_cut(connection: asyncpg.Connection, crowd_expected: bool) -> None:
    points = random_points(CITY, 2000, beyond=-1)
    await fill(connection, points)
    singles = await features(connection, CITY, crowd_expected=crowd_expected)
    assert "pointCount" not in {name for one in singles for name in one["properties"]}
    grouped = await features(connection, CITY, crowd=100, crowd_expected=crowd_expected)

    by_id = {one["id"]: one for one in singles}
    cells: dict[tuple[int, int], list[int]] = {}
    transform = CITY.transform()
    for key, _, wkt in points:
        lon, lat = map(float, wkt.removeprefix("POINT(").removesuffix(")").split())
        x, y = transform.units(lon, lat)
        cells.setdefault((math.floor(x / CELL), math.floor(y / CELL)), []).append(key)
    expected = Counter(
        (len(keys), None if len(keys) > 1 else keys[0], round(sum(keys) + len(keys) / 2, 1))
        for (column, row), keys in cells.items()
        if -1 <= column <= EXTENT // CELL and -1 <= row <= EXTENT // CELL
    )
    assert (
        Counter(
            (one["properties"].get("pointCount", 1), one["id"] or None, one["properties"]["worth"]) for one in grouped
        )
        == expected
    )
    assert max(number for number, _, _ in expected) > 2
    for one in grouped:
        if "pointCount" not in one["properties"]:
            assert one == by_id[one["id"]], "alone in its cell it is itself"
        else:
            assert one["properties"].keys() == {"pointCount", "worth"}


async def test_neighbouring_tiles_group_alike(connection: asyncpg.Connection) -> None:
    east = Tile(CITY.z, CITY.x + 1, CITY.y)
    rows = random_points(CITY, 2000)
    rows += [(key + 10_000, name, wkt) for key, name, wkt in random_points(east, 2000, seed=8)]
    await fill(connection, rows)
    here = await features(connection, CITY, crowd=10)
    there = await features(connection, east, crowd=10)

    def seam(found: list[Feature], shift: int) -> Counter[tuple[int, int, int]]:
        places = ((*one["geometry"]["coordinates"], one["properties"].get("pointCount", 1)) for one in found)
        moved = ((x + shift, y, number) for x, y, number in places)
        return Counter(one for one in moved if EXTENT - CELL < one[0] < EXTENT + CELL and one[0] % CELL)

    assert sum(seam(here, 0).values()) > 50
    assert seam(here, 0) == seam(there, EXTENT)


def square(lon: float, lat: float, degrees: float) -> str:
    east, north = lon + degrees, lat + degrees
    return f"MULTIPOLYGON((({lon} {lat}, {east} {lat}, {east} {north}, {lon} {north}, {lon} {lat})))"


async def test_polygons_smaller_than_a_pixel_become_points_that_count(connection: asyncpg.Connection) -> None:
    specks = [(n + 1, f"speck {n}", square(121.5 + n * 1e-5, 38.9, 5e-6)) for n in range(5)]
    alone = (90, "alone", square(121.6, 38.95, 5e-6))
    field = (100, "field", square(121.4, 38.9, 0.01))
    await fill(connection, [*specks, alone, field])
    found = await features(connection, CITY, points=False)
    by_name = {one["properties"].get("name"): one for one in found}
    assert by_name["field"]["geometry"]["type"] == "Polygon"
    assert by_name["field"]["id"] == 100
    assert by_name["alone"]["geometry"]["type"] == "Point"
    assert (by_name["alone"]["id"], by_name["alone"]["properties"]["worth"]) == (90, 90.5)
    assert by_name[None]["properties"] == {"pointCount": 5, "worth": 1 + 2 + 3 + 4 + 5 + 2.5}
    assert len(found) == 3
    close = await features(connection, Tile(16, *_address(16, 121.50002, 38.9)), points=False)
    assert {one["geometry"]["type"] for one in close} == {"Polygon"} or sum(
        one["properties"].get("pointCount", 1) for one in close
    ) == 5


async def test_a_crowd_of_polygons_is_counted(connection: asyncpg.Connection) -> None:
    await fill(connection, [(n + 1, f"field {n}", square(121.4 + n * 0.002, 38.9, 0.0015)) for n in range(50)])
    assert len(await features(connection, CITY, points=False)) == 50
    grouped = await features(connection, CITY, points=False, crowd=20)
    assert {one["geometry"]["type"] for one in grouped} == {"Point"}
    assert sum(one["properties"].get("pointCount", 1) for one in grouped) == 50


async def test_a_polygon_is_clipped_to_the_buffer_and_simplified(connection: asyncpg.Connection) -> None:
    many = ", ".join(f"{120 + n * 1e-4} {38 + (n % 2) * 1e-5}" for n in range(20_000))
    await fill(connection, [(1, "huge", f"MULTIPOLYGON((({many}, 122 40, 120 40, 120 38)))")])
    (one,) = await features(connection, CITY, points=False)
    (ring,) = one["geometry"]["coordinates"]
    assert len(ring) < 20
    assert all(-BUFFER <= unit <= EXTENT + BUFFER for position in ring for unit in position)


@pytest.mark.parametrize("name", ["a'b", "", "geom", "id", "pointCount", "1x"])
def test_names_that_could_do_harm_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="attribute"):
        TileSource("spots", spot, [], spot.c.id, spot.c.place, True, {name: spot.c.name}, frozenset())


def _address(z: int, lon: float, lat: float) -> tuple[int, int]:
    x, y = Tile(0, 0, 0).transform().units(lon, lat)
    return int(x * (1 << z) / EXTENT), int(y * (1 << z) / EXTENT)
