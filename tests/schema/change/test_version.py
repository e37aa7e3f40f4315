"""The version of a table: raised by every committed write, by nothing else, and without writers waiting."""

import asyncio
import itertools
import random

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql

from migrations.run import upgrade
from schema.change.version import VERSIONED, version_of
from schema.tables import inspection, issue, project, region, region_closure
from tests.conftest import NewDatabase

TOUCH = "UPDATE project SET updated_at = updated_at WHERE id = (SELECT min(id) FROM project)"


def _sql(*tables: Table) -> str:
    compiled = version_of(tables).compile(dialect=postgresql.dialect())
    return f"SELECT {compiled}"


async def _version(connection: asyncpg.Connection, *tables: Table) -> int:
    return int(await connection.fetchval(_sql(*tables)))


async def test_every_versioned_table_and_no_other_has_the_trigger(own_city_url: str) -> None:
    connection = await asyncpg.connect(own_city_url)
    try:
        rows = await connection.fetch(
            "SELECT tgrelid::regclass::text AS name, tgtype FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE p.proname = 'luodi_raise_table_version'"
        )
        assert {row["name"] for row in rows} == VERSIONED
        insert, delete, update, truncate, for_each_row = 4, 8, 16, 32, 1
        for row in rows:
            assert row["tgtype"] == insert | delete | update | truncate, row["name"]
            assert not row["tgtype"] & for_each_row
    finally:
        await connection.close()


async def test_it_rises_at_commit_once_a_transaction_and_not_at_rollback(own_city_url: str) -> None:
    writer, reader = await asyncpg.connect(own_city_url), await asyncpg.connect(own_city_url)
    try:
        before = await _version(reader, project)
        others = await _version(reader, issue, inspection, region, region_closure)
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute(TOUCH)
        assert await _version(reader, project) == before, "nobody sees what is not committed"
        raised = await _version(writer, project)
        await writer.execute(TOUCH)
        assert await _version(writer, project) == raised, "once a transaction"
        await transaction.commit()
        assert await _version(reader, project) == raised > before
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute(TOUCH)
        await transaction.rollback()
        assert await _version(reader, project) == raised
        assert await _version(reader, issue, inspection, region, region_closure) == others
    finally:
        await writer.close()
        await reader.close()


async def test_a_savepoint_rolled_back_does_not_hide_the_next_write(own_city_url: str) -> None:
    connection = await asyncpg.connect(own_city_url)
    try:
        before = await _version(connection, project)
        async with connection.transaction():
            inner = connection.transaction()
            await inner.start()
            await connection.execute(TOUCH)
            await inner.rollback()
            assert await _version(connection, project) == before
            await connection.execute(TOUCH)
        assert await _version(connection, project) > before
    finally:
        await connection.close()


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read"])
async def test_open_writers_neither_wait_nor_fail(own_city_url: str, isolation: str) -> None:
    """Eight transactions hold the table's version at once; a ninth that waited for one would never come through."""
    connections = [await asyncpg.connect(own_city_url, server_settings={"lock_timeout": "5s"}) for _ in range(8)]
    try:
        before = await _version(connections[0], project)
        ids = [row["id"] for row in await connections[0].fetch("SELECT id FROM project ORDER BY id LIMIT 8")]
        open_ = [connection.transaction(isolation=isolation) for connection in connections]
        for transaction, connection, id_ in zip(open_, connections, ids, strict=True):
            await transaction.start()
            await connection.execute("UPDATE project SET updated_at = updated_at WHERE id = $1", id_)
        seen = [before]
        order = list(zip(open_, connections, strict=True))
        random.Random(3).shuffle(order)
        for transaction, connection in order:
            await transaction.commit()
            seen.append(await _version(connection, project))
        assert all(earlier < later for earlier, later in itertools.pairwise(seen)), "each commit shows"
    finally:
        await asyncio.gather(*(connection.close() for connection in connections))


async def test_slots_are_as_many_as_writers_at_once(own_city_url: str) -> None:
    connection = await asyncpg.connect(own_city_url)
    try:
        slots = "SELECT count(*) FROM table_version WHERE name = 'project'"
        await connection.execute(TOUCH)
        before = await connection.fetchval(slots)
        for _ in range(20):
            await connection.execute(TOUCH)
        assert await connection.fetchval(slots) == before
    finally:
        await connection.close()


def test_a_table_whose_changes_nobody_notices_is_refused() -> None:
    unnoticed = Table("unnoticed", MetaData(), Column("id", Integer))
    kept = Table("kept", MetaData(), Column("id", Integer), info={"versioned_by": ("project", "issue")})
    with pytest.raises(TypeError, match="unnoticed"):
        version_of([project, unnoticed])
    assert "'issue', 'project'" in _sql(kept)


async def test_two_new_databases_have_different_versions(new_database: NewDatabase) -> None:
    seen = set()
    for _ in range(2):
        url = await new_database()
        await asyncio.to_thread(upgrade, url)
        connection = await asyncpg.connect(url)
        try:
            for table in (project, issue, inspection, region, region_closure):
                seen.add(await _version(connection, table))
        finally:
            await connection.close()
    assert len(seen) == 10
    assert 0 not in seen


async def test_a_recount_is_noticed(own_city_url: str) -> None:
    connection = await asyncpg.connect(own_city_url)
    try:
        before = await _version(connection, project)
        await connection.execute("SELECT luodi_recount_projects()")
        assert await _version(connection, project) > before
    finally:
        await connection.close()


async def test_slots_left_by_other_isolations_are_taken_in(own_city_url: str) -> None:
    connection = await asyncpg.connect(own_city_url)
    slots = "SELECT count(*) FROM table_version WHERE name = 'project'"
    try:
        for _ in range(20):
            async with connection.transaction(isolation="repeatable_read"):
                await connection.execute(TOUCH)
        assert await connection.fetchval(slots) > 20
        seen = [await _version(connection, project)]
        for _ in range(2_000):  # each takes them in with a chance of one in fifty: never once in 1 of 10^17 runs
            await connection.execute(TOUCH)
            seen.append(await _version(connection, project))
            if await connection.fetchval(slots) == 1:
                break
        assert await connection.fetchval(slots) == 1
        assert all(earlier < later for earlier, later in itertools.pairwise(seen))
    finally:
        await connection.close()
