"""Regions in the API."""

import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import select

from schema.compiler.connection import Connection, Node
from schema.compiler.entity import (
    ExtraFilter,
    ToManyBinding,
    column,
    entity,
    geometry,
    graphql_enum,
    stats,
    to_many,
    to_one,
)
from schema.database import DataOrigin
from schema.issue.table import issue
from schema.land.table import parcel
from schema.project.table import project
from schema.region.rules import RegionKind
from schema.region.table import region, region_closure
from schema.scalars import GeoJSON

if TYPE_CHECKING:
    from schema.issue.types import Issue
    from schema.land.types import Parcel
    from schema.project.stats import RegionStats
    from schema.project.types import Project

graphql_enum(RegionKind)

below = (region_closure.c.ancestor_id, region_closure.c.region_id)

under = ExtraFilter(
    annotation=str,
    sql=lambda row, code: row(region.c.id).in_(
        select(region_closure.c.region_id)
        .join(region, region.c.id == region_closure.c.ancestor_id)
        .where(region.c.code == code)
    ),
    description="The region of this code and all below it.",
)


@entity(
    region,
    prefix="reg",
    place=region.c.geometry,
    description="地区: the city, a district, a county or a pioneer zone.",
    extra_filters={"under": under},
    few=True,
)
class Region(Node):
    code: str = column(region.c.code, "地区代码: the adcode, or a pioneer zone's own code.")
    name: str = column(region.c.name, "地区名称")
    kind: RegionKind = column(region.c.kind, "地区类别")
    origin: DataOrigin = column(region.c.origin, "数据来源")
    geometry: GeoJSON | None = geometry(region.c.geometry, "边界 (land only)")
    parent: Annotated["Region", strawberry.lazy("schema.region.types")] | None = to_one(region.c.parent_id, "上级地区")
    children: Connection[Annotated["Region", strawberry.lazy("schema.region.types")]] = to_many(
        region.c.parent_id, "下级地区"
    )
    projects: Connection[Annotated["Project", strawberry.lazy("schema.project.types")]] = to_many(
        project.c.region_id, "责任地区为本地区及以下的项目: accountable here or below.", through=below
    )
    issues: Connection[Annotated["Issue", strawberry.lazy("schema.issue.types")]] = to_many(
        issue.c.project_id, "本地区及以下项目的问题", through=below, via=project.c.region_id
    )
    parcels: Connection[Annotated["Parcel", strawberry.lazy("schema.land.types")]] = to_many(
        parcel.c.region_id, "本地区及以下的地块", through=below
    )
    stats: Annotated["RegionStats", strawberry.lazy("schema.project.stats")] = stats(
        "Project", "本地区及以下合计", related=ToManyBinding(project.c.region_id, below)
    )
    updated_at: datetime.datetime = column(region.c.updated_at, "更新时间")
    version: int = column(region.c.version, "版本")


@strawberry.input(one_of=True, description="One key of a region.")
class RegionKey:
    id: strawberry.ID | None = strawberry.UNSET
    code: str | None = strawberry.UNSET
