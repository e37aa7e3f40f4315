"""The inputs and the scalar of the benchmark's documents."""

from typing import NewType

import strawberry
from strawberry.schema.config import StrawberryConfig

from bench.ordinary.enums import (
    Direction,
    InspectionOrderField,
    IssueOrderField,
    IssueStatus,
    ProjectOrderField,
    ProjectStage,
)

GeoJSON = NewType("GeoJSON", object)

CONFIG = StrawberryConfig(scalar_map={GeoJSON: strawberry.scalar(name="GeoJSON", serialize=lambda value: value)})


@strawberry.input
class ProjectOrder:
    field: ProjectOrderField
    direction: Direction


@strawberry.input
class IssueOrder:
    field: IssueOrderField
    direction: Direction


@strawberry.input
class InspectionOrder:
    field: InspectionOrderField
    direction: Direction


@strawberry.input
class GeometryFilter:
    bbox: list[float]


@strawberry.input
class StageFilter:
    eq: ProjectStage


@strawberry.input
class TextFilter:
    eq: str


@strawberry.input
class RegionFilter:
    code: TextFilter


@strawberry.input
class ProjectFilter:
    location: GeometryFilter | None = None
    stage: StageFilter | None = None
    region: RegionFilter | None = None


@strawberry.input
class IssueStatusFilter:
    eq: IssueStatus


@strawberry.input
class IssueFilter:
    status: IssueStatusFilter | None = None


@strawberry.input(one_of=True)
class ProjectKey:
    id: strawberry.Maybe[strawberry.ID]
    code: strawberry.Maybe[str]
