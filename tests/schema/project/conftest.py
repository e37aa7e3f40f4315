"""A small town: two regions, three projects with issues, and a recount that must agree with the tally."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import NewDatabase

TOWN = """
    INSERT INTO region (id, code, name, kind) VALUES (1, 'R1', '甲', 'DISTRICT'), (2, 'R2', '乙', 'DISTRICT');
    INSERT INTO project (id, code, name, stage, total_investment, region_id, started_on) VALUES
        (1, '2501-210202-04-01-000001', '一', 'STARTED', 100.50, 1, '2026-01-01'),
        (2, '2501-210202-04-01-000002', '二', 'STARTED', 20, 1, '2026-01-01'),
        (3, '2501-210202-04-01-000003', '三', 'UNDER_CONSTRUCTION', 3, 2, '2026-01-01');
    INSERT INTO issue (id, project_id, title, status, level, severity, deadline, reported_by)
    SELECT id, 1 + id % 3, '问题', CASE WHEN id % 4 = 0 THEN 'RESOLVED' ELSE 'OPEN' END, 'REGION', 'MINOR',
           '2026-12-31', 'kim'
    FROM generate_series(1, 9) AS id;
"""

REPORT = (
    "INSERT INTO issue (project_id, title, status, level, severity, deadline, reported_by)"
    " VALUES ($1, '新', 'OPEN', 'REGION', 'MINOR', '2026-12-31', 'kim')"
)


AGAIN = """
    DROP FUNCTION IF EXISTS pause(), close() CASCADE;
    TRUNCATE project CASCADE;
    DELETE FROM region;
"""


@pytest.fixture(scope="module")
async def module_town_url(new_database: NewDatabase, migrated_template: str) -> str:
    return await new_database(migrated_template)


@pytest.fixture
async def town_url(module_town_url: str) -> str:
    """Address of the town as it was at first, whatever the tests before did to it."""
    connection = await asyncpg.connect(module_town_url)
    try:
        await connection.execute(AGAIN + TOWN)
    finally:
        await connection.close()
    return module_town_url


@pytest.fixture
async def town(town_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(town_url)
    yield connection
    await connection.close()
