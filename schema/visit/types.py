"""Site-visit routes (现场检查路线) in the API: a record made by the planner, read like any row."""

import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import JSON, BigInteger, Column, Float, Integer, MetaData, Table, Text

from geo.route import TravelBasis, UnvisitedReason
from schema.compiler.connection import Connection
from schema.compiler.entity import along, column, geometry, graphql_enum, nested, record, records, to_one
from schema.database import geometry_column
from schema.land.table import parcel
from schema.project.table import project
from schema.scalars import GeoJSON

if TYPE_CHECKING:
    from schema.land.types import Parcel
    from schema.project.types import Project

graphql_enum(TravelBasis, UnvisitedReason)

SITE_CEILING = 10_000
"""Sites that one route may choose from."""
STOP_CEILING = 60

planned = MetaData()
"""Records of the planner: no tables of the database (a saved plan will be one)."""

route = Table(
    "site_visit_route",
    planned,
    Column("basis", Text, nullable=False),
    Column("meters", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("departure", Text, nullable=False),
    Column("finish", Text, nullable=False),
    geometry_column("line", "LINESTRING", nullable=False),
    Column("stops", JSON, nullable=False),
    Column("legs", JSON, nullable=False),
    Column("unvisited", JSON, nullable=False),
)
visit_stop = Table(
    "visit_stop",
    planned,
    Column("sequence", Integer, nullable=False),
    Column("arrival", Text, nullable=False),
    Column("departure", Text, nullable=False),
    Column("wait_seconds", Float, nullable=False),
    Column("project_id", BigInteger, nullable=False),
)
route_leg = Table(
    "route_leg",
    planned,
    Column("sequence", Integer, nullable=False),
    Column("meters", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    geometry_column("line", "LINESTRING", nullable=False),
)
unvisited_site = Table(
    "unvisited_site",
    planned,
    Column("rank", Integer, nullable=False),
    Column("project_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
)


@record(visit_stop, description="A stop of the route.")
class VisitStop:
    sequence: int = column(visit_stop.c.sequence, "From 1, in the order of the visit.")
    arrival: datetime.datetime = column(visit_stop.c.arrival, "到达时间, Asia/Shanghai.")
    departure: datetime.datetime = column(visit_stop.c.departure, "离开时间, Asia/Shanghai.")
    wait_seconds: float = column(visit_stop.c.wait_seconds, "Waiting between arrival and the start of the visit.")
    project: Annotated["Project", strawberry.lazy("schema.project.types")] = to_one(visit_stop.c.project_id, "项目")


@record(route_leg, description="The way to one stop, or back to the end.")
class RouteLeg:
    sequence: int = column(
        route_leg.c.sequence, "The leg that leads to the stop of this sequence; the last leads to the end."
    )
    meters: float = column(route_leg.c.meters, "Metres of travel.")
    seconds: float = column(route_leg.c.seconds, "Seconds of travel.")
    geometry: GeoJSON = geometry(route_leg.c.line, "路段线形")


@record(unvisited_site, description="A site that was asked for and is not visited.")
class UnvisitedSite:
    project: Annotated["Project", strawberry.lazy("schema.project.types")] = to_one(unvisited_site.c.project_id, "项目")
    reason: UnvisitedReason = column(unvisited_site.c.reason, "未安排原因")
    detail: str = column(unvisited_site.c.detail, "The reason in words and figures.")


@record(route, description="What lies along the route.")
class Corridor:
    projects: Connection[Annotated["Project", strawberry.lazy("schema.project.types")]] = along(
        project.c.location, route.c.line, "沿线项目"
    )
    parcels: Connection[Annotated["Parcel", strawberry.lazy("schema.land.types")]] = along(
        parcel.c.geometry, route.c.line, "沿线地块"
    )


@record(route, description="现场检查路线: a round trip through sites within a shift.")
class SiteVisitRoute:
    basis: TravelBasis = column(route.c.basis, "What travel times rest on.")
    meters: float = column(route.c.meters, "Metres of travel in all.")
    seconds: float = column(
        route.c.seconds, "Seconds of travel in all: the sum of the legs, without waiting and visits."
    )
    departure: datetime.datetime = column(route.c.departure, "出发时间, Asia/Shanghai.")
    finish: datetime.datetime = column(route.c.finish, "返回时间, Asia/Shanghai.")
    geometry: GeoJSON = geometry(route.c.line, "路线")
    stops: list[VisitStop] = records(route.c.stops, "停靠点", ceiling=STOP_CEILING)
    legs: list[RouteLeg] = records(route.c.legs, "路段", ceiling=STOP_CEILING + 1)
    unvisited: list[UnvisitedSite] = records(route.c.unvisited, "未安排的项目", ceiling=SITE_CEILING)
    corridor: Corridor = nested("沿线 within so many metres of the route.", meters=float)
