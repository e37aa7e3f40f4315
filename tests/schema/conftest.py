"""A city of a module's own: its service, and a connection that sees what the service committed."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.api.client import Client, serving
from tests.conftest import NewDatabase


@pytest.fixture(scope="module")
async def url(new_database: NewDatabase, city_template: str) -> str:
    return await new_database(city_template)


@pytest.fixture(scope="module")
async def city(url: str) -> AsyncIterator[Client]:
    async with serving(url) as client:
        yield client


@pytest.fixture(scope="module")
async def database(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()
