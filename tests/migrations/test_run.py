"""Up, down and up again on a real PostGIS; twice at once; and the refusals that say how to mend things."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from migrations.run import MigrationError, downgrade, pending, upgrade

ROOT = Path(__file__).parents[2]

NewDatabase = Callable[..., Awaitable[str]]

ALL = [path.name[1:5] for path in sorted((ROOT / "migrations" / "versions").glob("v*.py"))]

OURS = """
    SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = 'public' AND relkind IN ('r', 'v', 'S', 'i')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
      AND relname !~ '^(spatial_ref_sys|alembic_version)'
    UNION ALL
    SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
    WHERE nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    ORDER BY name
"""


async def objects(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row["name"] for row in await connection.fetch(OURS)]
    finally:
        await connection.close()


async def test_up_down_up_leaves_nothing_and_brings_all_back(new_database: NewDatabase) -> None:
    url = await new_database()
    assert await asyncio.to_thread(pending, url) == ALL
    await asyncio.to_thread(upgrade, url)
    assert await asyncio.to_thread(pending, url) == []
    first = await objects(url)
    assert {"project", "luodi_new_id", "luodi_gcj02", "ix_project_location"} <= set(first)
    await asyncio.to_thread(downgrade, url, "base")
    assert await objects(url) == []
    assert await asyncio.to_thread(pending, url) == ALL
    await asyncio.to_thread(upgrade, url)
    assert await objects(url) == first


async def test_every_step_goes_down_and_up_by_itself(new_database: NewDatabase) -> None:
    url = await new_database()
    await asyncio.to_thread(upgrade, url)
    for below, revision in zip(["base", *ALL[:-1]][::-1], ALL[::-1], strict=True):
        whole = await objects(url)
        await asyncio.to_thread(downgrade, url, below)
        assert revision in await asyncio.to_thread(pending, url)
        await asyncio.to_thread(upgrade, url, revision)
        assert await objects(url) == whole
        await asyncio.to_thread(downgrade, url, below)


async def test_going_down_takes_a_database_with_rows(own_city_url: str) -> None:
    await asyncio.to_thread(downgrade, own_city_url, "base")
    assert await objects(own_city_url) == []


async def test_two_services_migrating_at_once_both_succeed(new_database: NewDatabase) -> None:
    url = await new_database()
    program = "import sys; from migrations.run import upgrade; upgrade(sys.argv[1])"
    services = [await asyncio.create_subprocess_exec(sys.executable, "-c", program, url, cwd=ROOT) for _ in range(2)]
    assert [await service.wait() for service in services] == [0, 0]
    assert await asyncio.to_thread(pending, url) == []


async def test_two_threads_migrating_at_once_both_succeed(new_database: NewDatabase) -> None:
    url = await new_database()
    await asyncio.gather(asyncio.to_thread(upgrade, url), asyncio.to_thread(upgrade, url))
    assert await asyncio.to_thread(pending, url) == []


async def test_a_failed_migration_leaves_nothing(new_database: NewDatabase) -> None:
    url = await new_database()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE FUNCTION luodi_refuse_rewriting() RETURNS integer LANGUAGE sql RETURN 1")
    finally:
        await connection.close()
    with pytest.raises(Exception, match="luodi_refuse_rewriting"):
        await asyncio.to_thread(upgrade, url)
    assert await objects(url) == ["luodi_refuse_rewriting"]


async def test_a_role_without_rights_is_told_what_a_superuser_must_run(new_database: NewDatabase) -> None:
    url = await new_database()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DO $$ BEGIN CREATE ROLE newcomer LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    finally:
        await connection.close()
    parts = urlsplit(url)
    as_newcomer = urlunsplit(parts._replace(netloc="newcomer@"))
    with pytest.raises(MigrationError, match="CREATE EXTENSION postgis"):
        await asyncio.to_thread(upgrade, as_newcomer)


async def test_a_database_of_a_newer_version_is_refused(empty_url: str) -> None:
    connection = await asyncpg.connect(empty_url)
    try:
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    finally:
        await connection.close()
    with pytest.raises(MigrationError, match="another version of luodi"):
        await asyncio.to_thread(pending, empty_url)
