"""``python -m bench``: load the city once, start the servers, compare their answers, measure, write the page."""

import asyncio
import os
import secrets
import shlex
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import click

from api.ending import unwinding_when_told_to_stop
from api.settings import masked
from api.token import issue_token
from bench.measure import measure, measure_flagship
from bench.report import Contest, Flagship, Run, markdown
from bench.servers import Contender, Server, serving
from bench.workloads import build, build_flagship
from schema.access.rules import Role

RESULTS = Path(__file__).parent / "RESULTS.md"
OURS = "ours"
SAMPLE_PROJECTS = 3_200
"""The flagship is asked in the sample city as it comes: a bigger one holds more open sites than one request may ask."""


def contenders(token: str) -> dict[str, Contender]:
    """The floor first: the others are measured against it."""
    return {
        "floor": Contender("floor", "bench.floor:from_environment", path_per_workload=True),
        OURS: Contender(OURS, "api.application:from_environment", token=token),
        "ordinary": Contender("ordinary", "bench.ordinary.application:from_environment"),
    }


def default_folder() -> Path:
    """Where the loaded cities are kept between runs: beside the service's own data, never in it."""
    if os.geteuid() == 0:
        return Path("/var/lib/luodi-bench")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "luodi-bench"


async def _facts(database_url: str) -> tuple[dict[str, int], str]:
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
        return dict(counted), f"PostgreSQL {versions['server'].split()[0]}, PostGIS {versions['postgis']}"
    finally:
        await connection.close()


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


def measure_workloads(
    database_url: str, names: Sequence[str], only: Sequence[str], *, rounds: int, seconds: float
) -> Contest:
    """The chosen workloads through the chosen servers. Raises ``Disagreement`` when they do not answer alike."""
    access = Access.issue()
    with ExitStack() as running:
        servers: list[Server] = [
            running.enter_context(serving(contender, access.environment(database_url)))
            for name, contender in contenders(access.token).items()
            if name in names
        ]
        measured = [
            (workload, measure(workload, servers, rounds=rounds, seconds=seconds, progress=_tell))
            for workload in asyncio.run(build(database_url))
            if not only or workload.name in only
        ]
        resident = [server.resident_mebibytes() for server in servers]
        children = [server.children_mebibytes() for server in servers]
    city, database = asyncio.run(_facts(database_url))
    return Contest([server.contender.name for server in servers], measured, resident, children, city, database)


def measure_route(database_url: str, day: date, seconds: float) -> Flagship:
    """The flagship request through our server. Raises ``Disagreement`` when it finds no route."""
    _tell("flagship")
    access = Access.issue()
    flagship = asyncio.run(build_flagship(database_url, day))
    with serving(contenders(access.token)[OURS], access.environment(database_url)) as ours:
        latencies = measure_flagship(flagship, ours, seconds)
    city, _ = asyncio.run(_facts(database_url))
    return Flagship(city["projects"], latencies)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@click.command(help=__doc__)
@click.option("--projects", default=100_000, show_default=True, help="Size of the city; SCALE multiplies it.")
@click.option("--date", "day", default="2024-06-30", show_default=True, help="The sample's today.")
@click.option("--seconds", default=2.0, show_default=True, help="Length of one cell: a server, a mode, a round.")
@click.option("--rounds", default=5, show_default=True, help="Paired rounds.")
@click.option("--only", multiple=True, metavar="W1", help="Only these workloads; may be repeated.")
@click.option(
    "--contender",
    "names",
    multiple=True,
    default=("floor", OURS, "ordinary"),
    help="Only these servers; the first is the base.",
)
@click.option("--data", "folder", type=click.Path(path_type=Path), help="Where the cities are kept.")
@click.option("--database-url", envvar="LUODI_BENCH_DATABASE_URL", help="A loaded database instead of an embedded one.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default=RESULTS, help="The page to write.")
def main(
    projects: int,
    day: str,
    seconds: float,
    rounds: int,
    only: tuple[str, ...],
    names: tuple[str, ...],
    folder: Path | None,
    database_url: str | None,
    output: Path,
) -> None:
    today = date.fromisoformat(day)
    size = projects * int(os.environ.get("SCALE") or 1)

    def city(projects: int) -> AbstractContextManager[str]:
        if database_url is not None:
            return nullcontext(database_url)
        from bench.city import loaded_city  # the sample's libraries are not needed for a database that is loaded

        return loaded_city(folder or default_folder(), projects, today)

    with unwinding_when_told_to_stop(), city(size) as url:
        contest = measure_workloads(url, names, only, rounds=rounds, seconds=seconds)
    flagship = None
    if OURS in names and (not only or "flagship" in only):
        with unwinding_when_told_to_stop(), city(SAMPLE_PROJECTS) as url:
            flagship = measure_route(url, today, 2 * seconds)
    command = shlex.join(["python", "-m", "bench", *map(masked, sys.argv[1:])])
    page = markdown(Run(command, today, rounds, seconds, contest, flagship))
    print(page)
    output.write_text(page, encoding="utf-8")
