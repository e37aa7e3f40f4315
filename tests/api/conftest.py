"""A service over the shared sample city, and one over a city of the test's own."""

from collections.abc import AsyncIterator

import pytest

from tests.api.client import Client, serving


@pytest.fixture(scope="session")
async def service(city_url: str) -> AsyncIterator[Client]:
    """A service over the city all tests share: read, never write."""
    async with serving(city_url) as client:
        yield client


@pytest.fixture
async def own_service(own_city_url: str) -> AsyncIterator[Client]:
    """A service over a city of this test's own, to commit in."""
    async with serving(own_city_url) as client:
        yield client
