"""The write path, by its first mutation: one transaction for key, row and change; retries that harm nothing."""

import asyncio
import datetime
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from api.graphql import Answering
from api.pool import open_database
from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.engine import Engine, Query
from schema.limits import Limits
from schema.root import model
from tests.api.client import Client

REPORT = """
mutation Report($input: ReportIssueInput!) {
  reportIssue(input: $input) {
    issue { id title description status level severity deadline reportedBy idempotencyKey version project { code } }
  }
}
"""
AGAIN = """
query ($key: String!) {
  issues(filter: { idempotencyKey: { eq: $key } }) {
    totalCount
    nodes { id title description status level severity deadline reportedBy idempotencyKey version project { code } }
  }
}
"""
COUNT = "SELECT (SELECT count(*) FROM issue), (SELECT count(*) FROM change), (SELECT count(*) FROM idempotency_key)"
KEYS = (f"key {number}" for number in itertools.count(1))


@pytest.fixture
async def given(database: asyncpg.Connection) -> dict[str, Any]:
    """A new key's input for some project."""
    code = await database.fetchval("SELECT min(code) FROM project")
    return {"idempotencyKey": next(KEYS), "project": {"code": code}, "title": "电力增容未批复"}


async def counted(database: asyncpg.Connection) -> tuple[int, ...]:
    return tuple(await database.fetchrow(COUNT))


async def reported(city: Client, given: dict[str, Any], *, subject: str = "wang") -> dict[str, Any]:
    data = await city.data(REPORT, {"input": given}, role=Role.WRITER, subject=subject)
    issue: dict[str, Any] = data["reportIssue"]["issue"]
    return issue


async def refused(
    city: Client, given: dict[str, Any], *, role: Role = Role.WRITER, subject: str = "wang"
) -> dict[str, Any]:
    """The one problem of a report that is refused."""
    answer = await city.ask(REPORT, {"input": given}, role=role, subject=subject)
    body = answer.json()
    assert body["data"] is None
    (problem,) = body["errors"]
    assert problem["path"] == ["reportIssue"]
    return dict(problem["extensions"])


async def test_issue_change_and_key_are_one_transaction(
    city: Client, database: asyncpg.Connection, given: dict[str, Any]
) -> None:
    before = await counted(database)
    issue = await reported(city, given)
    assert await counted(database) == tuple(count + 1 for count in before)
    row = await database.fetchrow(
        """
        SELECT change.*, project.region_id AS accountable, reported_by,
               issue.xmin::text::bigint AS issue_xid, idempotency_key.xmin::text::bigint AS key_xid,
               change.transaction_id::text::bigint % 4294967296 AS change_xid
        FROM issue JOIN change ON change.entity_id = issue.id JOIN project ON project.id = issue.project_id
        JOIN idempotency_key ON idempotency_key.entity_id = issue.id
        WHERE issue.id = $1
        """,
        int(issue["id"].removeprefix("iss_")),
    )
    assert row["issue_xid"] == row["key_xid"] == row["change_xid"]
    assert (row["entity"], row["operation"], row["version"], row["actor"]) == ("Issue", "CREATED", 1, "wang")
    assert row["region_id"] == row["accountable"]
    assert row["reported_by"] == issue["reportedBy"] == "wang"


async def test_the_answer_is_what_a_query_finds_again(city: Client, given: dict[str, Any]) -> None:
    issue = await reported(city, given | {"description": '变电站 "二期" \\ 未投运\n', "severity": "MAJOR"})
    again = (await city.data(AGAIN, {"key": given["idempotencyKey"]}))["issues"]
    assert again == {"totalCount": 1, "nodes": [issue]}
    assert (issue["status"], issue["level"], issue["severity"], issue["version"]) == ("OPEN", "REGION", "MAJOR", 1)
    assert issue["deadline"] == "2026-07-15"


