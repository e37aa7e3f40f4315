"""The schema: root types over the rooms' types, and the model the compiler reads."""

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.access.types import Viewer, viewer
from schema.compiler.connection import Connection, Node
from schema.compiler.entity import by_global_id, connection, lookup, prepared, stats
from schema.compiler.inputs import argument, bindings_of, give_arguments, make_inputs
from schema.compiler.model import Model
from schema.compiler.naming import Names
from schema.inspection.types import Inspection
from schema.issue.mutations import ReportIssueInput, ReportIssuePayload, report_issue
from schema.issue.types import Issue
from schema.land.types import Parcel
from schema.layer.types import Layer, layers
from schema.project.stats import ProjectDimension, ProjectStat, RegionStats
from schema.project.types import Project, ProjectKey
from schema.region.types import Region, RegionKey
from schema.scalars import SCALARS
from schema.visit.plan import SiteVisitRouteInput, give_project_filter, plan_site_visit_route
from schema.visit.types import Corridor, RouteLeg, SiteVisitRoute, UnvisitedSite, VisitStop

ENTITIES: tuple[type, ...] = (Project, Region, Issue, Inspection, Parcel)
RECORDS: tuple[type, ...] = (
    SiteVisitRoute,
    VisitStop,
    RouteLeg,
    UnvisitedSite,
    Corridor,
    RegionStats,
    ProjectStat,
    ReportIssuePayload,
)


@strawberry.type
class Query:
    node: Node | None = by_global_id("Anything by its global id; null when there is none.")
    nodes: list[Node | None] = by_global_id(
        "Several by their global ids, in the order asked, null where there is none.", many=True
    )
    viewer: Viewer = strawberry.field(resolver=viewer, description="当前访问者")
    project: Project | None = lookup("A project by one of its keys.")
    projects: Connection[Project] = connection("项目")
    region: Region | None = lookup("A region by one of its keys.")
    regions: Connection[Region] = connection("地区")
    issues: Connection[Issue] = connection("问题")
    inspections: Connection[Inspection] = connection("检查")
    parcels: Connection[Parcel] = connection("地块")
    project_stats: list[ProjectStat] = stats("Project", "Projects counted and summed by the dimensions of `by`.")
    site_visit_route: SiteVisitRoute = prepared(
        plan_site_visit_route,
        "A round trip through sites on one day; solved on request, not saved.",
        input=SiteVisitRouteInput,
    )
    layers: list[Layer] = strawberry.field(resolver=layers, description="图层")


@strawberry.type
class Mutation:
    report_issue: ReportIssuePayload = prepared(
        report_issue, "上报问题: its level and deadline follow from the rules.", input=ReportIssueInput
    )


@cache
def schema() -> strawberry.Schema:
    """The Strawberry schema with every bound field's arguments in place."""
    inputs = make_inputs(ENTITIES)
    for cls in (*ENTITIES, *RECORDS, Query, Mutation):
        give_arguments(cls, inputs)
    for field, _ in bindings_of(Query):
        name = str(field.python_name)
        if name in ("node", "nodes"):
            given = ("id", strawberry.ID) if name == "node" else ("ids", list[strawberry.ID])
            field.arguments = [argument(*given)]
        elif name in ("project", "region"):
            field.arguments = [argument("by", ProjectKey if name == "project" else RegionKey)]
        elif name == "project_stats":
            field.arguments = [
                argument("filter", inputs[Project].filter | None),
                argument("by", list[ProjectDimension]),
            ]
    give_project_filter(inputs[Project].filter)
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=ENTITIES,
        config=StrawberryConfig(name_converter=Names(), scalar_map=SCALARS),
    )


@cache
def model() -> Model:
    return Model(schema(), ENTITIES)


def sdl() -> str:
    """The schema as SDL text, as committed in ``schema.graphql``."""
    return schema().as_str() + "\n"


__all__ = ["model", "schema", "sdl"]
