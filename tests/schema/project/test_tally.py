"""The tally equals a recount after every statement: of any kind, in any order, under savepoints, or it is refused."""

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.project.tally import Sums, TallyDifference, tally_differences
from tests.schema.project.conftest import REPORT

IDS = st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)
STAGE = st.sampled_from(["STARTED", "UNDER_CONSTRUCTION"])
STATUS = st.sampled_from(["OPEN", "OPEN", "RESOLVED"])
REGION = st.integers(1, 2)
SAVEPOINTS = {"SAVEPOINT s", "ROLLBACK TO s", "RELEASE s"}

INSERT_PROJECTS = """
    INSERT INTO project (id, code, name, stage, total_investment, region_id, started_on)
    SELECT id, '2501-210202-04-01-' || lpad(id::text, 6, '0'), '新', $2, 7.25 * id, $3, '2026-01-01'
    FROM unnest($1::bigint[]) AS id ON CONFLICT (id) DO UPDATE
    SET stage = excluded.stage, total_investment = excluded.total_investment
"""
INSERT_ISSUES = """
    INSERT INTO issue (id, project_id, title, status, level, severity, deadline, reported_by)
    SELECT issue.id, project.id, '问题', $2, 'REGION', 'MINOR', '2026-12-31', 'kim'
    FROM unnest($1::bigint[]) AS issue(id), (SELECT id FROM project ORDER BY id DESC LIMIT 2) AS project LIMIT 1
    ON CONFLICT (id) DO UPDATE SET status = excluded.status
"""
MERGE = """
    MERGE INTO issue USING unnest($1::bigint[]) AS wanted(id) ON issue.id = wanted.id
    WHEN MATCHED AND issue.status = 'OPEN' THEN DELETE
    WHEN MATCHED THEN UPDATE SET status = 'OPEN'
"""

statement = st.one_of(
    st.tuples(st.just(INSERT_PROJECTS), IDS, STAGE, REGION),
    st.tuples(st.just(INSERT_ISSUES), IDS.map(lambda ids: ids[:1]), STATUS),
    st.tuples(st.just(MERGE), IDS),
    st.tuples(st.just("UPDATE project SET stage = $2, region_id = $3 WHERE id = ANY($1)"), IDS, STAGE, REGION),
    st.tuples(st.just("UPDATE project SET region_id = 3 - region_id WHERE id = ANY($1)"), IDS),
    st.tuples(st.just("UPDATE project SET total_investment = total_investment + 0.01 WHERE id = ANY($1)"), IDS),
    st.tuples(st.just("UPDATE project SET name = name || '.' WHERE id = ANY($1)"), IDS),
    st.tuples(st.just("UPDATE issue SET status = $2 WHERE id = ANY($1)"), IDS, STATUS),
    st.tuples(st.just("UPDATE issue SET project_id = (SELECT min(id) FROM project) WHERE id = ANY($1)"), IDS),
    st.tuples(st.just("UPDATE issue SET id = id + (SELECT max(id) FROM issue) WHERE id = ANY($1)"), IDS),
    st.tuples(st.just("DELETE FROM issue WHERE id = ANY($1)"), IDS),
    st.tuples(st.just("DELETE FROM issue WHERE project_id = ANY($1)"), IDS),
    st.tuples(st.just("DELETE FROM project WHERE id = ANY($1) AND id NOT IN (SELECT project_id FROM issue)"), IDS),
    st.sampled_from([("TRUNCATE issue",), ("TRUNCATE project CASCADE",)]),
    st.sampled_from(sorted(SAVEPOINTS)).map(lambda one: (one,)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements=st.lists(statement, max_size=12))
async def test_the_tally_is_the_recount_after_every_statement(
    town: asyncpg.Connection, statements: list[tuple[str, ...]]
) -> None:
    transaction = town.transaction()
    await transaction.start()
    try:
        assert await tally_differences(town) == []
        saved = 0
        for sql, *values in statements:
            if sql in SAVEPOINTS:
                if sql != "SAVEPOINT s" and not saved:
                    continue
                saved += {"SAVEPOINT s": 1, "RELEASE s": -1}.get(sql, 0)
            await town.execute(sql, *values)
            assert await tally_differences(town) == [], (sql, values)
    finally:
        await transaction.rollback()


async def test_the_recount_sees_each_sum_that_is_wrong(town: asyncpg.Connection) -> None:
    for column in ("projects", "total_investment", "open_issues"):
        transaction = town.transaction()
        await transaction.start()
        try:
            await town.execute(f"UPDATE project_tally SET {column} = {column} + 1 WHERE region_id = 2")  # noqa: S608
            (found,) = await tally_differences(town)
            assert (found.region_id, found.stage) == (2, "UNDER_CONSTRUCTION")
            assert getattr(found.tallied, column) == getattr(found.counted, column) + 1
            await town.execute("DELETE FROM project_tally WHERE region_id = 2")
            (found,) = await tally_differences(town)
            assert found == TallyDifference(2, "UNDER_CONSTRUCTION", Sums(0, 0, 0), found.counted)  # type: ignore[arg-type]
            await town.execute("SELECT luodi_recount_projects()")
            assert await tally_differences(town) == []
        finally:
            await transaction.rollback()


@pytest.mark.parametrize(
    "sql",
    [
        "WITH moved AS (UPDATE project SET stage = 'UNDER_CONSTRUCTION' WHERE id = 1 RETURNING id) {}",
        "WITH moved AS (UPDATE project SET region_id = 2 WHERE id = 1 RETURNING id) {}",
    ],
)
@pytest.mark.parametrize(
    "issues",
    [
        "UPDATE issue SET status = 'RESOLVED' WHERE project_id = 1",
        "DELETE FROM issue WHERE project_id IN (SELECT id FROM moved)",
        "INSERT INTO issue (project_id, title, status, level, severity, deadline, reported_by)"
        " SELECT id, 't', 'OPEN', 'REGION', 'MINOR', '2026-12-31', 'kim' FROM moved",
    ],
)
async def test_a_move_among_writes_of_issues_is_refused(town: asyncpg.Connection, sql: str, issues: str) -> None:
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="writes issues") as refused:
        await town.execute(sql.format(issues))
    assert "two statements" in refused.value.hint
    # and the other way about, and after one refusal under a savepoint two statements are taken
    head, _, tail = sql.partition("(")
    assert head == "WITH moved AS "
    turned = f"WITH written AS ({issues} RETURNING 1) {tail.partition(' RETURNING')[0]}"
    if "moved" not in issues:
        async with town.transaction():
            with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
                async with town.transaction():
                    await town.execute(turned)
            await town.execute(issues)
            await town.execute("UPDATE project SET region_id = 2, stage = 'STARTED' WHERE id = 1")
    assert await tally_differences(town) == []


