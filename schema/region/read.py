"""Questions about regions that only geometry answers."""

from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, and_, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from geo.geojson import Geometry
from schema.region.rules import RegionKind
from schema.region.table import region, region_closure

DISTRICTS = (RegionKind.DISTRICT, RegionKind.COUNTY, RegionKind.COUNTY_LEVEL_CITY)
SLIVER_SQUARE_METERS = 1.0
"""Neighbours' boundaries do not meet to the last centimetre; less than this is no crossing."""


async def crosses_regions(connection: AsyncConnection, area: Geometry, region_id: int) -> bool:
    """Whether an area reaches into a district other than the accountable region's own (S25, 跨地区).

    A region's own are itself, those above and below it, and for a pioneer zone every district it overlaps.
    """
    place = func.ST_GeomFromEWKB(literal(area.ewkb, LargeBinary))
    accountable = region.alias("accountable")
    own = exists(
        select(1).where(
            or_(
                and_(region_closure.c.ancestor_id == region.c.id, region_closure.c.region_id == region_id),
                and_(region_closure.c.ancestor_id == region_id, region_closure.c.region_id == region.c.id),
            )
        )
    )
    overlapped_by_zone = exists(
        select(1).where(
            accountable.c.id == region_id,
            accountable.c.kind == RegionKind.PIONEER_ZONE,
            func.ST_Intersects(accountable.c.geometry, region.c.geometry),
            # a zone cut out of a district touches that district's neighbours too
            _overlap(accountable.c.geometry, region.c.geometry) > SLIVER_SQUARE_METERS,
        )
    )
    found: bool | None = await connection.scalar(
        select(
            exists(
                select(1).where(
                    region.c.kind.in_(DISTRICTS),
                    func.ST_Intersects(region.c.geometry, place),
                    ~own.correlate(region),
                    ~overlapped_by_zone.correlate(region),
                    _overlap(region.c.geometry, place) > SLIVER_SQUARE_METERS,
                )
            )
        )
    )
    return bool(found)


def _overlap(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[float]:
    """What two places share, in square metres on the ellipsoid."""
    return func.ST_Area(func.geography(func.ST_Intersection(one, other)))
