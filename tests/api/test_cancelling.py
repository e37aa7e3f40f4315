"""A client that goes away: its query stops in the database, its mutation does not, and the connection serves on."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import uvicorn

import schema.visit.plan as visit
from api.abandoning import Watch
from api.application import create
from schema.access.rules import Role
from tests.api.client import NOW, Client, settings, token

SECONDS = 10.0
"""Within which everything here must have happened; far more than it takes."""
PROJECTS = "{ projects(first: 1) { nodes { code } } }"
HEAVY = """{ parcels(first: 100) { nodes {
  nearbyProjects(withinMeters: 500000, first: 2000) { edges { distanceMeters node { code name } } } } } }"""
REPORT = """mutation { reportIssue(input: {
  idempotencyKey: "gone", project: { code: "%s" }, title: "No power yet" }) { issue { id } } }"""
ROUTE = """{ siteVisitRoute(input: { sites: { filter: {} }, date: "2026-07-01",
  start: { type: "Point", coordinates: [121.6, 38.9] } }) { seconds } }"""
RUNNING = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
  AND application_name = 'luodi' AND state = 'active' AND query NOT LIKE 'SET %'"""


@dataclass
class Service:
    """A server with a socket, and a connection of the test's own to its database."""

    port: int
    server: uvicorn.Server
    database: asyncpg.Connection

    async def send(self, document: str, role: Role = Role.READER) -> asyncio.StreamWriter:
        """Send a request by a connection of its own, and read no answer."""
        _, writer = await self._sent(document, role)
        return writer

    async def ask(self, document: str, role: Role = Role.READER) -> Any:
        """The answer's JSON."""
        reader, writer = await self._sent(document, role)
        answer = await asyncio.wait_for(reader.read(), SECONDS)
        writer.close()
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    async def _sent(self, document: str, role: Role) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = json.dumps({"query": document}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token(role)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        return reader, writer

    async def metrics(self) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        bearer = token(Role.OPERATOR)
        writer.write(
            f"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\r\n".encode()
        )
        text = (await asyncio.wait_for(reader.read(), SECONDS)).decode()
        writer.close()
        return text

    async def running(self, number: int) -> None:
        """Wait until so many statements of the service run."""
        async with asyncio.timeout(SECONDS):
            while await self.database.fetchval(RUNNING) != number:
                pass  # each look is a trip to the database and back

    async def counted(self, line: str) -> None:
        """Wait until the metrics hold a line."""
        async with asyncio.timeout(SECONDS):
            while line not in (await self.metrics()).splitlines():
                pass


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Service]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        application = create(settings(url), clock=lambda: NOW)
        server = uvicorn.Server(uvicorn.Config(application, lifespan="on", http="httptools", log_level="error"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(30):
            while not server.started:
                await asyncio.sleep(0)
        database = await asyncpg.connect(url)
        try:
            yield Service(listener.getsockname()[1], server, database)
        finally:
            await database.close()
            server.should_exit = True
            await serving


@pytest.fixture
async def service(own_city_url: str) -> AsyncIterator[Service]:
    async with listening(own_city_url) as service:
        yield service


@pytest.fixture
async def locked(own_city_url: str) -> AsyncIterator[Any]:
    """Takes a lock on a table, which every statement that reads it then waits for; released by ``close``."""
    connection = await asyncpg.connect(own_city_url)

    async def lock(table: str) -> asyncpg.Connection:
        await connection.execute(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        return connection

    yield lock
    if not connection.is_closed():
        await connection.close()


async def test_its_statement_stops_and_the_connection_serves_on(service: Service, locked: Any) -> None:
    await locked("project")
    writer = await service.send(PROJECTS)
    await service.running(1)
    writer.close()
    await service.running(0)  # the lock is still there: it did not end by itself
    await service.counted('luodi_requests_total{end="ABANDONED",surface="graphql"} 1.0')
    await service.counted("luodi_statements_cancelled_total 1.0")
    await service.counted('luodi_connections{state="idle"} 1.0')
    await service.counted('luodi_connections{state="used"} 0.0')
    assert (await service.ask("{ parcels(first: 1) { nodes { code } } }"))["data"]["parcels"]["nodes"]
    assert 'luodi_connections{state="idle"} 1.0' in await service.metrics(), "the same connection, not another"


async def test_one_that_computes_stops_too(service: Service) -> None:
    writer = await service.send(HEAVY)
    await service.running(1)
    writer.close()
    await service.running(0)
    await service.counted("luodi_statements_cancelled_total 1.0")
    assert (await service.ask(PROJECTS))["data"]


async def test_many_at_once_leave_the_pool_whole(service: Service, locked: Any) -> None:
    """More than there are connections: those in line are given up as well."""
    lock = await locked("project")
    writers = [await service.send(PROJECTS) for _ in range(25)]
    await service.running(10)
    await service.counted("luodi_requests_waiting 15.0")
    for writer in writers:
        writer.close()
    await service.running(0)
    await service.counted("luodi_requests_waiting 0.0")
    await service.counted('luodi_requests_total{end="ABANDONED",surface="graphql"} 25.0')
    await service.counted('luodi_connections{state="used"} 0.0')
    await lock.close()
    answers = await asyncio.gather(*(service.ask(PROJECTS) for _ in range(25)))
    assert all("errors" not in answer for answer in answers)


async def test_a_mutation_is_finished(service: Service, locked: Any) -> None:
    code = (await service.ask(PROJECTS))["data"]["projects"]["nodes"][0]["code"]
    lock = await locked("issue")
    writer = await service.send(REPORT % code, Role.WRITER)
    await service.running(1)
    writer.close()
    # a query that came and went after it has been given up, so the watch has had its look at both
    later = await service.send("{ issues(first: 1) { nodes { id } } }")
    await service.running(2)
    later.close()
    await service.running(1)
    await lock.close()
    async with asyncio.timeout(SECONDS):
        while not await service.database.fetchval("SELECT count(*) FROM idempotency_key WHERE key = 'gone'"):
            pass


async def test_a_route_is_given_up_in_the_solver(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    solving, given_up = asyncio.Event(), asyncio.Event()

    async def endless(*_: Any, **__: Any) -> Any:
        solving.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    monkeypatch.setattr(visit, "plan_off_loop", endless)
    writer = await service.send(ROUTE)
    await asyncio.wait_for(solving.wait(), SECONDS)
    writer.close()
    await asyncio.wait_for(given_up.wait(), SECONDS)
    assert (await service.ask(PROJECTS))["data"]


async def test_a_cancellation_from_elsewhere_is_passed_on(own_service: Client, own_city_url: str, locked: Any) -> None:
    """As at the end of the service: the request's task ends cancelled, its statement with it."""
    await locked("project")
    database = await asyncpg.connect(own_city_url)
    try:
        request = asyncio.create_task(own_service.ask(PROJECTS))
        async with asyncio.timeout(SECONDS):
            while await database.fetchval(RUNNING) != 1:
                pass
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        async with asyncio.timeout(SECONDS):
            while await database.fetchval(RUNNING) != 0:
                pass
    finally:
        await database.close()


async def test_only_a_request_that_lasts_is_watched() -> None:
    watch, asked = Watch(patience=0.0), asyncio.Event()

    async def receive() -> Any:
        asked.set()
        return {"type": "http.disconnect"}

    waiting = watch.begin(receive)
    watch.end(waiting)
    await asyncio.sleep(0)
    assert not asked.is_set()
    waiting = watch.begin(receive)
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.Event().wait(), SECONDS)
    assert waiting.was_abandoned()
    watch.end(waiting)
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0