async def test_a_trigger_that_closes_issues_on_a_move_is_refused(town: asyncpg.Connection) -> None:
    await town.execute(
        "CREATE FUNCTION close() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE issue SET status = 'RESOLVED' WHERE project_id = NEW.id; RETURN NULL; END $$;"
        "CREATE TRIGGER close AFTER UPDATE ON project FOR EACH ROW EXECUTE FUNCTION close()"
    )
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="writes issues"):
        await town.execute("UPDATE project SET region_id = 2 WHERE id = 1")
    await town.execute("UPDATE project SET region_id = region_id, name = '名' WHERE id = 1")
    assert await tally_differences(town) == []


@pytest.mark.parametrize(
    "sql",
    [
        "WITH born AS (INSERT INTO project (id, code, name, stage, total_investment, region_id)"
        " VALUES (9, '2501-210202-04-01-000009', '九', 'PLANNED_RESERVE', 9, 2) RETURNING id)"
        " INSERT INTO issue (project_id, title, status, level, severity, deadline, reported_by)"
        " SELECT id, 't', 'OPEN', 'REGION', 'MINOR', '2026-12-31', 'kim' FROM born",
        "WITH touched AS (UPDATE project SET updated_at = now(), total_investment = 5 WHERE id = 1)"
        " UPDATE issue SET status = 'RESOLVED' WHERE project_id = 1",
        "WITH closed AS (UPDATE issue SET status = 'RESOLVED' WHERE project_id = 1)"
        " UPDATE project SET stage = stage, region_id = region_id WHERE id = 1",
    ],
)
async def test_other_statements_on_both_tables_are_counted(town: asyncpg.Connection, sql: str) -> None:
    await town.execute(sql)
    assert await tally_differences(town) == []


async def test_deleting_both_at_once_is_refused_rather_than_miscounted(town: asyncpg.Connection) -> None:
    sql = "WITH gone AS (DELETE FROM issue WHERE project_id = 1) DELETE FROM project WHERE id = 1"
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="deletes projects and their issues"):
        await town.execute(sql)
    assert await tally_differences(town) == []


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_an_old_snapshot_may_write_all_but_moves(town: asyncpg.Connection, isolation: str) -> None:
    for _ in range(3):
        async with town.transaction(isolation=isolation):
            await town.execute(REPORT, 1)
            await town.execute(REPORT, 2)
            await town.execute("UPDATE project SET total_investment = total_investment + 1")
            await town.execute("DELETE FROM issue WHERE id = (SELECT min(id) FROM issue)")
    assert await tally_differences(town) == []
    for change in ("UPDATE project SET region_id = 2 WHERE id = 1", "TRUNCATE issue"):
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="READ COMMITTED"):
            async with town.transaction(isolation=isolation):
                await town.execute(change)
    # slots that such transactions made are taken in by later ones
    assert await town.fetchval("SELECT count(*) FROM project_tally WHERE region_id = 1") > 1
    await town.execute(
        "DO $$ BEGIN FOR n IN 1 .. 1000 LOOP"
        " UPDATE project SET total_investment = total_investment + 1 WHERE id = 1; COMMIT;"
        " END LOOP; END $$"
    )
    assert await town.fetchval("SELECT count(*) FROM project_tally WHERE region_id = 1") == 1
    assert await tally_differences(town) == []


async def test_many_writes_of_one_transaction_leave_one_slot(town: asyncpg.Connection) -> None:
    await town.execute(
        "DO $$ BEGIN FOR n IN 1 .. 500 LOOP"
        " UPDATE issue SET status = CASE status WHEN 'OPEN' THEN 'RESOLVED' ELSE 'OPEN' END WHERE id = 1;"
        " END LOOP; END $$"
    )
    assert await tally_differences(town) == []
    assert await town.fetchval("SELECT count(*) FROM project_tally") == 2
