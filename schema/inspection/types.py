"""Inspections in the API."""

import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.compiler.connection import Node
from schema.compiler.entity import column, entity, geometry, graphql_enum, to_one
from schema.database import DataOrigin
from schema.inspection.rules import InspectionKind, InspectionResult
from schema.inspection.table import inspection
from schema.scalars import GeoJSON

if TYPE_CHECKING:
    from schema.project.types import Project


graphql_enum(InspectionKind, InspectionResult)


@entity(inspection, prefix="ins", place=inspection.c.location, description="检查: planned or done.")
class Inspection(Node):
    project: Annotated["Project", strawberry.lazy("schema.project.types")] = to_one(inspection.c.project_id, "项目")
    kind: InspectionKind = column(inspection.c.kind, "检查方式")
    planned_on: datetime.date = column(inspection.c.planned_on, "计划日期")
    started_at: datetime.datetime | None = column(inspection.c.started_at, "开始时间; null until it starts.")
    result: InspectionResult | None = column(inspection.c.result, "检查结果")
    location: GeoJSON | None = geometry(inspection.c.location, "检查位置")
    findings: str | None = column(inspection.c.findings, "发现的问题")
    origin: DataOrigin = column(inspection.c.origin, "数据来源")
    updated_at: datetime.datetime = column(inspection.c.updated_at, "更新时间")
    version: int = column(inspection.c.version, "版本")
