"""Connections to the database: none held while Python works, and those that died replaced unseen."""

import datetime
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

import schema.visit.plan as visit
from api.embedded import EmbeddedDatabase
from api.graphql import Answering
from api.pool import open_database
from geo.route import plan_off_loop
from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.engine import Engine, Query
from schema.limits import Limits
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
