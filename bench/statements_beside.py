"""``python -m bench.statements_beside W1``: the floor's statement and ours in turn on one connection.

Without HTTP, pools and Python's part, so that what is left is PostgreSQL's: milliseconds from sending the bound values
to holding the answer, least and median over the repetitions, and the median of the paired ratios. Planning time is
that of a plan made for the values (EXPLAIN's), paid again at each call only where the plans column shows custom ones.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import click
import orjson

from bench.floor import HANDWRITTEN, receive_text_as_bytes
from bench.workloads import Workload, build
from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.engine import Engine, Query
from schema.limits import Limits
from schema.root import model

SETTINGS = {
    "jit": "off",
    "timezone": "UTC",
    "default_transaction_read_only": "on",
    "max_parallel_workers_per_gather": "0",
}
READER = Viewer("bench", Role.READER)
MODES = ("auto", "force_custom_plan", "force_generic_plan")


@dataclass(frozen=True)
class Asked:
    """One statement with the values of each variant, under the ``plan_cache_mode`` its server runs it with."""

    name: str
    text: str
    values: Sequence[Sequence[Any]]
    mode: str


@dataclass
class Timed:
    """Seconds of each execution, and milliseconds of planning for the first variant's values."""

    seconds: list[float] = field(default_factory=list)
    planning: float = 0.0
    plans: str = ""


def floor_statement(workload: Workload) -> Asked:
    """What the floor runs for a workload."""
    work = HANDWRITTEN[workload.name]
    mode = "force_custom_plan" if work.custom_plan else "auto"
    return Asked("floor", work.statement, [work.parameters(dict(each)) for each in workload.variants], mode)


def our_statement(engine: Engine, workload: Workload, mode: str) -> Asked:
    """What the compiler makes of a workload for a reader. All variants of a workload have one shape."""
    values, text = [], ""
    for variant in workload.variants:
        document, operation = engine.operation(Query(workload.document, dict(variant), None))
        variables = engine.variables(document, operation, dict(variant))
        (compiled,) = engine.compile(document, operation, variables, READER)
        assert compiled.statement is not None, "a workload reads the database"
        text = compiled.statement.text
        values.append(engine.parameters(compiled.statement, variables.coerced, READER, []))
    return Asked("ours", text, values, mode)


async def _explained(connection: Any, asked: Asked) -> float:
    """Planning time in ms: the least of five, for the catalogue's caches to be warm."""
    found = []
    for _ in range(5):
        answer = await connection.fetchval(f"EXPLAIN (SUMMARY, FORMAT JSON) {asked.text}", *asked.values[0])
        found.append(orjson.loads(answer)[0]["Planning Time"])
    return float(min(found))


async def beside(connection: Any, pair: Sequence[Asked], repetitions: int) -> list[Timed]:
    """Each statement ``repetitions`` times per variant, taking turns in turning order, after six rounds unmeasured.

    Six, because PostgreSQL decides for or against a generic plan at the sixth execution.
    """
    timed = [Timed() for _ in pair]
    for turn in range(-6, repetitions):
        for variant in range(len(pair[0].values)):
            contest = list(zip(pair, timed, strict=True))
            for asked, figures in contest if (turn + variant) % 2 == 0 else contest[::-1]:
                if pair[0].mode != pair[1].mode:
                    await connection.execute(f"SET plan_cache_mode = {asked.mode}")
                begun = time.perf_counter()
                await connection.fetchval(asked.text, *asked.values[variant])
                if turn >= 0:
                    figures.seconds.append(time.perf_counter() - begun)
    for asked, figures in zip(pair, timed, strict=True):
        kept = await connection.fetchrow(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1", asked.text
        )
        figures.plans = f"{kept['generic_plans']} generic, {kept['custom_plans']} custom" if kept else "not kept"
        figures.planning = await _explained(connection, asked)
    return timed


def report(workload: str, floor: Timed, ours: Timed) -> str:
    """One line of the table."""
    paired = [one / other for one, other in zip(ours.seconds, floor.seconds, strict=True)]
    least, least_ours = min(floor.seconds) * 1e3, min(ours.seconds) * 1e3
    median, median_ours = statistics.median(floor.seconds) * 1e3, statistics.median(ours.seconds) * 1e3
    return (
        f"{workload:4} {least:9.3f} {least_ours:9.3f} {least_ours / least:6.3f}"
        f" {median:9.3f} {median_ours:9.3f} {statistics.median(paired):6.3f}"
        f" {floor.planning:9.3f} {ours.planning:9.3f}   {floor.plans} | {ours.plans}"
    )


HEADER = (
    "            least ms                  median ms               planning ms    plans of the floor | ours\n"
    "         floor      ours      ×     floor      ours      ×     floor      ours"
)


async def run(
    database_url: str, names: Sequence[str], repetitions: int, mode: str, show: str | None, plans: bool
) -> None:
    """Print the table for the named workloads (all that the floor has a statement for, if none are named)."""
    engine = Engine(model(), visible, Limits())
    workloads = [each for each in await build(database_url) if each.name in HANDWRITTEN and each.document]
    connection = await asyncpg.connect(database_url, server_settings=SETTINGS, statement_cache_size=500)
    try:
        await receive_text_as_bytes(connection)
        print(HEADER)
        for workload in workloads:
            if names and workload.name not in names:
                continue
            pair = [floor_statement(workload), our_statement(engine, workload, mode)]
            await connection.execute(f"SET plan_cache_mode = {pair[0].mode}")
            print(report(workload.name, *await beside(connection, pair, repetitions)), flush=True)
            for asked in pair:
                if show in (asked.name, "both"):
                    print(f"\n-- {workload.name} {asked.name}\n{asked.text}\n")
                if plans:
                    rows = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {asked.text}", *asked.values[0])
                    print(f"\n-- {workload.name} {asked.name}", *(row[0].decode() for row in rows), "", sep="\n")
    finally:
        await connection.close()


@click.command(help=__doc__)
@click.argument("names", nargs=-1, metavar="[W1 …]")
@click.option("--database-url", envvar="LUODI_BENCH_DATABASE_URL", required=True, help="A loaded city; only read.")
@click.option("--repetitions", default=40, show_default=True, help="Executions of each statement and variant.")
@click.option("--mode", type=click.Choice(MODES), default="auto", show_default=True, help="Our plan_cache_mode.")
@click.option("--plans", is_flag=True, help="EXPLAIN (ANALYZE, BUFFERS) of both, for the first variant.")
@click.option("--show", type=click.Choice(["floor", "ours", "both"]), help="Print the statements too.")
def main(names: tuple[str, ...], database_url: str, repetitions: int, mode: str, plans: bool, show: str | None) -> None:
    asyncio.run(run(database_url, names, repetitions, mode, show, plans))


if __name__ == "__main__":
    sys.exit(main())
