"""``python -m bench.writers``: what the tally of projects costs its writers, alone and in a hot region.

On a city of its own, three ways to keep a roll-up are written through side by side: none, the product's tally, and the
ordinary one, a row for each region that every writer updates. A write is one transaction of two statements, as a
mutation's: an issue is opened or closed, then a row is added to the change feed.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg

from api.embedded import EmbeddedDatabase
from bench.statements import AGGREGATE
from bench.storm import storm
from migrations.run import upgrade
from schema.project.tally import tally_differences
from schema.sample.load import seed
from schema.sample.progress import silence

NAIVE = """
    CREATE SCHEMA naive;
    CREATE TABLE naive.roll_up (region_id bigint PRIMARY KEY, open_issues bigint NOT NULL);
    INSERT INTO naive.roll_up SELECT id, 0 FROM region;
    CREATE FUNCTION naive.count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE naive.roll_up SET open_issues = open_issues + CASE NEW.status WHEN 'OPEN' THEN 1 ELSE -1 END
        WHERE region_id = (SELECT region_id FROM project WHERE id = NEW.project_id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER naive_count AFTER UPDATE ON issue FOR EACH ROW
    WHEN ((OLD.status = 'OPEN') <> (NEW.status = 'OPEN')) EXECUTE FUNCTION naive.count();
"""
OURS = ("issue_begin", "issue_tally_update")
TRIGGERS = {"none": (), "tally": OURS, "row a region": ("naive_count",)}

FLIP = "UPDATE issue SET status = CASE status WHEN 'OPEN' THEN 'ACCEPTED' ELSE 'OPEN' END WHERE id = $1"
RECORD = "INSERT INTO change (entity, entity_id, operation, version, actor) VALUES ('Issue', $1, 'UPDATED', 2, 'bench')"
ISSUES = """
    SELECT issue.id, region_id FROM issue JOIN project ON project.id = project_id ORDER BY issue.id
"""
TALLY = """
    SELECT region_id, sum(projects), sum(total_investment), sum(open_issues) FROM project_tally
    GROUP BY region_id HAVING sum(projects) > 0
"""
MANY = 10_000


async def switch(connection: Any, way: str) -> None:
    """Only the triggers of one way of keeping a roll-up are on."""
    for trigger in (*OURS, "naive_count"):
        verb = "ENABLE" if trigger in TRIGGERS[way] else "DISABLE"
        await connection.execute(f"ALTER TABLE issue {verb} TRIGGER {trigger}")
    await connection.execute("VACUUM issue, project_tally, naive.roll_up")


async def written(url: str, issues: list[int], writers: int, seconds: float, seed: int, commits: str) -> list[float]:
    """The times of all writes of some seconds, in seconds each; every issue has one writer.

    ``commits`` is PostgreSQL's ``synchronous_commit``.
    """
    until = time.perf_counter() + seconds

    async def one(number: int) -> list[float]:
        connection = await asyncpg.connect(url, server_settings={"synchronous_commit": commits})
        draw, mine, times = random.Random(seed + number), issues[number::writers], []
        try:
            while (began := time.perf_counter()) < until:
                chosen = draw.choice(mine)
                async with connection.transaction():
                    await connection.execute(FLIP, chosen)
                    await connection.execute(RECORD, chosen)
                times.append(time.perf_counter() - began)
            return times
        finally:
            await connection.close()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number)) for number in range(writers)]
    return [each for task in tasks for each in task.result()]


async def read_times(connection: Any, statement: str, task: "asyncio.Task[Any]") -> list[float]:
    times = []
    while not task.done():
        began = time.perf_counter()
        await connection.fetch(statement)
        times.append(time.perf_counter() - began)
    return times


async def contention(url: str, connection: Any, seconds: float, rounds: int) -> None:
    """Prints writes a second and the median time of a write, the ways in turn."""
    rows = [tuple(row) for row in await connection.fetch(ISSUES)]
    by_region: dict[int, list[int]] = {}
    for issue, region in rows:
        by_region.setdefault(region, []).append(issue)
    hot = max(by_region.values(), key=len)
    print(f"{'':34}" + "".join(f"{way:>24}" for way in TRIGGERS))
    spread = [issue for issue, _ in rows]
    for title, writers, issues, commits in (
        ("1 writer, all regions", 1, spread, "on"),
        ("16 writers, all regions", 16, spread, "on"),
        ("1 writer, one region", 1, hot, "on"),
        ("16 writers, one region", 16, hot, "on"),
        ("1 writer, disk not awaited", 1, spread, "off"),
        ("16 writers, one region, likewise", 16, hot, "off"),
    ):
        found: dict[str, list[tuple[float, float]]] = {way: [] for way in TRIGGERS}
        for turn in range(rounds):
            for way in TRIGGERS:
                await switch(connection, way)
                times = await written(url, issues, writers, seconds, turn, commits)
                found[way].append((len(times) / seconds, statistics.median(times) * 1e6))
        cells = []
        for way in TRIGGERS:
            rates, medians = zip(*found[way], strict=True)
            cells.append(f"{statistics.median(rates):>9,.0f}/s {statistics.median(medians):>8,.0f} µs")
        print(f"{title:34}" + "".join(f"{cell:>24}" for cell in cells))
    await switch(connection, "tally")
    await connection.execute("SELECT luodi_recount_projects()")


async def one_transaction(connection: Any) -> None:
    """Prints what the first and the last thousand of many single-row writes of one transaction take."""
    ids = [row[0] for row in await connection.fetch(ISSUES)]
    for way in ("none", "tally"):
        await switch(connection, way)
        thousands = []
        transaction = connection.transaction()
        await transaction.start()
        for start in range(0, MANY, 1_000):
            began = time.perf_counter()
            for number in range(start, start + 1_000):
                await connection.execute(FLIP, ids[number % len(ids)])
            thousands.append((time.perf_counter() - began) * 1e3)
        await transaction.rollback()
        print(
            f"{MANY:,} writes in one transaction, {way}: first thousand {thousands[0]:,.0f} ms, last "
            f"{thousands[-1]:,.0f} ms, all {sum(thousands):,.0f} ms"
        )


async def measure(url: str, seconds: float, rounds: int, transactions: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(NAIVE)
        await contention(url, connection, seconds, rounds)
        await one_transaction(connection)
        await switch(connection, "tally")
        await connection.execute("ALTER TABLE issue DISABLE TRIGGER naive_count")
        raging = asyncio.create_task(storm(url, writers=8, transactions=transactions, seed=1))
        times = await read_times(connection, TALLY, raging)
        print(f"storm of 8 writers: {dict(raging.result())}")
        print(f"the tally read meanwhile: {statistics.median(times) * 1e3:.2f} ms, at most {max(times) * 1e3:.2f} ms")
        differences = await tally_differences(connection)
        print(f"groups in which the tally differs from a recount: {len(differences)}")
        slots = await connection.fetchrow(
            "SELECT sum(slots), max(slots), count(*) FROM"
            " (SELECT count(*) AS slots FROM project_tally GROUP BY region_id, stage) AS of_group"
        )
        print(f"slots: {slots[0]} of {slots[2]} groups, at most {slots[1]} of one")
        for name, statement in (("the tally", TALLY), ("the rows", AGGREGATE)):
            taken = []
            for _ in range(11):
                began = time.perf_counter()
                await connection.fetch(statement)
                taken.append((time.perf_counter() - began) * 1e3)
            print(f"the aggregate per region from {name}: {statistics.median(taken):.2f} ms")
        if differences:
            raise SystemExit(f"the tally is wrong: {differences[:3]}")
    finally:
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.writers", description=__doc__)
    parser.add_argument("--projects", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each cell")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--transactions", type=int, default=20_000, help="of the storm")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="luodi-writers-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedDatabase(folder) as database:
            upgrade(database.url)
            seed(database.url, projects=given.projects, today=date(2026, 6, 30), progress=silence)
            asyncio.run(measure(database.url, given.seconds, given.rounds, given.transactions))


if __name__ == "__main__":
    main()
