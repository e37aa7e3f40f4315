"""The migrated database is the declared one: tables, types, defaults, constraints, indexes and comments, both ways."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, ForeignKeyConstraint
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from migrations.run import upgrade
from schema.change.table import TransactionId
from schema.tables import metadata

NewDatabase = Callable[..., Awaitable[str]]

# One row for each fact of the schema that a migration could have got wrong.
SHAPE = """
    WITH ours AS (
        SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind = 'r'
          AND c.relname NOT IN ('spatial_ref_sys', 'alembic_version')
    )
    SELECT 'column ' || relname || '.' || attname AS what,
           concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
                     pg_get_expr(adbin, adrelid)) AS definition
    FROM ours JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    SELECT 'constraint ' || relname || '.' || conname, pg_get_constraintdef(pg_constraint.oid)
    FROM ours JOIN pg_constraint ON conrelid = ours.oid
    UNION ALL
    SELECT 'index ' || relname || '.' || indexrelid::regclass, pg_get_indexdef(indexrelid)
    FROM ours JOIN pg_index ON indrelid = oid
    UNION ALL
    SELECT 'options ' || ours.relname, array_to_string(reloptions, ' ')
    FROM ours JOIN pg_class USING (oid) WHERE reloptions IS NOT NULL
    UNION ALL
    SELECT 'comment ' || relname || ' ' || objsubid, description
    FROM ours JOIN pg_description ON objoid = oid AND classoid = 'pg_class'::regclass
"""

FOREIGN_KEYS_WITHOUT_INDEX = """
    SELECT conrelid::regclass || '.' || conname AS foreign_key FROM pg_constraint
    WHERE contype = 'f' AND NOT EXISTS (
        SELECT FROM pg_index
        WHERE indrelid = conrelid AND indpred IS NULL
          AND (indkey::smallint[])[0 : cardinality(conkey) - 1] @> conkey
    )
"""

GEOMETRIES_WITHOUT_GIST = """
    SELECT attrelid::regclass || '.' || attname AS geometry FROM pg_attribute
    WHERE atttypid = 'geometry'::regtype AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r')
      AND NOT EXISTS (
        SELECT FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
        WHERE indrelid = attrelid AND amname = 'gist' AND indkey[0] = attnum
    )
"""


def engine_of(url: str) -> AsyncEngine:
    return create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool)


async def shape_of(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        return {row["what"]: row["definition"] for row in await connection.fetch(SHAPE)}
    finally:
        await connection.close()


async def names(url: str, question: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(question)]
    finally:
        await connection.close()


@pytest.fixture
async def declared_url(new_database: NewDatabase) -> str:
    """A database made from the declared tables alone; the function their defaults call comes from revision 0001."""
    url = await new_database()
    await asyncio.to_thread(upgrade, url, "0001")
    engine = engine_of(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
    finally:
        await engine.dispose()
    return url


async def test_migrated_and_declared_databases_have_one_shape(empty_url: str, declared_url: str) -> None:
    migrated, declared = await shape_of(empty_url), await shape_of(declared_url)
    assert len(declared) > 150
    assert migrated == declared


async def test_alembic_finds_nothing_left_to_migrate(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ischema_names, "xid8", TransactionId)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": alembic_helpers.include_object,
            },
        )
        return list(compare_metadata(context, metadata))

    engine = engine_of(empty_url)
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE project DROP CONSTRAINT ck_project_started",
        "DROP INDEX ix_issue_project_id",
        "ALTER TABLE parcel ALTER version SET DEFAULT 2",
        "ALTER TABLE change ALTER actor DROP NOT NULL",
        "COMMENT ON TABLE change IS 'another'",
        "ALTER TABLE project_tally SET (fillfactor = 90)",
    ],
)
async def test_the_comparison_sees_a_difference(empty_url: str, change: str) -> None:
    before = await shape_of(empty_url)
    connection = await asyncpg.connect(empty_url)
    try:
        await connection.execute(change)
    finally:
        await connection.close()
    assert await shape_of(empty_url) != before


async def test_every_foreign_key_has_an_index(empty_url: str) -> None:
    keys = [c for table in metadata.tables.values() for c in table.constraints if isinstance(c, ForeignKeyConstraint)]
    assert len(keys) >= 8
    assert await names(empty_url, FOREIGN_KEYS_WITHOUT_INDEX) == []


async def test_every_geometry_has_a_gist_index(empty_url: str) -> None:
    assert await names(empty_url, GEOMETRIES_WITHOUT_GIST) == []


async def test_the_index_checks_see_a_missing_index(empty_url: str) -> None:
    connection = await asyncpg.connect(empty_url)
    try:
        await connection.execute("DROP INDEX ix_project_region_id, ix_region_geometry")
    finally:
        await connection.close()
    assert await names(empty_url, FOREIGN_KEYS_WITHOUT_INDEX) == ["project.fk_project_region_id_region"]
    assert await names(empty_url, GEOMETRIES_WITHOUT_GIST) == ["region.geometry"]
