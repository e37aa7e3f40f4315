"""A storm of writers on projects and issues: everything that can change a tally, at once and at random.

Each writer draws from its own seeded generator; what the database makes of them together no seed can repeat.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

Step = Callable[["Writer"], Awaitable[None]]

RETRIED = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)
"""How a transaction may end that met another: a victim, an issue whose project has just gone, a move that an old
snapshot could not count."""

STAGES = ("STARTED", "UNDER_CONSTRUCTION", "IN_OPERATION")
STATUSES = ("OPEN", "OPEN", "ACCEPTED", "RESOLVED")


class Writer:
    """One connection, and what it draws."""

    def __init__(self, connection: Any, number: int, seed: int, regions: list[int]) -> None:
        self.connection = connection
        self.draw = random.Random(f"{seed} {number}")
        self.regions = regions
        self.number = number
        self.written = 0

    def region(self) -> int:
        """Mostly the first: the hot one."""
        return self.regions[0] if self.draw.random() < 0.7 else self.draw.choice(self.regions)

    async def some(self, table: str, most: int) -> list[int]:
        rows = await self.connection.fetch(
            f"SELECT id FROM {table} WHERE id >= $1 ORDER BY id LIMIT $2",  # noqa: S608 -- our own tables
            self.draw.randrange(2**52),
            self.draw.randint(1, most),
        )
        return [row[0] for row in rows]

    async def write(self, statement: str, *values: object) -> None:
        await self.connection.execute(statement, *values)
        self.written += 1


async def insert_projects(writer: Writer) -> None:
    count = writer.draw.choice((1, 1, 3))
    codes = [f"2101-{writer.draw.randrange(10**6):06}-04-01-{writer.draw.randrange(10**6):06}" for _ in range(count)]
    await writer.write(
        "INSERT INTO project (code, name, stage, total_investment, region_id, started_on)"
        " SELECT code, code, $2, $3, $4, '2026-01-01' FROM unnest($1::text[]) AS code ON CONFLICT DO NOTHING",
        codes,
        writer.draw.choice(STAGES),
        writer.draw.randrange(10**6),
        writer.region(),
    )


async def delete_project(writer: Writer) -> None:
    ids = await writer.some("project", 2)
    for table in ("issue", "inspection"):
        await writer.write(f"DELETE FROM {table} WHERE project_id = ANY($1)", ids)  # noqa: S608 -- our own tables
    await writer.write("DELETE FROM project WHERE id = ANY($1)", ids)


async def move_projects(writer: Writer) -> None:
    await writer.write(
        "UPDATE project SET region_id = $2 WHERE id = ANY($1)", await writer.some("project", 3), writer.region()
    )


async def advance_projects(writer: Writer) -> None:
    await writer.write(
        "UPDATE project SET stage = $2, started_on = '2026-01-01' WHERE id = ANY($1)",
        await writer.some("project", 3),
        writer.draw.choice(STAGES),
    )


async def invest(writer: Writer) -> None:
    await writer.write(
        "UPDATE project SET total_investment = total_investment + $2 WHERE id = ANY($1)",
        await writer.some("project", 3),
        writer.draw.randrange(1000),
    )


async def rename(writer: Writer) -> None:
    await writer.write("UPDATE project SET name = name || '' WHERE id = ANY($1)", await writer.some("project", 2))


async def report_issues(writer: Writer) -> None:
    await writer.write(
        "INSERT INTO issue (project_id, title, status, level, severity, deadline, reported_by)"
        " SELECT id, 'storm', $2, 'REGION', 'MINOR', '2026-12-31', 'storm' FROM unnest($1::bigint[]) AS id",
        await writer.some("project", 3),
        writer.draw.choice(STATUSES),
    )


async def flip_issues(writer: Writer) -> None:
    await writer.write(
        "UPDATE issue SET status = $2 WHERE id = ANY($1)", await writer.some("issue", 4), writer.draw.choice(STATUSES)
    )


async def hand_over_issues(writer: Writer) -> None:
    issues, projects = await writer.some("issue", 3), await writer.some("project", 1)
    if projects:
        await writer.write("UPDATE issue SET project_id = $2 WHERE id = ANY($1)", issues, projects[0])


async def delete_issues(writer: Writer) -> None:
    await writer.write("DELETE FROM issue WHERE id = ANY($1)", await writer.some("issue", 2))


async def think_better(writer: Writer) -> None:
    """Writes something under a savepoint and takes it back."""
    savepoint = writer.connection.transaction()
    await savepoint.start()
    try:
        for _ in range(writer.draw.randint(1, 3)):
            await writer.draw.choice(PLAIN)(writer)
    finally:
        await savepoint.rollback()


PLAIN: tuple[Step, ...] = (
    insert_projects,
    insert_projects,
    delete_project,
    move_projects,
    advance_projects,
    invest,
    rename,
    report_issues,
    report_issues,
    flip_issues,
    flip_issues,
    hand_over_issues,
    delete_issues,
)


async def transaction(writer: Writer) -> str:
    """One transaction of one to four steps; says how it ended."""
    isolation = "read_committed" if writer.draw.random() < 0.9 else "repeatable_read"
    ongoing = writer.connection.transaction(isolation=isolation)
    await ongoing.start()
    try:
        for _ in range(writer.draw.randint(1, 4)):
            await writer.draw.choice((*PLAIN, think_better))(writer)
    except RETRIED as error:
        await ongoing.rollback()
        return type(error).__name__
    if writer.draw.random() < 0.1:
        await ongoing.rollback()
        return "rolled back"
    await ongoing.commit()
    return "committed"


async def storm(database_url: str, *, writers: int, transactions: int, seed: int) -> Counter[str]:
    """``transactions`` transactions by ``writers`` connections at once; how they ended, by number.

    The database must hold regions. Raises what no transaction may end with.
    """
    left = iter(range(transactions))

    async def one(number: int) -> Counter[str]:
        connection = await asyncpg.connect(database_url, server_settings={"deadlock_timeout": "20ms"})
        ended: Counter[str] = Counter()
        try:
            regions = [row[0] for row in await connection.fetch("SELECT id FROM region ORDER BY id")]
            writer = Writer(connection, number, seed, regions)
            for _ in left:
                ended[await transaction(writer)] += 1
            ended["statements"] = writer.written
            return ended
        finally:
            await connection.close()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number)) for number in range(writers)]
    return sum((task.result() for task in tasks), Counter())
