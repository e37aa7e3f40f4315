"""Projects in the API."""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.compiler.connection import Connection, NearbyConnection, Node
from schema.compiler.entity import Tally, column, entity, geometry, graphql_enum, nearby, to_many, to_one
from schema.database import DataOrigin
from schema.inspection.table import inspection
from schema.issue.table import issue
from schema.land.table import parcel
from schema.project.rules import ProjectStage
from schema.project.table import project
from schema.project.tally import project_tally
from schema.scalars import GeoJSON

if TYPE_CHECKING:
    from schema.inspection.types import Inspection
    from schema.issue.types import Issue
    from schema.land.types import Parcel
    from schema.region.types import Region


graphql_enum(ProjectStage)


@entity(
    project,
    prefix="prj",
    place=project.c.location,
    description="投资项目",
    tally=Tally(project_tally, (project.c.region_id, project.c.stage), rows=project_tally.c.projects),
)
class Project(Node):
    code: str = column(project.c.code, "项目代码 (投资项目在线审批监管平台)")
    name: str = column(project.c.name, "项目名称")
    stage: ProjectStage = column(project.c.stage, "项目阶段")
    total_investment: Decimal = column(project.c.total_investment, "总投资, 元")
    origin: DataOrigin = column(project.c.origin, "数据来源")
    location: GeoJSON | None = geometry(project.c.location, "项目位置")
    footprint: GeoJSON | None = geometry(project.c.footprint, "项目用地范围")
    region: Annotated["Region", strawberry.lazy("schema.region.types")] = to_one(project.c.region_id, "责任地区")
    issues: Connection[Annotated["Issue", strawberry.lazy("schema.issue.types")]] = to_many(issue.c.project_id, "问题")
    inspections: Connection[Annotated["Inspection", strawberry.lazy("schema.inspection.types")]] = to_many(
        inspection.c.project_id, "检查"
    )
    nearby_parcels: NearbyConnection[Annotated["Parcel", strawberry.lazy("schema.land.types")]] = nearby(
        parcel.c.geometry, project.c.location, "附近地块, nearest first; none for a project without a location."
    )
    started_on: datetime.date | None = column(project.c.started_on, "开工日期")
    updated_at: datetime.datetime = column(project.c.updated_at, "更新时间")
    version: int = column(project.c.version, "版本")


@strawberry.input(one_of=True, description="One key of a project.")
class ProjectKey:
    id: strawberry.ID | None = strawberry.UNSET
    code: str | None = strawberry.UNSET