async def test_changes_are_numbered_in_the_order_of_their_commits(
    city: Client, database: asyncpg.Connection, given: dict[str, Any]
) -> None:
    ids = [
        int((await reported(city, given | {"idempotencyKey": next(KEYS)}))["id"].removeprefix("iss_")) for _ in range(3)
    ]
    rows = await database.fetch(
        "SELECT entity_id FROM change WHERE entity_id = ANY($1) ORDER BY transaction_id, sequence", ids
    )
    assert [row["entity_id"] for row in rows] == ids


async def test_the_same_key_with_the_same_input_is_the_same_issue(
    city: Client, database: asyncpg.Connection, given: dict[str, Any]
) -> None:
    first = await reported(city, given)
    before = await counted(database)
    assert await reported(city, given) == first
    assert await reported(city, dict(reversed(given.items()))) == first
    assert await counted(database) == before


@pytest.mark.parametrize(
    "other",
    [
        {"title": "另一个问题"},
        {"description": "more"},
        {"severity": "CRITICAL"},
        {"needsCity": True},
        {"affectedArea": {"type": "Polygon", "coordinates": [[[122, 39], [122.1, 39], [122, 39.1], [122, 39]]]}},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_the_same_key_with_another_input_is_refused(
    city: Client, database: asyncpg.Connection, given: dict[str, Any], other: dict[str, Any]
) -> None:
    await reported(city, given)
    before = await counted(database)
    problem = await refused(city, given | other)
    assert problem == {"code": "IDEMPOTENCY_KEY_REUSED", "argument": "input.idempotencyKey"}
    assert await counted(database) == before


async def test_another_person_may_take_the_same_key(city: Client, given: dict[str, Any]) -> None:
    mine = await reported(city, given)
    theirs = await reported(city, given | {"title": "a title of theirs"}, subject="zhao")
    assert mine["id"] != theirs["id"]
    assert await reported(city, given) == mine


async def test_many_retries_at_once_make_one_issue(
    city: Client, database: asyncpg.Connection, given: dict[str, Any]
) -> None:
    before = await counted(database)
    answers = await asyncio.gather(*(reported(city, given) for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert await counted(database) == tuple(count + 1 for count in before)


async def test_what_fails_late_leaves_nothing_and_may_be_tried_again(
    city: Client, database: asyncpg.Connection, given: dict[str, Any]
) -> None:
    before = await counted(database)
    # The change row is written after the issue: the key and the issue must go with it.
    await database.execute("ALTER TABLE change ADD CONSTRAINT ck_test CHECK (actor <> 'li') NOT VALID")
    try:
        answer = await city.ask(REPORT, {"input": given}, role=Role.WRITER, subject="li")
    finally:
        await database.execute("ALTER TABLE change DROP CONSTRAINT ck_test")
    (problem,) = answer.json()["errors"]
    assert problem["extensions"] == {"code": "CONSTRAINT_VIOLATED", "constraint": "ck_test"}
    assert await counted(database) == before
    await reported(city, given, subject="li")
    assert await counted(database) == tuple(count + 1 for count in before)


@pytest.mark.parametrize(
    ("other", "code", "argument"),
    [
        ({"project": {"code": "nowhere"}}, "NOT_FOUND", "input.project"),
        ({"project": {"id": "prj_1"}}, "NOT_FOUND", "input.project"),
        ({"project": {"id": "iss_1"}}, "BAD_USER_INPUT", "input.project.id"),
        ({"projectVersion": 99}, "VERSION_CONFLICT", "input.projectVersion"),
        ({"title": " "}, "BAD_USER_INPUT", "input.title"),
        ({"title": "长" * 201}, "BAD_USER_INPUT", "input.title"),
        ({"idempotencyKey": ""}, "BAD_USER_INPUT", "input.idempotencyKey"),
        ({"idempotencyKey": "k" * 201}, "BAD_USER_INPUT", "input.idempotencyKey"),
        ({"affectedArea": {"type": "Point", "coordinates": [121, 39]}}, "BAD_USER_INPUT", "input.affectedArea"),
    ],
)
async def test_a_refusal_leaves_nothing(
    city: Client, database: asyncpg.Connection, given: dict[str, Any], other: dict[str, Any], code: str, argument: str
) -> None:
    before = await counted(database)
    problem = await refused(city, given | other)
    assert (problem["code"], problem["argument"]) == (code, argument)
    assert await counted(database) == before
    await reported(city, given)


async def test_a_reader_may_not_report(city: Client, database: asyncpg.Connection, given: dict[str, Any]) -> None:
    before = await counted(database)
    assert (await refused(city, given, role=Role.READER))["code"] == "FORBIDDEN"
    assert await counted(database) == before


async def test_the_version_that_was_seen_is_accepted(
    city: Client, database: asyncpg.Connection, given: dict[str, Any]
) -> None:
    version = await database.fetchval("SELECT version FROM project WHERE code = $1", given["project"]["code"])
    assert await reported(city, given | {"projectVersion": version})


async def test_two_reports_in_one_request_commit_in_their_order(
    city: Client, database: asyncpg.Connection, given: dict[str, Any]
) -> None:
    two = """
    mutation ($a: ReportIssueInput!, $b: ReportIssueInput!) {
      second: reportIssue(input: $b) { issue { id title } }
      first: reportIssue(input: $a) { issue { id title } }
    }
    """
    inputs = {name: given | {"idempotencyKey": next(KEYS), "title": name} for name in ("a", "b")}
    data = await city.data(two, inputs, role=Role.WRITER)
    assert list(data) == ["second", "first"]
    ids = [int(data[name]["issue"]["id"].removeprefix("iss_")) for name in ("second", "first")]
    rows = await database.fetch(
        "SELECT entity_id, transaction_id::text FROM change WHERE entity_id = ANY($1) ORDER BY sequence", ids
    )
    assert [row["entity_id"] for row in rows] == ids
    assert rows[0]["transaction_id"] != rows[1]["transaction_id"]


AREA_ACROSS = """
SELECT ST_AsGeoJSON(ST_Expand(ST_PointOnSurface(ST_Boundary(geometry)), 0.2)) FROM region WHERE code = $1
"""
IN_DISTRICT = """
SELECT project.code FROM project JOIN region ON region.id = region_id
WHERE region.code = $1 ORDER BY project.code LIMIT 1
"""


async def test_an_area_in_another_region_raises_the_level(
    city: Client, database: asyncpg.Connection, given: dict[str, Any]
) -> None:
    code = await database.fetchval(IN_DISTRICT, "210211")
    area = json.loads(await database.fetchval(AREA_ACROSS, "210203"))
    issue = await reported(city, given | {"project": {"code": code}, "affectedArea": area, "needsCity": True})
    assert (issue["level"], issue["deadline"]) == ("EXEC_VICE_MAYOR", None)


@pytest.fixture
async def answering(url: str) -> AsyncIterator[Answering]:
    """The same city asked at any instant."""
    database = await open_database(url, Limits())
    yield Answering(Engine(model(), visible, Limits()), database)
    await database.close()


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        # Days are counted in Asia/Shanghai, and a number counts from the day on which it takes effect.
        ("2027-02-28T15:59:59+00:00", "2027-03-15"),
        ("2027-02-28T16:00:00+00:00", "2027-03-04"),
    ],
)
async def test_the_deadline_is_that_of_the_policy_on_the_day(
    answering: Answering, database: asyncpg.Connection, given: dict[str, Any], now: str, deadline: str
) -> None:
    await database.execute(
        """
        INSERT INTO policy_parameter (name, effective_from, value, unit, source)
        VALUES ('issue.region_deadline_days', '2027-03-01', 3, 'days', 'a test') ON CONFLICT DO NOTHING
        """
    )
    query = Query(REPORT, {"input": given}, None)
    answer = await answering.answer(query, Viewer("wang", Role.WRITER), datetime.datetime.fromisoformat(now))
    assert json.loads(answer.body())["data"]["reportIssue"]["issue"]["deadline"] == deadline
