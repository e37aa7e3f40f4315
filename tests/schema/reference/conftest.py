"""A small odd city, the compiled answer and the reference's answer to the same request."""

import asyncio
import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
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
from schema.sample.load import seed
from schema.sample.progress import silence
from tests.conftest import TODAY, NewDatabase
from tests.schema.reference.city import City, read_city
from tests.schema.reference.executor import Asking, Reference
from tests.schema.reference.postgis import Loop, PostGIS

PROJECTS = 60
ODDITIES = Path(__file__).with_name("oddities.sql")
NOW = datetime.datetime(2026, 6, 30, 4, tzinfo=datetime.UTC)


@pytest.fixture(scope="session")
async def odd_city_url(new_database: NewDatabase, migrated_template: str) -> str:
    """Address of a city of 60 projects with what a drawn city lacks; leave it as it was."""
    url = await new_database(migrated_template)
    await asyncio.to_thread(seed, url, projects=PROJECTS, today=TODAY, progress=silence)
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(ODDITIES.read_text())
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return url


@dataclass(frozen=True)
class Both:
    """The two executors over one city."""

    city: City
    postgis: PostGIS
    reference: Reference
    compiled: Callable[[str, dict[str, Any], Asking], dict[str, Any]]

    def agree(self, document: str, variables: dict[str, Any] | None = None, *, role: str = "READER") -> dict[str, Any]:
        """The data both give; fails where they differ or either has errors."""
        asking = Asking("kim", role)
        ours = self.compiled(document, variables or {}, asking)
        theirs = self.reference.answer(document, variables or {}, asking)
        assert theirs.errors is None, theirs.errors
        assert "errors" not in ours, ours["errors"]
        assert ours["data"] == theirs.data
        assert _text(ours["data"]) == _text(theirs.data), "the keys' order differs"
        return dict(ours["data"])


@pytest.fixture(scope="session")
def both(odd_city_url: str) -> Iterator[Both]:
    """Both executors; the database is asked from a loop of its own, so that hypothesis may call plain functions."""
    loop = Loop()
    limits = Limits()
    database = loop.run(open_database(odd_city_url, limits))
    connection = loop.run(_connect(odd_city_url))
    answering = Answering(Engine(model(), visible, limits), database)

    def compiled(document: str, variables: dict[str, Any], asking: Asking) -> dict[str, Any]:
        viewer = Viewer(asking.subject, Role(asking.role))
        answer = loop.run(answering.answer(Query(document, variables, None), viewer, NOW))
        found: dict[str, Any] = json.loads(answer.body())
        return found

    city = loop.run(read_city(connection))
    postgis = PostGIS(loop, connection)
    yield Both(city, postgis, Reference(city, postgis), compiled)
    loop.run(connection.close())
    loop.run(database.close())
    loop.close()


def _text(data: Any) -> str:
    """JSON with its members as they stand, one way to write a number."""
    return json.dumps(json.loads(json.dumps(data), parse_int=float))


async def _connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url, server_settings={"timezone": "UTC"})
