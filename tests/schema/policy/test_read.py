"""A policy parameter has, on each day, the value that was in force on it."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import insert, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from schema.policy.read import parameter_on
from schema.policy.table import policy_parameter

VERSIONS = [(date(2024, 1, 1), "10"), (date(2025, 7, 1), "7.5"), (date(2026, 7, 1), "20")]


@pytest.fixture
async def written(city_url: str) -> AsyncIterator[AsyncConnection]:
    """A parameter with three dates of effect, beside one of another name; rolled back."""
    engine = create_async_engine(make_url(city_url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection, connection.begin() as transaction:
        rows = [("test.days", *version) for version in VERSIONS] + [("test.other", date(2025, 1, 1), "99")]
        await connection.execute(
            insert(policy_parameter),
            [
                {"name": name, "effective_from": since, "value": Decimal(value), "unit": "days", "source": "a test"}
                for name, since, value in rows
            ],
        )
        yield connection
        await transaction.rollback()
    await engine.dispose()


@pytest.mark.parametrize(
    ("day", "value"),
    [
        (date(2024, 1, 1), "10"),
        (date(2025, 6, 30), "10"),
        (date(2025, 7, 1), "7.5"),
        (date(2025, 7, 2), "7.5"),
        (date(2026, 6, 30), "7.5"),
        (date(2026, 7, 1), "20"),
        (date(2999, 1, 1), "20"),
    ],
)
async def test_the_value_in_force_on_the_day(written: AsyncConnection, day: date, value: str) -> None:
    assert await parameter_on(written, "test.days", day) == Decimal(value)


async def test_before_its_first_date_nothing_is_in_force(written: AsyncConnection) -> None:
    with pytest.raises(LookupError, match=r"test\.days is in force on 2023-12-31"):
        await parameter_on(written, "test.days", date(2023, 12, 31))


async def test_an_unknown_name_is_a_mistake_of_configuration(written: AsyncConnection) -> None:
    with pytest.raises(LookupError, match=r"test\.nothing"):
        await parameter_on(written, "test.nothing", date(2026, 1, 1))
