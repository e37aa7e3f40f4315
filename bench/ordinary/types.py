"""The object types, each made from a loaded row."""

from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

import strawberry
from strawberry.types import Info

from bench.ordinary import models
from bench.ordinary.enums import InspectionKind, InspectionResult, IssueLevel, IssueSeverity, ProjectStage
from bench.ordinary.inputs import GeoJSON, InspectionOrder, IssueFilter, IssueOrder
from bench.ordinary.loading import Loaders

Context = Info[dict[str, Loaders], None]
Row = TypeVar("Row")


@strawberry.type
class Connection(Generic[Row]):
    nodes: list[Row]


@strawberry.type
class Region:
    id: strawberry.ID
    code: str
    name: str

    @classmethod
    def of(cls, row: models.Region) -> "Region":
        return cls(id=strawberry.ID(f"reg_{row.id}"), code=row.code, name=row.name)


@strawberry.type
class Issue:
    id: strawberry.ID
    title: str
    level: IssueLevel
    severity: IssueSeverity
    deadline: date | None
    created_at: datetime

    @classmethod
    def of(cls, row: models.Issue) -> "Issue":
        return cls(
            id=strawberry.ID(f"iss_{row.id}"),
            title=row.title,
            level=IssueLevel(row.level),
            severity=IssueSeverity(row.severity),
            deadline=row.deadline,
            created_at=row.created_at,
        )


@strawberry.type
class Inspection:
    id: strawberry.ID
    kind: InspectionKind
    started_at: datetime | None
    result: InspectionResult | None

    @classmethod
    def of(cls, row: models.Inspection) -> "Inspection":
        return cls(
            id=strawberry.ID(f"ins_{row.id}"),
            kind=InspectionKind(row.kind),
            started_at=row.started_at,
            result=None if row.result is None else InspectionResult(row.result),
        )


@strawberry.type
class Parcel:
    id: strawberry.ID
    code: str
    geometry: GeoJSON

    @classmethod
    def of(cls, row: models.Parcel) -> "Parcel":
        return cls(id=strawberry.ID(f"prc_{row.id}"), code=row.code, geometry=models.parsed(row.geometry_json))


@strawberry.type
class NearbyParcelEdge:
    distance_meters: float
    node: Parcel


@strawberry.type
class NearbyParcelConnection:
    edges: list[NearbyParcelEdge]


@strawberry.type
class Project:
    row: strawberry.Private[models.Project]
    id: strawberry.ID
    code: str
    name: str
    stage: ProjectStage
    total_investment: Decimal
    started_on: date | None
    updated_at: datetime

    @classmethod
    def of(cls, row: models.Project) -> "Project":
        return cls(
            row=row,
            id=strawberry.ID(f"prj_{row.id}"),
            code=row.code,
            name=row.name,
            stage=ProjectStage(row.stage),
            total_investment=row.total_investment,
            started_on=row.started_on,
            updated_at=row.updated_at,
        )

    @strawberry.field
    def location(self) -> GeoJSON | None:
        location: GeoJSON | None = models.parsed(self.row.location_json)
        return location

    @strawberry.field
    def region(self) -> Region:
        return Region.of(self.row.region)

    @strawberry.field
    async def issues(
        self, info: Context, first: int, filter: IssueFilter | None = None, order_by: list[IssueOrder] | None = None
    ) -> Connection[Issue]:
        status = filter.status.eq.value if filter and filter.status else None
        rows = await info.context["loaders"].issues(status, first).load(self.row.id)
        return Connection(nodes=[Issue.of(row) for row in rows])

    @strawberry.field
    async def inspections(
        self, info: Context, first: int, order_by: list[InspectionOrder] | None = None
    ) -> Connection[Inspection]:
        rows = await info.context["loaders"].inspections(first).load(self.row.id)
        return Connection(nodes=[Inspection.of(row) for row in rows])

    @strawberry.field
    async def nearby_parcels(self, info: Context, within_meters: float, first: int) -> NearbyParcelConnection:
        rows = await info.context["loaders"].nearby_parcels(within_meters, first).load(self.row.id)
        return NearbyParcelConnection(
            edges=[NearbyParcelEdge(distance_meters=meters, node=Parcel.of(row)) for meters, row in rows]
        )


@strawberry.type
class StatRegion:
    code: str


@strawberry.type
class ProjectStat:
    region: StatRegion
    project_count: int
    total_investment: Decimal
    open_issue_count: int
