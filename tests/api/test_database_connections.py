"""Connections to the database: none held while Python works, and those that died replaced unseen."""

import asyncio
import datetime
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

import schema.visit.plan as visit
from api.embedded import EmbeddedDatabase
from api.graphql import Answering
from api.masking import problem_to_tell
from api.pool import open_database
from geo.route import plan_off_loop
from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.engine import Engine, Query
from schema.limits import Limits
from schema.problem import ProblemCode
from schema.root import model
from tests.api.client import Client, serving
from tests.conftest import execute

ROUTE = """query ($start: GeoJSON!) {
  siteVisitRoute(input: { sites: { filter: {} }, start: $start, date: "2026-07-01" }) { seconds }
}"""
REPORT = """mutation ($key: String!, $code: String!) {
  reportIssue(input: { idempotencyKey: $key, project: { code: $code }, title: "No power yet" }) { issue { id } }
}"""
NOW = datetime.datetime(2026, 6, 30, 4, tzinfo=datetime.UTC)
ENDED = b"57P01"
"""The SQLSTATE of a session that an operator, or a server that stops, has ended."""
HERE = {"type": "Point", "coordinates": [121.6, 38.9]}


async def test_none_is_held_while_a_route_is_solved(city_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await open_database(city_url, Limits())
    free: list[tuple[int, int]] = []

    async def watched(*problem: Any, **options: Any) -> Any:
        free.append((database.readers.idle, database.readers.open))
        return await plan_off_loop(*problem, **options)

    monkeypatch.setattr(visit, "plan_off_loop", watched)
    try:
        answering = Answering(Engine(model(), visible, Limits()), database)
        answer = await answering.answer(Query(ROUTE, {"start": HERE}, None), Viewer("kim", Role.READER), NOW)
    finally:
        await database.close()
    assert not answer.problems
    ((idle, all_),) = free
    assert idle == all_ > 0


async def test_those_the_database_ended_are_replaced(own_service: Client, own_city_url: str) -> None:
    """As after a restart or a failover: nobody's request fails of a connection that died while idle."""
    found = await own_service.data("{ projects(first: 1) { nodes { code } } }")
    code = found["projects"]["nodes"][0]["code"]
    await own_service.data(REPORT, {"key": "before", "code": code}, role=Role.WRITER)
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    await execute(own_city_url, f"{ended} AND pid <> pg_backend_pid()")
    await own_service.data(REPORT, {"key": "after", "code": code}, role=Role.WRITER)
    await own_service.data("{ projects(first: 1) { nodes { code } } }")


@asynccontextmanager
async def never_hanging_up(url: str) -> AsyncIterator[str]:
    """The address of a way to a database that passes on all but the hanging up of a server that ended a session."""
    folder = Path(tempfile.mkdtemp(prefix="luodi-test-", dir="/tmp"))
    meant = make_url(url)
    host, port = meant.query["host"], meant.query.get("port", 5432)

    async def join(near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        far, to_far = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")

        async def answer() -> None:
            if ENDED not in await _copied(far, to_near):
                to_near.close()

        answering = asyncio.create_task(answer())
        await _copied(near, to_far)
        to_far.close()
        await answering
        to_near.close()

    server = await asyncio.start_unix_server(join, folder / ".s.PGSQL.5432")
    try:
        async with server:
            yield str(meant.update_query_dict({"host": str(folder), "port": "5432"}))
    finally:
        shutil.rmtree(folder)


async def _copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> bytes:
    """All that comes, passed on; the last of it."""
    last = b""
    while piece := await source.read(65_536):
        sink.write(last := piece)
    return last


async def test_one_that_the_server_is_just_ending_is_unavailable_and_let_go(own_city_url: str) -> None:
    """From the server's last word to its hanging up the driver calls the connection open, and cannot use it."""
    async with never_hanging_up(own_city_url) as url:
        database = await open_database(url, Limits())
        try:
            async with database.read() as connection:
                ended = f"SELECT pg_terminate_backend({connection.get_server_pid()}, 10000)"
            await execute(url, ended)  # its answer comes by the same way, after the other's last word
            with pytest.raises(asyncpg.InternalClientError) as told:
                await database.fetchrow("SELECT 1")
            problem = problem_to_tell(told.value)
            assert problem.code is ProblemCode.UNAVAILABLE
            assert (await database.fetchrow("SELECT 1"))[0] == 1
            assert database.readers.open == database.readers.idle == 1
        finally:
            await database.close()


async def test_without_a_database_the_service_is_unavailable() -> None:
    folder = Path(tempfile.mkdtemp(prefix="luodi-test-", dir="/tmp"))
    folder.chmod(0o711)
    database = EmbeddedDatabase(folder, fsync=False)
    try:
        with database:
            async with serving(database.url) as client:
                database.stop()
                for document, role in (("{ projects { totalCount } }", Role.READER), (REPORT, Role.WRITER)):
                    answer = await client.ask(document, {"key": "k", "code": "c"}, role=role)
                    (error,) = answer.json()["errors"]
                    assert (answer.status_code, error["extensions"]["code"]) == (503, "UNAVAILABLE")
    finally:
        shutil.rmtree(folder)
