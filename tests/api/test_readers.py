"""The line for connections: first come, first served, of bounded length and time; and what comes of a broken one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

import schema.visit.plan as visit
from api.pool import READERS, WRITERS
from api.readers import Readers
from geo.route import plan_off_loop
from schema.access.rules import Role
from schema.limits import Limits
from schema.problem import Problem, ProblemCode
from tests.api.client import Client, serving
from tests.conftest import execute

SECONDS = 10.0
PROJECTS = "{ projects(first: 1) { nodes { code } } }"
REPORT = """mutation ($key: String!, $code: String!) {
  reportIssue(input: { idempotencyKey: $key, project: { code: $code }, title: "No power yet" }) { issue { id } }
}"""
ROUTE = """{ siteVisitRoute(input: { sites: { filter: {} }, date: "2026-07-01", limit: 2,
  start: { type: "Point", coordinates: [121.6, 38.9] } }) { seconds } }"""
STARTED = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
  AND application_name = 'luodi' AND wait_event_type = 'Lock'"""


@asynccontextmanager
async def readers(url: str, *, waiting_ceiling: int = 100, seconds: float = SECONDS) -> AsyncIterator[Readers]:
    """One connection to share."""

    async def opener() -> Any:
        return await asyncpg.connect(url)

    made = Readers(opener, size=1, waiting_ceiling=waiting_ceiling, seconds=seconds)
    try:
        yield made
    finally:
        await made.close()


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0)


async def test_who_came_first_is_served_first(city_url: str) -> None:
    async with readers(city_url) as line:
        held = await line.take()
        served: list[int] = []

        async def wait(number: int) -> None:
            connection = await line.take()
            served.append(number)
            line.give(connection)

        waiting = [asyncio.create_task(wait(number)) for number in range(20)]
        await settled(lambda: line.waiting == 20)
        line.give(held)
        await asyncio.gather(*waiting)
        assert served == list(range(20))
        assert (line.open, line.idle, line.waiting) == (1, 1, 0)


async def test_the_line_is_bounded_in_length_and_in_time(city_url: str) -> None:
    async with readers(city_url, waiting_ceiling=1, seconds=0.05) as line:
        held = await line.take()
        waiting = asyncio.create_task(line.take())
        await settled(lambda: line.waiting == 1)
        with pytest.raises(Problem, match="too many requests wait") as refused:
            await line.take()
        assert refused.value.code is ProblemCode.UNAVAILABLE
        with pytest.raises(Problem, match=r"within 0\.05 s") as late:
            await waiting
        assert late.value.code is ProblemCode.UNAVAILABLE
        assert line.waiting == 0
        line.give(held)
        assert await line.take() is held


async def test_what_is_handed_to_someone_who_left_goes_to_the_next(city_url: str) -> None:
    async with readers(city_url) as line:
        held = await line.take()
        leaver = asyncio.create_task(line.take())
        stayer = asyncio.create_task(line.take())
        await settled(lambda: line.waiting == 2)
        line.give(held)  # handed to the first in this very moment
        leaver.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaver
        assert await asyncio.wait_for(stayer, SECONDS) is held


async def test_who_leaves_the_line_is_in_it_no_more(city_url: str) -> None:
    async with readers(city_url, waiting_ceiling=1) as line:
        held = await line.take()
        for _ in range(3):
            leaver = asyncio.create_task(line.take())
            await settled(lambda: line.waiting == 1)
            leaver.cancel()
            await settled(leaver.done)
            assert line.waiting == 0
        line.give(held)
        assert line.idle == 1


async def test_a_connection_that_died_is_replaced_for_the_next_in_line(city_url: str) -> None:
    async with readers(city_url) as line:
        held = await line.take()
        waiting = asyncio.create_task(line.take())
        await settled(lambda: line.waiting == 1)
        held.terminate()
        line.give(held)
        fresh = await asyncio.wait_for(waiting, SECONDS)
        assert await fresh.fetchval("SELECT 1") == 1
        line.give(fresh)
        assert line.open == 1


async def test_who_comes_while_one_is_replaced_takes_no_place_of_its_own(city_url: str) -> None:
    async with readers(city_url) as line:
        held = await line.take()
        waiting = asyncio.create_task(line.take())
        await settled(lambda: line.waiting == 1)

        async def come_at_once() -> Any:
            held.terminate()
            line.give(held)
            return await line.take()

        late = asyncio.create_task(come_at_once())
        line.give(await asyncio.wait_for(waiting, SECONDS))
        last = await asyncio.wait_for(late, SECONDS)
        assert line.open == 1
        line.give(last)


async def test_after_a_statement_that_was_given_up_it_serves_again(city_url: str) -> None:
    async with readers(city_url) as line:
        held = await line.take()
        statement = asyncio.create_task(held.fetchval("SELECT pg_sleep(100)"))
        await asyncio.sleep(0)
        statement.cancel()
        with pytest.raises(asyncio.CancelledError) as given_up:
            await statement
        line.mend(held, given_up.value)
        assert line.idle == 0, "nobody gets it while the server is being told to stop"
        again = await asyncio.wait_for(line.take(), SECONDS)
        assert again is held
        assert await again.fetchval("SELECT 1") == 1
        line.give(again)


async def test_when_none_can_be_opened_all_in_line_learn_why() -> None:
    tried = asyncio.Event()

    async def opener() -> Any:
        await tried.wait()
        raise ConnectionRefusedError("nobody answers")

    line = Readers(opener, size=1, waiting_ceiling=10, seconds=SECONDS)
    asking = [asyncio.create_task(line.take()) for _ in range(3)]
    await settled(lambda: line.waiting == 2)
    tried.set()
    for one in asking:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.wait_for(one, SECONDS)
    assert (line.open, line.waiting) == (0, 0)


