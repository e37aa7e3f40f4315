"""Mutations of issues: the only place that writes them."""

from typing import Any
from zoneinfo import ZoneInfo

import strawberry
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, func, insert, literal

from geo.geojson import Geometry
from schema.access.rules import Role
from schema.change.rules import ChangeOperation
from schema.change.write import claim_idempotency_key, keep_result, record_change
from schema.compiler.engine import Call
from schema.compiler.entity import record, to_one
from schema.compiler.values import check_text
from schema.context import Arguments, Context
from schema.issue.rules import IssueSeverity, Reach, reported_issue
from schema.issue.table import issue
from schema.issue.types import Issue
from schema.policy.read import parameter_on
from schema.problem import Problem, ProblemCode, bad_input
from schema.project.read import find_project
from schema.project.types import ProjectKey
from schema.region.read import crosses_regions
from schema.scalars import GeoJSON

CITY_ZONE = ZoneInfo("Asia/Shanghai")
MUTATION = "reportIssue"
TITLE_CEILING = 200
DESCRIPTION_CEILING = 10_000
DEADLINE_DAYS = "issue.region_deadline_days"

payload = Table("report_issue_payload", MetaData(), Column("issue_id", BigInteger, nullable=False))


@strawberry.input(description="A new issue of a project.")
class ReportIssueInput:
    idempotency_key: str = strawberry.field(
        description="1 to 200 characters of your choice: the same key with the same input is answered with the same "
        "issue, with another input it is refused."
    )
    project: ProjectKey
    title: str = strawberry.field(description="标题, 1 to 200 characters.")
    description: str | None = strawberry.field(default=None, description="说明")
    severity: IssueSeverity | None = strawberry.field(default=None, description="严重程度, MINOR when left out.")
    affected_area: GeoJSON | None = strawberry.field(
        default=None,
        description="影响范围: a Polygon or MultiPolygon; one that reaches into another region raises the level.",
    )
    crosses_fields: bool = strawberry.field(default=False, description="跨领域: touches another vice mayor's field.")
    needs_city: bool = strawberry.field(default=False, description="需市级协调: the region cannot resolve it alone.")
    project_version: int | None = strawberry.field(
        default=None, description="The project's version you saw; refused if it has changed since."
    )


@record(payload, description="The issue as it now stands.")
class ReportIssuePayload:
    issue: Issue = to_one(payload.c.issue_id, "问题")


async def report_issue(context: Context, call: Call) -> dict[str, Any]:
    """Report an issue: key, issue and change row in the one transaction of the request. Returns the payload's record.

    Raises Problem: FORBIDDEN, BAD_USER_INPUT, IDEMPOTENCY_KEY_REUSED, NOT_FOUND (project), VERSION_CONFLICT.
    """
    if context.viewer.role is Role.READER:
        raise Problem(ProblemCode.FORBIDDEN, "Reporting an issue needs the role WRITER; this token is a READER's.")
    given, connection, subject = call.arguments["input"], context.transaction, context.viewer.subject
    _check(given)
    key = given["idempotencyKey"]
    known = await claim_idempotency_key(connection, subject, key, MUTATION, given)
    if known is not None:
        return {"issue_id": known}
    # shared: the project is not written here, only kept from changing under the rule's feet
    project = await find_project(connection, context.viewer, given["project"], "input.project")
    seen = given.get("projectVersion")
    if seen is not None and seen != project.version:
        raise Problem(
            ProblemCode.VERSION_CONFLICT,
            f"The project is at version {project.version}, not {seen}: read it again and decide anew.",
            argument="input.projectVersion",
            details={"version": project.version},
        )
    area: Geometry | None = given.get("affectedArea")
    severity = IssueSeverity(given.get("severity") or IssueSeverity.MINOR)
    reach = Reach(
        crosses_regions=area is not None and await crosses_regions(connection, area, project.region_id),
        crosses_fields=given["crossesFields"],
        needs_city=given["needsCity"],
    )
    today = context.now.astimezone(CITY_ZONE).date()
    decided = reported_issue(severity, reach, today, int(await parameter_on(connection, DEADLINE_DAYS, today)))
    issue_id: int = await connection.scalar(
        insert(issue)
        .values(
            project_id=project.id,
            title=given["title"].strip(),
            description=given.get("description"),
            status=decided.status,
            level=decided.level,
            severity=severity,
            deadline=decided.deadline,
            affected_area=None
            if area is None
            else func.ST_Multi(func.ST_GeomFromEWKB(literal(area.ewkb, LargeBinary))),
            reported_by=subject,
            idempotency_key=key,
            created_at=context.now,
            updated_at=context.now,
        )
        .returning(issue.c.id)
    )
    await record_change(
        connection, "Issue", issue_id, ChangeOperation.CREATED, version=1, region_id=project.region_id, actor=subject
    )
    await keep_result(connection, subject, key, issue_id)
    return {"issue_id": issue_id}


def _check(given: Arguments) -> None:
    """What the types alone do not say of the input."""
    for name, ceiling, text in (
        ("title", TITLE_CEILING, given["title"].strip()),
        ("description", DESCRIPTION_CEILING, given.get("description") or "-"),
    ):
        if not 1 <= len(text) <= ceiling:
            raise bad_input(f"`{name}` takes 1 to {ceiling} characters; it has {len(text)}.", argument=f"input.{name}")
        check_text(text, f"input.{name}")
    area = given.get("affectedArea")
    if area is not None and area.type not in ("Polygon", "MultiPolygon"):
        raise bad_input(
            f"An affected area is a Polygon or MultiPolygon, not a {area.type}.", argument="input.affectedArea"
        )
