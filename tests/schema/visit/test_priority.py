"""What makes one site worth a visit before another: its unresolved issues, weighed by the policy of the day."""

from typing import Any

import asyncpg
import pytest

from tests.api.client import Client

ROUTE = """
query ($ids: [ID!]!, $day: Date!) {
  siteVisitRoute(input: {
    sites: { projectIds: $ids }, limit: 1, date: $day, start: { type: "Point", coordinates: [121.6147, 38.914] }
  }) { stops { project { id } } unvisited { project { id } reason } }
}
"""
TWO_PROJECTS = """
UPDATE project SET location = ST_SetSRID(ST_Point(lon, 38.914), 4326)
FROM (SELECT id AS chosen, 121.62 + 0.05 * (row_number() OVER (ORDER BY id) - 1) AS lon
      FROM project ORDER BY id LIMIT 2) AS two
WHERE id = chosen RETURNING id
"""
NO_ISSUES = "DELETE FROM issue WHERE project_id = ANY($1)"
ISSUE = """
INSERT INTO issue (project_id, title, status, level, severity, deadline, reported_by)
VALUES ($1, 'a title', $2, 'MAYOR', $3, $4::text::date, 'a test')
"""
WEIGHT = "INSERT INTO policy_parameter VALUES ('visit.priority.open_issue', '2026-08-01', 60, 'points', 'a test')"


@pytest.fixture
async def pair(database: asyncpg.Connection) -> tuple[int, int]:
    """Two projects without issues: one beside the start, one four kilometres away."""
    near, far = sorted(row["id"] for row in await database.fetch(TWO_PROJECTS))
    await database.execute(NO_ISSUES, [near, far])
    return near, far


async def visited(city: Client, pair: tuple[int, int], day: str = "2026-07-01") -> int:
    """The one of two that is visited when there is room for one; the other says that there was room for one."""
    data: dict[str, Any] = await city.data(ROUTE, {"ids": [f"prj_{one}" for one in pair], "day": day})
    route = data["siteVisitRoute"]
    assert [one["reason"] for one in route["unvisited"]] == ["STOP_LIMIT"]
    (stop,) = route["stops"]
    return int(stop["project"]["id"].removeprefix("prj_"))


async def test_alike_the_nearer_is_visited(city: Client, pair: tuple[int, int]) -> None:
    assert await visited(city, pair) == pair[0]


@pytest.mark.parametrize("status", ["OPEN", "ACCEPTED", "IN_PROGRESS", "ESCALATED", "REOPENED"])
async def test_an_unresolved_issue_outweighs_nearness(
    city: Client, database: asyncpg.Connection, pair: tuple[int, int], status: str
) -> None:
    await database.execute(ISSUE, pair[1], status, "MINOR", None)
    assert await visited(city, pair) == pair[1]


@pytest.mark.parametrize("status", ["RESOLVED", "VERIFIED", "REJECTED"])
async def test_a_settled_issue_does_not(
    city: Client, database: asyncpg.Connection, pair: tuple[int, int], status: str
) -> None:
    await database.execute(ISSUE, pair[1], status, "CRITICAL", "2026-01-01")
    assert await visited(city, pair) == pair[0]


async def test_overdue_and_critical_outweigh_more_of_lesser_ones(
    city: Client, database: asyncpg.Connection, pair: tuple[int, int]
) -> None:
    near, far = pair
    for _ in range(3):
        await database.execute(ISSUE, near, "OPEN", "MINOR", None)
    await database.execute(ISSUE, far, "OPEN", "CRITICAL", "2026-06-30")
    assert await visited(city, pair, "2026-07-01") == far  # 15 points against 5 + 15 + 10
    assert await visited(city, pair, "2026-06-30") == near  # due on the day is not overdue: 5 + 10


async def test_the_weights_are_those_in_force_on_the_day_of_the_visit(
    city: Client, database: asyncpg.Connection, pair: tuple[int, int]
) -> None:
    near, far = pair
    for _ in range(2):
        await database.execute(ISSUE, near, "OPEN", "MINOR", None)
    await database.execute(ISSUE, far, "OPEN", "MINOR", "2026-01-01")
    await database.execute(WEIGHT)
    assert await visited(city, pair, "2026-07-31") == far  # 10 against 5 + 15
    # with 10 for every site: 10 + 120, cut to the 100 points a site can have, against 10 + 60 + 15
    assert await visited(city, pair, "2026-08-01") == near
