"""The contest: every contender up on one database, compared, then measured in every workload."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from api.token import issue_token
from bench.measure import Measured, Pace, Progress, contestants, measure, measure_flagship
from bench.servers import Contender, Memory, Server, serving
from bench.workloads import Workload
from schema.access.rules import Role

FLOOR = "floor"
OURS = "ours"


def contenders(token: str) -> dict[str, Contender]:
    """The floor first: the others are measured against it."""
    return {
        FLOOR: Contender(FLOOR, "bench.floor:from_environment", path_per_workload=True),
        OURS: Contender(OURS, "api.application:from_environment", token=token),
        "ordinary": Contender("ordinary", "bench.ordinary.application:from_environment", interleaved=False),
    }


@dataclass(frozen=True)
class Access:
    """A reader's token, and the key that the measured service verifies it with."""

    key: str
    token: str

    @classmethod
    def issue(cls) -> "Access":
        key = secrets.token_hex(32)
        now = datetime.now(UTC)
        token = issue_token(key.encode(), role=Role.READER, subject="bench", now=now, lifetime=timedelta(days=1))
        return cls(key, token)

    def environment(self, database_url: str) -> dict[str, str]:
        return {"LUODI_DATABASE_URL": database_url, "LUODI_TOKEN_KEY": self.key}


@dataclass(frozen=True)
class Contest:
    """What was measured with so many workers a contender: for each workload one entry per contender, in their order.

    ``memory`` is each worker's after the run, by contender; ``children`` that of the processes they started, in MiB.
    """

    workers: int
    contenders: list[str]
    measured: list[tuple[Workload, list[Measured]]]
    memory: list[list[Memory]]
    children: list[float]

    def of(self, workload: str, contender: str) -> Measured | None:
        """The figures of one contender in one workload, if both took part."""
        if contender not in self.contenders:
            return None
        place = self.contenders.index(contender)
        return next((figures[place] for each, figures in self.measured if each.name == workload), None)


def prefixed(progress: Progress, prefix: str) -> Progress:
    """Tell the same, with what it is about before it."""
    return lambda text: progress(f"{prefix}: {text}")


def hold(
    database_url: str, workloads: Sequence[Workload], names: Sequence[str], workers: int, pace: Pace, progress: Progress
) -> Contest:
    """The workloads through the named contenders. Raises ``Disagreement`` when they do not answer alike."""
    access = Access.issue()
    with ExitStack() as running:
        servers: list[Server] = [
            running.enter_context(serving(contender, access.environment(database_url), workers))
            for name, contender in contenders(access.token).items()
            if name in names
        ]
        measured = []
        for workload in workloads:
            tell = prefixed(progress, f"{workload.name}, {workers} worker(s)")
            tell("comparing the answers")
            measured.append((workload, measure(contestants(workload, servers), pace, progress=tell)))
        memory = [server.memory() for server in servers]
        children = [server.children_mebibytes() for server in servers]
    return Contest(workers, [server.contender.name for server in servers], measured, memory, children)


def hold_flagship(database_url: str, flagship: Workload, seconds: float) -> list[float]:
    """The latencies of the flagship request through our server. Raises ``Disagreement`` when it finds no route."""
    access = Access.issue()
    with serving(contenders(access.token)[OURS], access.environment(database_url)) as ours:
        return measure_flagship(flagship, ours, seconds)


@dataclass(frozen=True)
class City:
    """What a database holds: rows by table, and the versions of its software."""

    rows: dict[str, int]
    software: str

    @property
    def projects(self) -> int:
        return self.rows["projects"]

    @classmethod
    def of(cls, database_url: str) -> "City":
        return asyncio.run(_city(database_url))


async def _city(database_url: str) -> City:
    connection = await asyncpg.connect(database_url)
    try:
        counted = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM project) AS projects, (SELECT count(*) FROM issue) AS issues,"
            " (SELECT count(*) FROM inspection) AS inspections, (SELECT count(*) FROM parcel) AS parcels,"
            " (SELECT count(*) FROM region) AS regions"
        )
        versions = await connection.fetchrow(
            "SELECT current_setting('server_version') AS server, postgis_lib_version() AS postgis"
        )
        return City(dict(counted), f"PostgreSQL {versions['server'].split()[0]}, PostGIS {versions['postgis']}")
    finally:
        await connection.close()
