"""Statements stay prepared as long as their texts fit, and what is let go is let go in PostgreSQL too."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from api import prepared
from api.prepared import PreparedStatements


@pytest.fixture
async def reader(city_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(city_url, statement_cache_size=0)
    yield connection
    await connection.close()


def statement(number: int, length: int) -> str:
    text = f"SELECT $1::int + {number} AS n -- "
    return text + "x" * (length - len(text))


async def listed(connection: asyncpg.Connection) -> tuple[int, int]:
    """Statements of ours that PostgreSQL holds prepared, and the characters of their texts."""
    rows = await connection.fetch(
        "SELECT length(statement) AS length FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int +%'"
    )
    return len(rows), sum(row["length"] for row in rows)


async def test_a_statement_is_prepared_once(reader: asyncpg.Connection) -> None:
    statements = PreparedStatements(reader)
    for number in range(3):
        assert (await statements.fetchrow(statement(1, 100), number))["n"] == number + 1
        assert [row["n"] for row in await statements.fetch(statement(1, 100), number)] == [number + 1]
    assert await listed(reader) == (1, 100)
    assert (statements.kept.hits, statements.kept.misses) == (5, 1)


async def test_postgresql_holds_no_more_than_fits(reader: asyncpg.Connection) -> None:
    statements = PreparedStatements(reader)
    for number in range(40):
        assert (await statements.fetchrow(statement(number, 20_000), 1))["n"] == number + 1
    count, characters = await listed(reader)
    # the one let go last is closed with the next that is prepared
    fitting = prepared.CHARACTERS // 20_300
    assert fitting <= count <= fitting + 1
    assert characters <= prepared.CHARACTERS + 20_000
    assert (await statements.fetchrow(statement(39, 20_000), 1))["n"] == 40
    assert statements.kept.misses == 40


async def test_what_is_too_long_is_answered_and_not_kept(reader: asyncpg.Connection) -> None:
    statements = PreparedStatements(reader)
    for number in range(5):
        assert (await statements.fetchrow(statement(number, prepared.LONGEST + 1), 1))["n"] == number + 1
    assert len(statements.kept) == 0
    count, _ = await listed(reader)
    assert count <= 1


async def test_a_statement_whose_types_a_migration_changed_is_prepared_anew(own_city_url: str) -> None:
    connection = await asyncpg.connect(own_city_url)
    try:
        statements = PreparedStatements(connection)
        await connection.execute("CREATE TABLE changed AS SELECT '7'::text AS n")
        query = "SELECT n FROM changed LIMIT $1"
        assert (await statements.fetchrow(query, 1))["n"] == "7"
        await connection.execute("ALTER TABLE changed ALTER COLUMN n TYPE int USING n::int")
        assert (await statements.fetchrow(query, 1))["n"] == 7
        await connection.execute("ALTER TABLE changed ALTER COLUMN n TYPE text")
        assert [row["n"] for row in await statements.fetch(query, 1)] == ["7"]
    finally:
        await connection.close()


async def test_an_error_of_the_statement_is_the_drivers(reader: asyncpg.Connection) -> None:
    statements = PreparedStatements(reader)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await statements.fetchrow("SELECT 1 / $1::int AS n", 0)
    assert (await statements.fetchrow("SELECT 1 / $1::int AS n", 1))["n"] == 1
    with pytest.raises(asyncpg.UndefinedColumnError):
        await statements.fetchrow("SELECT nothing FROM project")
