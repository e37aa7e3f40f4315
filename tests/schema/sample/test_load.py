"""Loading the sample: the same again, beside real rows, and refusals."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import date

import asyncpg
import pytest
from rich.console import Console

from schema.sample.load import SampleRefused, counts, seed
from schema.sample.progress import on_console, silence

NewDatabase = Callable[..., Awaitable[str]]
DAY = date(2025, 3, 4)

FINGERPRINT = """
    SELECT md5(string_agg(md5(t::text), '' ORDER BY t.id)) FROM (
        SELECT id, code, name, total_investment::text, location::text, region_id, created_at::text FROM project
        UNION ALL SELECT id, title, status, deadline::text, affected_area::text, project_id, updated_at::text FROM issue
        UNION ALL SELECT id, kind, result, planned_on::text, location::text, project_id, started_at::text
            FROM inspection
        UNION ALL SELECT id, code, land_use, area_hectares::text, geometry::text, region_id, status FROM parcel
    ) AS t
"""


async def load(url: str, **options: object) -> None:
    await asyncio.to_thread(lambda: seed(url, **{"projects": 60, "today": DAY, "progress": silence, **options}))  # type: ignore[arg-type]


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_the_same_seed_gives_the_same_rows_and_another_gives_others(
    new_database: NewDatabase, migrated_template: str
) -> None:
    prints = []
    for options in ({}, {}, {"seed": 7}):
        url = await new_database(migrated_template)
        await load(url, **options)
        prints.append(await ask(url, FINGERPRINT))
    assert prints[0] == prints[1] != prints[2]


async def test_a_database_with_rows_is_refused_and_left_alone(empty_url: str) -> None:
    await load(empty_url)
    before = await ask(empty_url, FINGERPRINT)
    with pytest.raises(SampleRefused, match="replace"):
        await load(empty_url)
    assert await ask(empty_url, FINGERPRINT) == before


async def test_replacing_keeps_what_is_real(empty_url: str) -> None:
    await load(empty_url)
    region = await ask(empty_url, "SELECT id FROM region WHERE code = '210202'")
    await ask(
        empty_url,
        "INSERT INTO project (code, name, stage, total_investment, region_id) SELECT '2501-210202-04-01-999999',"
        " '真项目', 'PLANNED_RESERVE', 1, id FROM region WHERE code = '210202' RETURNING id",
    )
    await load(empty_url, replace=True, projects=80)
    assert await ask(empty_url, "SELECT count(*) FROM project") == 81
    assert await ask(empty_url, "SELECT count(*) FROM project WHERE origin = 'REGISTERED'") == 1
    assert await ask(empty_url, "SELECT id FROM region WHERE code = '210202'") == region


async def test_real_issues_on_sample_projects_stand_in_the_way(empty_url: str) -> None:
    await load(empty_url)
    await ask(
        empty_url,
        "INSERT INTO issue (project_id, title, status, level, severity, deadline, reported_by)"
        " SELECT id, '真问题', 'OPEN', 'REGION', 'MINOR', '2025-04-01', 'me' FROM project LIMIT 1 RETURNING id",
    )
    with pytest.raises(SampleRefused, match="1 real issues"):
        await load(empty_url, replace=True)


async def test_an_empty_unmigrated_database_is_refused(new_database: NewDatabase) -> None:
    with pytest.raises(SampleRefused, match="luodi migrate"):
        await load(await new_database())


@pytest.mark.parametrize("projects", [0, -1, 2_000_001])
async def test_sizes_out_of_range_are_refused_and_leave_nothing(empty_url: str, projects: int) -> None:
    with pytest.raises(ValueError, match="projects"):
        await load(empty_url, projects=projects)
    assert await ask(empty_url, "SELECT count(*) FROM region") == 0


async def test_one_project_is_a_city_too(empty_url: str) -> None:
    await load(empty_url, projects=1)
    assert await ask(empty_url, "SELECT count(*) FROM project") == 1


def test_ratios_meet_both_sizes_and_grow_between_them() -> None:
    assert counts(3_200) == {"issue": 6_000, "inspection": 4_500, "parcel": 2_500}
    assert counts(100_000) == {"issue": 200_000, "inspection": 150_000, "parcel": 50_000}
    assert 1.875 < counts(20_000)["issue"] / 20_000 < 2.0
    assert counts(900_000)["parcel"] == 60_000


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere() -> None:
    for terminal, shown in ((True, "━"), (False, "project: 10")):
        written = io.StringIO()
        with on_console(Console(file=written, force_terminal=terminal, width=100)) as tell:
            for done in (0, 5, 10):
                tell("project", done, 10)
        assert shown in written.getvalue()
