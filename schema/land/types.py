"""Land parcels and sea areas in the API."""

import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.compiler.connection import NearbyConnection, Node
from schema.compiler.entity import column, entity, geometry, graphql_enum, nearby, to_one
from schema.database import DataOrigin
from schema.land.rules import ParcelKind, ParcelStatus
from schema.land.table import parcel
from schema.project.table import project
from schema.scalars import GeoJSON

if TYPE_CHECKING:
    from schema.project.types import Project
    from schema.region.types import Region


graphql_enum(ParcelKind, ParcelStatus)


@entity(parcel, prefix="prc", place=parcel.c.geometry, description="地块或海域")
class Parcel(Node):
    code: str = column(parcel.c.code, "地块编号")
    kind: ParcelKind = column(parcel.c.kind, "地块类别")
    land_use: str = column(parcel.c.land_use, "用地用海分类代码 (2023)")
    status: ParcelStatus = column(parcel.c.status, "供地状态")
    area_hectares: float = column(parcel.c.area_hectares, "面积, 公顷 (1 公顷 = 15 亩)")
    geometry: GeoJSON = geometry(parcel.c.geometry, "地块范围")
    region: Annotated["Region", strawberry.lazy("schema.region.types")] = to_one(parcel.c.region_id, "所在地区")
    nearby_projects: NearbyConnection[Annotated["Project", strawberry.lazy("schema.project.types")]] = nearby(
        project.c.location, parcel.c.geometry, "附近项目, nearest first."
    )
    origin: DataOrigin = column(parcel.c.origin, "数据来源")
    updated_at: datetime.datetime = column(parcel.c.updated_at, "更新时间")
    version: int = column(parcel.c.version, "版本")
