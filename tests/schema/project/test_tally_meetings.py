"""Transactions that meet over one project, each stopped at every point where another could slip in between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from schema.project.tally import tally_differences
from tests.schema.project.conftest import REPORT

LOCK = 7
MOVES = {
    "region": "UPDATE project SET region_id = 2 WHERE id = 1",
    "stage": "UPDATE project SET stage = 'UNDER_CONSTRUCTION' WHERE id = 1",
}
ISSUES = {
    "opened": REPORT.replace("$1", "1"),
    "closed": "UPDATE issue SET status = 'RESOLVED' WHERE project_id = 1 AND status = 'OPEN'",
    "deleted": "DELETE FROM issue WHERE project_id = 1",
    "handed over": "UPDATE issue SET project_id = 1 WHERE project_id = 3",
}
# Where a transaction can be stopped on its way: a trigger of the test's waits for the lock that the test holds.
PAUSES = {
    "before its first row": "BEFORE {event} ON {table} FOR EACH STATEMENT",
    "before its row is locked": "BEFORE {event} ON {table} FOR EACH ROW",
    "between its row and the tally": "AFTER {event} ON {table} FOR EACH ROW",
}
PAUSE = f"""
    CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF current_setting('test.pauses', true) = 'on' THEN PERFORM pg_advisory_xact_lock_shared({LOCK}); END IF;
        RETURN coalesce(NEW, OLD);
    END $$
"""

INVESTED = "UPDATE project SET total_investment = 1 WHERE id = 2"

Connect = Callable[[], Awaitable[asyncpg.Connection]]


@pytest.fixture
async def connect(town_url: str) -> AsyncIterator[Connect]:
    opened: list[asyncpg.Connection] = []

    async def one() -> asyncpg.Connection:
        opened.append(await asyncpg.connect(town_url, server_settings={"deadlock_timeout": "20ms"}))
        return opened[-1]

    yield one
    for connection in opened:
        await connection.close()


async def stopped(watcher: asyncpg.Connection, waiting: asyncpg.Connection, task: asyncio.Task[str]) -> bool:
    """Waits until the task of the other connection waits for a lock (True) or is through (False)."""
    pid = waiting.get_server_pid()
    while not task.done():
        if await watcher.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
            return True
    return False


@pytest.mark.parametrize("ends", ["commit", "rollback"])
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
@pytest.mark.parametrize("write", ISSUES.values(), ids=ISSUES)
@pytest.mark.parametrize("first", ["move", "write"])
async def test_the_second_waits_for_the_first_and_counts_what_it_left(
    connect: Connect, first: str, write: str, move: str, ends: str
) -> None:
    one, other, watcher = await connect(), await connect(), await connect()
    transaction = one.transaction()
    await transaction.start()
    await one.execute(move if first == "move" else write)
    second = asyncio.create_task(other.execute(write if first == "move" else move))
    assert await stopped(watcher, other, second)
    assert await tally_differences(watcher) == []
    await (transaction.commit() if ends == "commit" else transaction.rollback())
    await second
    assert await tally_differences(watcher) == []


@pytest.mark.parametrize("pause", PAUSES.values(), ids=PAUSES)
@pytest.mark.parametrize("write", ISSUES.values(), ids=ISSUES)
@pytest.mark.parametrize("paused", ["move", "write"])
async def test_whoever_is_overtaken_on_the_way_counts_rightly(
    connect: Connect, paused: str, write: str, pause: str
) -> None:
    slow, quick, holder = await connect(), await connect(), await connect()
    table = "project" if paused == "move" else "issue"
    await holder.execute(PAUSE)
    when = pause.format(event="INSERT OR UPDATE OR DELETE", table=table)
    await holder.execute(f"CREATE TRIGGER aa_pause {when} EXECUTE FUNCTION pause()")
    await holder.execute("SELECT pg_advisory_lock($1)", LOCK)
    await slow.execute("SET test.pauses = 'on'")
    move = MOVES["region"]
    overtaken = asyncio.create_task(slow.execute(move if paused == "move" else write))
    assert await stopped(holder, slow, overtaken)
    overtaking = asyncio.create_task(quick.execute(write if paused == "move" else move))
    await stopped(holder, quick, overtaking)  # or it is through
    await holder.execute("SELECT pg_advisory_unlock($1)", LOCK)
    await asyncio.gather(overtaken, overtaking)
    assert await tally_differences(holder) == []
    assert await holder.fetchval("SELECT region_id FROM project WHERE id = 1") == 2


@pytest.mark.parametrize(
    ("held", "passes"),
    [
        (ISSUES["opened"], ISSUES["opened"]),
        (ISSUES["opened"], "UPDATE project SET name = '名' WHERE id = 1"),
        ("UPDATE project SET name = '名' WHERE id = 1", ISSUES["opened"]),
        (ISSUES["closed"], REPORT.replace("$1", "2")),
        (
            "UPDATE project SET total_investment = 1 WHERE id = 1",
            "UPDATE project SET total_investment = 1 WHERE id = 2",
        ),
        (MOVES["stage"], "UPDATE project SET stage = 'UNDER_CONSTRUCTION' WHERE id = 2"),
    ],
)
async def test_nobody_waits_for_writers_of_the_same_region(connect: Connect, held: str, passes: str) -> None:
    one, other = await connect(), await connect()
    await other.execute("SET lock_timeout = '200ms'")
    async with one.transaction():
        await one.execute(held)
        await other.execute(passes)
        assert await tally_differences(other) == []
    assert await tally_differences(other) == []


async def test_a_slot_is_used_again_and_there_are_no_more_than_writers_at_once(connect: Connect) -> None:
    writers = [await connect() for _ in range(3)]
    for _ in range(3):
        transactions = [writer.transaction() for writer in writers]
        for writer, transaction in zip(writers, transactions, strict=True):
            await transaction.start()
            await writer.execute(REPORT, 1)
        for transaction in transactions:
            await transaction.commit()
    assert await writers[0].fetchval("SELECT count(*) FROM project_tally WHERE region_id = 1") <= 3
    assert await tally_differences(writers[0]) == []
