"""Issues in the API."""

import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.compiler.connection import Node
from schema.compiler.entity import column, entity, geometry, graphql_enum, to_one
from schema.database import DataOrigin
from schema.issue.rules import IssueLevel, IssueSeverity, IssueStatus
from schema.issue.table import issue
from schema.scalars import GeoJSON

if TYPE_CHECKING:
    from schema.project.types import Project


graphql_enum(IssueLevel, IssueSeverity, IssueStatus)


@entity(issue, prefix="iss", description="问题: what blocks a project.")
class Issue(Node):
    project: Annotated["Project", strawberry.lazy("schema.project.types")] = to_one(issue.c.project_id, "项目")
    title: str = column(issue.c.title, "标题")
    description: str | None = column(issue.c.description, "说明")
    status: IssueStatus = column(issue.c.status, "状态")
    level: IssueLevel = column(issue.c.level, "层级: computed, never typed.")
    severity: IssueSeverity = column(issue.c.severity, "严重程度")
    deadline: datetime.date | None = column(issue.c.deadline, "解决期限")
    affected_area: GeoJSON | None = geometry(issue.c.affected_area, "影响范围")
    reported_by: str = column(issue.c.reported_by, "上报人")
    idempotency_key: str | None = column(issue.c.idempotency_key, "幂等键: the key it was reported with.")
    origin: DataOrigin = column(issue.c.origin, "数据来源")
    created_at: datetime.datetime = column(issue.c.created_at, "上报时间")
    updated_at: datetime.datetime = column(issue.c.updated_at, "更新时间")
    version: int = column(issue.c.version, "版本")
