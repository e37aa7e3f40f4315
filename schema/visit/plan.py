"""Planning a site-visit route: candidates by filter, travel times, solver, verifier, and the record that is read."""

import datetime
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import shapely
import strawberry
from sqlalchemy import ColumnElement, Float, Integer, and_, cast, func, select

from geo.geojson import Geometry
from geo.route import (
    Position,
    RouteAnswer,
    RouteProblem,
    RouteProblemError,
    Shift,
    Site,
    StraightLineEstimate,
    instant,
    plan_off_loop,
)
from schema.compiler.arguments import Tree, Value
from schema.compiler.engine import Call
from schema.compiler.predicate import Row
from schema.compiler.values import DATE
from schema.context import Context
from schema.database import WGS84_SRID
from schema.issue.rules import IssueSeverity, IssueStatus
from schema.issue.table import issue
from schema.policy.table import policy_parameter
from schema.problem import Problem, ProblemCode, bad_input, limit_exceeded
from schema.project.table import project
from schema.scalars import GeoJSON
from schema.visit.types import SITE_CEILING, STOP_CEILING

CITY_ZONE = ZoneInfo("Asia/Shanghai")
SERVICE_MINUTES_CEILING = 24 * 60
SOLVE_SECONDS = 0.8
SEED = 0
LIMIT, SERVICE_MINUTES = 12, 30
SHIFT_START, SHIFT_END = datetime.time(8, 30), datetime.time(17, 30)
DEFAULTS = {
    "limit": LIMIT,
    "shiftStart": SHIFT_START,
    "shiftEnd": SHIFT_END,
    "serviceMinutes": SERVICE_MINUTES,
}
"""What an explicit null means: the same as a member left out."""
UNRESOLVED = (
    IssueStatus.OPEN,
    IssueStatus.ACCEPTED,
    IssueStatus.IN_PROGRESS,
    IssueStatus.ESCALATED,
    IssueStatus.REOPENED,
)


@strawberry.input(one_of=True, description="The sites to choose from.")
class SiteSelection:
    project_ids: list[strawberry.ID] | None = strawberry.UNSET
    filter: GeoJSON | None = strawberry.UNSET


@strawberry.input(description="One inspector's day. Times of day are in Asia/Shanghai.")
class SiteVisitRouteInput:
    sites: SiteSelection
    limit: int | None = strawberry.field(default=LIMIT, description="At most so many stops, 1 to 60.")
    start: GeoJSON = strawberry.field(description="A Point.")
    end: GeoJSON | None = strawberry.field(default=None, description="A Point; the start when left out.")
    date: datetime.date
    shift_start: datetime.time | None = SHIFT_START
    shift_end: datetime.time | None = SHIFT_END
    service_minutes: int | None = strawberry.field(default=SERVICE_MINUTES, description="Minutes spent at each site.")


def give_project_filter(project_filter: type) -> None:
    """Let ``sites.filter`` be the projects' own filter, which is made after this module is read."""
    for field in SiteSelection.__strawberry_definition__.fields:  # type: ignore[attr-defined]
        if field.python_name == "filter":
            field.type = project_filter | None


async def plan_site_visit_route(context: Context, call: Call) -> dict[str, Any]:
    """The record of a verified route. Raises Problem: BAD_USER_INPUT, LIMIT_EXCEEDED, NOT_FOUND (an id)."""
    given = DEFAULTS | {name: value for name, value in call.arguments["input"].items() if value is not None}
    start = _point(given["start"], "input.start")
    end = start if given.get("end") is None else _point(given["end"], "input.end")
    sites = await _sites(context, call, given)
    shift_start, shift_end = given["shiftStart"], given["shiftEnd"]
    if not 1 <= given["limit"] <= STOP_CEILING:
        raise bad_input(f"`limit` takes 1 to {STOP_CEILING} stops.", argument="input.limit")
    try:
        problem = RouteProblem(start, end, sites, Shift.between(shift_start, shift_end), given["limit"])
        answer = await plan_off_loop(problem, StraightLineEstimate(), seconds=SOLVE_SECONDS, seed=SEED)
    except RouteProblemError as error:
        raise bad_input(f"No route can be planned: {error}.", argument="input") from error
    return route_record(answer, given["date"])


