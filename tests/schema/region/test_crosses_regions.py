"""S25's 跨地区 from geometry, on the real boundaries of Dalian's districts."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import make_url, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from geo.geojson import Geometry, parse_geometry
from schema.region.read import SLIVER_SQUARE_METERS, crosses_regions
from schema.region.table import region
from schema.sample.boundary import boundaries

METRE = 1 / 111_320
"""Degrees of latitude; a metre east is a little more of them, which no case here depends on."""

CITY, ZHONGSHAN, XIGANG, GANJINGZI, JINZHOU, PULANDIAN, WAFANGDIAN, ZHUANGHE = (
    "210200",
    "210202",
    "210203",
    "210211",
    "210213",
    "210214",
    "210281",
    "210283",
)
JINPU, CHANGXING = "210200-JP", "210200-CX"
LAND: dict[str, BaseGeometry] = {one.code: one.geometry for one in boundaries()}

Crosses = Callable[[BaseGeometry, str], Awaitable[bool]]


@pytest.fixture
async def crosses(city_url: str) -> AsyncIterator[Crosses]:
    """Whether a shape (degrees, WGS 84) crosses out of the region of a code."""
    engine = create_async_engine(make_url(city_url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:

        async def asked(shape: BaseGeometry, code: str) -> bool:
            return await crosses_regions(connection, _input(shape), await _id(connection, code))

        yield asked
    await engine.dispose()


async def _id(connection: AsyncConnection, code: str) -> int:
    found: int = (await connection.execute(select(region.c.id).where(region.c.code == code))).scalar_one()
    return found


def _input(shape: BaseGeometry) -> Geometry:
    return parse_geometry(json.loads(shapely.to_geojson(shape)), max_vertices=20_000)


def around(place: BaseGeometry, meters: float) -> BaseGeometry:
    """A square of twice ``meters`` about a place."""
    x, y = place.centroid.coords[0]
    return shapely.box(x - meters * METRE, y - meters * METRE, x + meters * METRE, y + meters * METRE)


def inside(code: str, meters: float = 200) -> BaseGeometry:
    """A square well within a region's land."""
    square = around(shapely.maximum_inscribed_circle(LAND[code]), meters)
    assert LAND[code].contains(square)
    return square


def frontier(one: str, other: str) -> BaseGeometry:
    """A place on one's boundary that the other's land touches."""
    shared = LAND[one].boundary.intersection(LAND[other].buffer(20 * METRE))
    longest = max(shapely.get_parts(shapely.line_merge(shared)), key=lambda line: line.length)
    return longest.interpolate(0.5, normalized=True)


async def test_inside_its_own_district(crosses: Crosses) -> None:
    assert not await crosses(inside(ZHUANGHE), ZHUANGHE)


async def test_inside_another_district(crosses: Crosses) -> None:
    assert await crosses(inside(ZHUANGHE), PULANDIAN)


@pytest.mark.parametrize(("own", "other"), [(ZHONGSHAN, XIGANG), (XIGANG, ZHONGSHAN), (PULANDIAN, ZHUANGHE)])
async def test_across_two_districts(crosses: Crosses, own: str, other: str) -> None:
    area = around(frontier(own, other), 300)
    assert area.intersects(LAND[own])
    assert area.intersects(LAND[other])
    assert await crosses(area, own)


async def test_two_far_parts_of_one_area(crosses: Crosses) -> None:
    area = shapely.union_all([inside(JINZHOU), inside(ZHUANGHE)])
    assert area.geom_type == "MultiPolygon"
    assert await crosses(area, JINZHOU)
    assert await crosses(area, ZHUANGHE)


@pytest.mark.parametrize(("own", "other"), [(ZHONGSHAN, XIGANG), (XIGANG, ZHONGSHAN), (PULANDIAN, ZHUANGHE)])
async def test_up_to_the_boundary_and_no_farther(crosses: Crosses, own: str, other: str) -> None:
    area = around(frontier(own, other), 300).intersection(LAND[own])
    assert area.distance(LAND[other]) < METRE
    assert not await crosses(area, own)


@pytest.mark.parametrize(("beyond", "found"), [(0.4, False), (3.0, True)])
async def test_neighbours_do_not_meet_to_the_last_centimetre(crosses: Crosses, beyond: float, found: bool) -> None:
    """A district's own land and a square of ``beyond`` × ``beyond`` metres of its neighbour's."""
    sliver = around(shapely.maximum_inscribed_circle(LAND[ZHUANGHE]), beyond / 2)
    assert (beyond**2 > SLIVER_SQUARE_METERS) is found
    area = shapely.union_all([inside(PULANDIAN), sliver])
    assert await crosses(area, PULANDIAN) is found


async def test_a_pioneer_zone_covers_all_its_districts(crosses: Crosses) -> None:
    area = around(frontier(JINZHOU, PULANDIAN), 300)
    assert await crosses(area, JINZHOU)
    assert not await crosses(area, JINPU)


async def test_a_pioneer_zone_ends_at_its_districts(crosses: Crosses) -> None:
    assert not LAND[JINPU].intersects(LAND[ZHUANGHE].buffer(-10 * METRE))
    assert await crosses(inside(ZHUANGHE), JINPU)
    assert await crosses(around(frontier(JINZHOU, GANJINGZI), 300), JINPU)


async def test_a_zone_under_a_district_is_no_other_region(crosses: Crosses) -> None:
    area = inside(CHANGXING)
    assert LAND[WAFANGDIAN].contains(area)
    assert not await crosses(area, CHANGXING)
    assert not await crosses(area, WAFANGDIAN)
    assert not await crosses(inside(WAFANGDIAN), CHANGXING)


async def test_within_the_city_nothing_is_another_region(crosses: Crosses) -> None:
    assert not await crosses(around(frontier(PULANDIAN, ZHUANGHE), 300), CITY)


async def test_at_sea_there_is_no_region_to_cross_into(crosses: Crosses) -> None:
    sea = shapely.box(122.0, 38.5, 122.01, 38.51)
    assert not sea.intersects(LAND[CITY])
    assert not await crosses(sea, ZHONGSHAN)
