"""What operations compile to: beside each ``operations/*.graphql`` its expected SQL and data.

A review of a change in the compiler reads the changed ``.sql``. ``LUODI_REGENERATE=1 make test ARGS="-k statements"``
writes both anew from what the compiler makes now; read the difference before committing it.
"""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.engine import Engine, Query
from schema.limits import Limits
from schema.root import model
from tests.conftest import NewDatabase

HERE = Path(__file__).parent
OPERATIONS = sorted(path.stem for path in (HERE / "operations").glob("*.graphql"))
REGENERATE = "LUODI_REGENERATE" in os.environ
READER = Viewer("kim", Role.READER)


class Counting:
    """A connection that remembers the statements it was sent."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.sent: list[str] = []

    async def fetchrow(self, query: str, *args: Any) -> Any:
        self.sent.append(query)
        return await self._connection.fetchrow(query, *args)

    async def fetch(self, query: str, *args: Any) -> Any:
        self.sent.append(query)
        return await self._connection.fetch(query, *args)


async def answer(connection: Counting, document: str) -> Any:
    """The data of a query without variables."""
    engine = Engine(model(), visible, Limits())
    node, operation = engine.operation(Query(document, {}, None))
    variables = engine.variables(node, operation, {})
    (compiled,) = engine.compile(node, operation, variables, READER)
    engine.check_cost(compiled.plan, variables.coerced)
    (data,) = await engine.read(compiled, variables, READER, connection, [])
    return json.loads(data)["data"]


@pytest.fixture(scope="session")
async def town(new_database: NewDatabase, migrated_template: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(await new_database(migrated_template), server_settings={"timezone": "UTC"})
    await connection.execute((HERE / "town.sql").read_text())
    yield connection
    await connection.close()


@pytest.mark.parametrize("name", OPERATIONS)
async def test_the_statement_and_its_answer(town: asyncpg.Connection, name: str) -> None:
    counting = Counting(town)
    data = await answer(counting, (HERE / "operations" / f"{name}.graphql").read_text())
    assert len(counting.sent) == 1, "one operation, one statement"
    expected_sql, expected_data = (HERE / "operations" / f"{name}.{ending}" for ending in ("sql", "json"))
    sql = "\n".join(line.rstrip() for line in counting.sent[0].splitlines()) + "\n"
    if REGENERATE:
        expected_sql.write_text(sql)
        expected_data.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n")
    assert sql == expected_sql.read_text()
    assert data == json.loads(expected_data.read_text())


def test_no_expectation_is_an_orphan() -> None:
    assert len(OPERATIONS) >= 12
    endings = {"graphql", "sql", "json"}
    assert {path.name for path in (HERE / "operations").iterdir()} == {
        f"{name}.{ending}" for name in OPERATIONS for ending in endings
    }