async def _sites(context: Context, call: Call, given: Any) -> tuple[Site, ...]:
    if not 0 <= given["serviceMinutes"] <= SERVICE_MINUTES_CEILING:
        raise bad_input(f"`serviceMinutes` takes 0 to {SERVICE_MINUTES_CEILING}.", argument="input.serviceMinutes")
    tree = call.trees["input"]
    assert isinstance(tree, dict)
    selection = tree["sites"]
    assert isinstance(selection, dict)
    ids = selection.get("projectIds")
    rows = await context.engine.candidates(
        "Project",
        call,
        context.viewer,
        context.read,
        filter=selection.get("filter"),
        ids=ids if isinstance(ids, Value) else None,
        columns=lambda row, bind: _columns(row, bind, tree["date"]),
        ceiling=SITE_CEILING,
    )
    if len(rows) > SITE_CEILING:
        fix = "Narrow the filter."
        raise limit_exceeded("The number of sites", SITE_CEILING, len(rows), fix, argument="input.sites")
    if isinstance(ids, Value):
        wanted, found = given["sites"]["projectIds"], {f"prj_{row['id']}" for row in rows}
        missing = [one for one in wanted if str(one) not in found]
        if missing:
            raise Problem(
                ProblemCode.NOT_FOUND, f"There is no project {missing[0]}.", argument="input.sites.projectIds"
            )
    if any(row["priority"] is None for row in rows):
        raise bad_input("No priorities of visits are in force on this day; take a later one.", argument="input.date")
    return tuple(
        Site(
            row["id"],
            None if row["lon"] is None else (row["lon"], row["lat"]),
            given["serviceMinutes"] * 60,
            min(100, int(row["priority"])),
        )
        for row in rows
    )


def _columns(row: Row, bind: Any, date: Tree) -> Sequence[ColumnElement[Any]]:
    """Key, position and priority of a candidate; the weights are policy parameters in force on the day."""

    assert isinstance(date, Value)
    day = bind(date, DATE)

    def weight(name: str) -> ColumnElement[Any]:
        return (
            select(policy_parameter.c.value)
            .where(policy_parameter.c.name == f"visit.priority.{name}", policy_parameter.c.effective_from <= day)
            .order_by(policy_parameter.c.effective_from.desc())
            .limit(1)
            .scalar_subquery()
        )

    unresolved = issue.c.status.in_(UNRESOLVED)
    signals = (
        select(
            func.count() * weight("open_issue")
            + func.count().filter(issue.c.deadline < day) * weight("overdue_issue")
            + func.count().filter(issue.c.severity == IssueSeverity.CRITICAL) * weight("critical_issue")
        )
        .where(and_(issue.c.project_id == row(project.c.id), unresolved))
        .correlate(None)
        .scalar_subquery()
    )
    place = row(project.c.location)
    return (
        row(project.c.id).label("id"),
        cast(func.ST_X(place), Float(53)).label("lon"),
        cast(func.ST_Y(place), Float(53)).label("lat"),
        cast(func.round(weight("base") + signals), Integer).label("priority"),
    )


def _point(value: Geometry, argument: str) -> Position:
    if value.type != "Point":
        raise bad_input(f"A Point is needed here, not a {value.type}.", argument=argument)
    west, south, _, _ = value.bounds
    return west, south


def route_record(answer: RouteAnswer, day: datetime.date) -> dict[str, Any]:
    """A route as the record its GraphQL type reads; lines as hex EWKB, instants in Asia/Shanghai."""

    def at(seconds: int) -> str:
        return instant(day, seconds, CITY_ZONE).isoformat()

    return {
        "basis": answer.basis.value,
        "meters": answer.meters,
        "seconds": answer.seconds,
        "departure": at(answer.departure),
        "finish": at(answer.finish),
        "line": _line(answer.line),
        "stops": [
            {
                "sequence": stop.sequence,
                "arrival": at(stop.arrival),
                "departure": at(stop.departure),
                "wait_seconds": stop.wait_seconds,
                "project_id": stop.key,
            }
            for stop in answer.stops
        ],
        "legs": [
            {"sequence": number, "meters": leg.meters, "seconds": leg.seconds, "line": _line(leg.line)}
            for number, leg in enumerate(answer.legs, 1)
        ],
        "unvisited": [
            {"rank": number, "project_id": one.key, "reason": one.reason.value, "detail": one.detail}
            for number, one in enumerate(answer.unvisited, 1)
        ],
    }


def _line(positions: Sequence[Position]) -> str:
    line = shapely.set_srid(shapely.LineString(positions), WGS84_SRID)
    return str(shapely.to_wkb(line, hex=True, include_srid=True))