@asynccontextmanager
async def locked(url: str, table: str) -> AsyncIterator[asyncpg.Connection]:
    """A table nobody else may read meanwhile."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield connection
    finally:
        await connection.close()


async def busy(connection: asyncpg.Connection, number: int) -> None:
    """Wait until so many statements of the service wait for a lock."""
    async with asyncio.timeout(SECONDS):
        while True:
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            if await connection.fetchval(STARTED) == number:
                return


def refusal(answer: Any) -> tuple[int, str, dict[str, Any]]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"], error["extensions"]


async def test_when_all_are_in_use_the_next_waits_and_is_told_to_come_again(own_city_url: str) -> None:
    async with serving(own_city_url, Limits(waiting_seconds=0.1)) as client:
        async with locked(own_city_url, "project") as lock:
            stuck = [asyncio.create_task(client.ask(PROJECTS)) for _ in range(READERS)]
            await busy(lock, READERS)
            answer = await client.ask("{ parcels { totalCount } }")
            assert refusal(answer)[:2] == (503, "UNAVAILABLE")
            assert answer.headers["retry-after"] == "1"
        answers = await asyncio.gather(*stuck)
    assert {answer.status_code for answer in answers} == {200}


async def test_the_line_of_a_service_is_bounded(own_city_url: str) -> None:
    async with serving(own_city_url, Limits(waiting_requests=3, waiting_seconds=60)) as client:
        async with locked(own_city_url, "project") as lock:
            stuck = [asyncio.create_task(client.ask(PROJECTS)) for _ in range(READERS + 3)]
            await busy(lock, READERS)
            answers = await asyncio.gather(*(client.ask(PROJECTS) for _ in range(50)))
            assert {refusal(answer)[:2] for answer in answers} == {(503, "UNAVAILABLE")}
        answers = await asyncio.gather(*stuck)
    assert {answer.status_code for answer in answers} == {200}


async def test_the_line_of_writers_is_bounded_too(own_city_url: str) -> None:
    async with serving(own_city_url, Limits(waiting_requests=2, waiting_seconds=60)) as client:
        code = (await client.data(PROJECTS))["projects"]["nodes"][0]["code"]

        def report(number: int) -> Any:
            return client.ask(REPORT, {"key": str(number), "code": code}, role=Role.WRITER)

        async with locked(own_city_url, "project") as lock:
            stuck = [asyncio.create_task(report(number)) for number in range(WRITERS + 2)]
            await busy(lock, WRITERS)
            assert refusal(await report(99))[:2] == (503, "UNAVAILABLE")
        answers = await asyncio.gather(*stuck)
    assert all("errors" not in answer.json() for answer in answers)


async def test_a_writer_waits_no_longer_than_a_reader(own_city_url: str) -> None:
    async with serving(own_city_url, Limits(waiting_seconds=0.1)) as client:
        code = (await client.data(PROJECTS))["projects"]["nodes"][0]["code"]
        async with locked(own_city_url, "project") as lock:
            variables = [{"key": str(number), "code": code} for number in range(WRITERS + 1)]
            stuck = [asyncio.create_task(client.ask(REPORT, one, role=Role.WRITER)) for one in variables[1:]]
            await busy(lock, WRITERS)
            assert refusal(await client.ask(REPORT, variables[0], role=Role.WRITER))[:2] == (503, "UNAVAILABLE")
        await asyncio.gather(*stuck)


@pytest.mark.parametrize("document", [PROJECTS, REPORT], ids=["query", "mutation"])
async def test_a_statement_that_takes_too_long_is_stopped_and_the_limit_named(own_city_url: str, document: str) -> None:
    async with serving(own_city_url, Limits(statement_timeout_seconds=0.2)) as client, locked(own_city_url, "project"):
        role = Role.WRITER if document is REPORT else Role.READER
        answer = await client.ask(document, {"key": "k", "code": "c"} if document is REPORT else None, role=role)
        status, code, details = refusal(answer)
    assert (status, code, details["limit"]) == (200, "TIMEOUT", 0.2)
    message = answer.json()["errors"][0]["message"]
    assert message.startswith("The statement ran for 0.2 s, the most it may")
    assert "smaller page" in message


async def test_one_that_an_operator_stops_does_not_name_the_limit(own_service: Client, own_city_url: str) -> None:
    async with locked(own_city_url, "project") as lock:
        asked = asyncio.create_task(own_service.ask(PROJECTS))
        await busy(lock, 1)
        await execute(
            own_city_url,
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        status, code, details = refusal(await asked)
    assert (status, code) == (200, "TIMEOUT")
    assert "limit" not in details


async def test_the_line_for_routes_is_bounded(city_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    free = asyncio.Event()
    solving: list[Any] = []

    async def slow(*problem: Any, **options: Any) -> Any:
        solving.append(problem)
        await free.wait()
        return await plan_off_loop(*problem, **options)

    monkeypatch.setattr(visit, "plan_off_loop", slow)
    async with serving(city_url, Limits(waiting_requests=2)) as client:
        stuck = [asyncio.create_task(client.ask(ROUTE)) for _ in range(2)]
        await settled(lambda: len(solving) == 2)
        assert refusal(await client.ask(ROUTE))[:2] == (503, "UNAVAILABLE")
        assert (await client.ask(PROJECTS)).status_code == 200
        free.set()
        answers = await asyncio.gather(*stuck)
        assert all("errors" not in answer.json() for answer in answers)
        assert "errors" not in (await client.ask(ROUTE)).json()
