"""A real PostgreSQL with PostGIS for every test that touches the database, and databases to spend.

One server for the run, without fsync; the city is migrated and seeded once, and copied as a template where a test
commits. Tests that only read, or write and look, share ``city_url`` through the rolled-back ``connection``.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from api.embedded import EmbeddedDatabase
from migrations.run import upgrade
from schema.sample.load import seed
from schema.sample.progress import silence

TODAY = date(2026, 6, 30)
"""The day on which the sample city of the tests is seeded."""

PROJECTS = 400
"""Projects of the sample city of the tests."""

NewDatabase = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def postgis_url() -> Iterator[str]:
    """Address of a running server's own, empty database, as a role that may do everything."""
    # Not pytest's tmp_path: only root can enter it, and root's server runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="luodi-test-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with EmbeddedDatabase(folder, fsync=False) as database:
            yield database.url
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def new_database(postgis_url: str) -> NewDatabase:
    """``await new_database(template=None)`` gives the address of a new database: empty, or a copy of ``template``.

    ``template`` is the name of a database that nobody is connected to. All of them go with the server.
    """
    numbers = itertools.count(1)

    async def create(template: str = "template0") -> str:
        name = f"test_{os.getpid()}_{next(numbers)}"
        await execute(postgis_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return database_url(postgis_url, name)

    return create


@pytest.fixture(scope="session")
async def migrated_template(new_database: NewDatabase) -> str:
    """Name of a migrated database without rows, to be copied."""
    url = await new_database()
    await asyncio.to_thread(upgrade, url)
    return database_name(url)


@pytest.fixture(scope="session")
async def city_template(new_database: NewDatabase, migrated_template: str) -> str:
    """Name of a migrated database with the sample city of ``TODAY``, to be copied."""
    url = await new_database(migrated_template)
    await asyncio.to_thread(seed, url, projects=PROJECTS, today=TODAY, progress=silence)
    return database_name(url)


@pytest.fixture(scope="session")
async def city_url(new_database: NewDatabase, city_template: str) -> str:
    """Address of the sample city that all tests share: leave it as it was."""
    return await new_database(city_template)


@pytest.fixture
async def own_city_url(new_database: NewDatabase, city_template: str) -> str:
    """Address of a sample city of this test's own, to commit in."""
    return await new_database(city_template)


@pytest.fixture
async def empty_url(new_database: NewDatabase, migrated_template: str) -> str:
    """Address of a migrated database of this test's own, without rows."""
    return await new_database(migrated_template)


@pytest.fixture
async def connection(city_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the shared city, in a transaction that is rolled back."""
    connection = await asyncpg.connect(city_url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


def database_url(url: str, name: str) -> str:
    """The address ``url`` with another database's ``name``."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def database_name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


async def execute(url: str, statement: str) -> None:
    """Run one statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
