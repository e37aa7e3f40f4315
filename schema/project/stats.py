"""Aggregates of projects: what a bulletin or a legend counts."""

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import Integer, extract, func

from schema.compiler.entity import dimension, measure
from schema.issue.table import issue
from schema.project.rules import ProjectStage
from schema.project.table import project
from schema.project.tally import project_tally

if TYPE_CHECKING:
    from schema.region.types import Region


@strawberry.enum(description="What projects can be grouped by.")
class ProjectDimension(enum.Enum):
    REGION = "REGION"
    STAGE = "STAGE"
    STARTED_YEAR = "STARTED_YEAR"


OPEN_ISSUES = {"status": "OPEN"}


@strawberry.type
class ProjectMeasures:
    """What is counted of a set of projects."""

    project_count: int = measure(lambda row: func.count(), "项目数", tally=project_tally.c.projects)
    total_investment: Decimal = measure(
        lambda row: func.sum(row(project.c.total_investment)),
        "总投资合计, 元",
        tally=project_tally.c.total_investment,
    )
    open_issue_count: int = measure(
        lambda row: func.count(),
        "未受理问题数: issues in status OPEN.",
        related=issue.c.project_id,
        where=OPEN_ISSUES,
        tally=project_tally.c.open_issues,
    )


@strawberry.type(description="本地区及以下的项目合计.")
class RegionStats(ProjectMeasures):
    pass


@strawberry.type(description="One group of projects; a dimension that was not asked for in `by` is null.")
class ProjectStat(ProjectMeasures):
    region: Annotated["Region", strawberry.lazy("schema.region.types")] | None = dimension(
        "REGION", lambda row: row(project.c.region_id), "责任地区", to_one=True
    )
    stage: ProjectStage | None = dimension("STAGE", lambda row: row(project.c.stage), "项目阶段")
    started_year: int | None = dimension(
        "STARTED_YEAR",
        lambda row: extract("year", row(project.c.started_on)).cast(Integer),
        "开工年份",
    )
