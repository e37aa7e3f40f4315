"""The results as a page of Markdown: what was asked, what came of it, and all it takes to get it again."""

import os
import platform
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from bench import targets
from bench.cheaper import Asked
from bench.contest import City, Contest
from bench.growth import Growth
from bench.measure import MANY, Measured, Pace, Ratio, Rounds, median
from bench.workloads import Workload

PACKAGES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "asyncpg", "SQLAlchemy", "orjson")

BY_HAND = "The floor aggregates W6 from the rows by hand at every request; a maintained roll-up is ours alone."
TWO_CORES = (
    "On two cores a second worker takes its time from PostgreSQL and from the client, which share the machine: this "
    "says that ours behaves with several workers as the floor does, not how far either scales."
)


@dataclass(frozen=True)
class Flagship:
    """The latencies of the flagship request in seconds, in a city of ``projects`` projects."""

    projects: int
    latencies: list[float]


@dataclass(frozen=True)
class Run:
    """One whole run, and the command that repeats it."""

    command: str
    day: date
    pace: Pace
    city: City
    contests: list[Contest]
    cheaper: list[tuple[Workload, list[Asked]]]
    flagship: Flagship | None
    growth: Growth | None


def machine() -> str:
    """Cores, processor and memory of this machine."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(header)} |",
        f"|{'---|' * len(header)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:.0f}"


def _per_second(figure: float) -> str:
    return f"{figure:.1f}" if figure < 100 else f"{figure:,.0f}"


def _ratio(ratio: Ratio) -> str:
    digits = 1 if ratio.median >= 10 else 2 if ratio.median >= 0.1 else 3
    return f"**{ratio.median:.{digits}f}** ({ratio.least:.{digits}f}–{ratio.greatest:.{digits}f})"


def _mark(target: targets.Target) -> str:
    return "✓" if target.met else "✗ missed"


def _beside_the_base(
    contest: Contest, rounds: Callable[[Measured], Rounds], written: Callable[[float], str]
) -> list[str]:
    base, *others = contest.contenders
    rows = []
    for workload, (first, *rest) in contest.measured:
        cells = [workload.name, written(median(rounds(first)))]
        for other in rest:
            cells += [written(median(rounds(other))), _ratio(Ratio.of(rounds(other), rounds(first)))]
        rows.append(cells)
    return _table(["", base, *(cell for name in others for cell in (name, f"× {base}"))], rows)


def _contest(contest: Contest) -> Iterator[str]:
    workers = "One worker" if contest.workers == 1 else f"{contest.workers} workers"
    if contest.workers > 1:
        yield from (f"## {workers}", "", TWO_CORES, "")
    yield from (f"## {workers}, one client: p50 in ms (lower is better)", "")
    yield from _beside_the_base(contest, lambda figures: figures.latency, _milliseconds)
    yield from (f"## {workers}, {MANY} clients: answers per second (higher is better)", "")
    yield from _beside_the_base(contest, lambda figures: figures.throughput, _per_second)
    yield from (f"## {workers}, {MANY} clients: processor time of the workers per answer in ms, and memory in MiB", "")
    rows = [
        [workload.name, *(_milliseconds(each.processor) for each in figures)] for workload, figures in contest.measured
    ]
    rows += [
        ["RSS of each worker", *(", ".join(f"{each.resident:.0f}" for each in one) for one in contest.memory)],
        ["PSS of each worker", *(", ".join(f"{each.proportional:.0f}" for each in one) for one in contest.memory)],
        ["RSS of processes they started", *(f"{mebibytes:.0f}" for mebibytes in contest.children)],
    ]
    yield from _table(["", *contest.contenders], rows)


def _targets(run: Run) -> Iterator[str]:
    owed = [target for contest in run.contests if contest.workers == 1 for target in targets.of_contest(contest)]
    if run.growth is not None:
        owed += targets.of_growth(run.growth)
    if owed:
        yield from ("## Targets", "")
        yield from _table(["", "measured", "owed", ""], [[t.name, t.figure, t.bound, _mark(t)] for t in owed])


def _cheaper(cheaper: Sequence[tuple[Workload, list[Asked]]]) -> Iterator[str]:
    yield from ("## Answers that are cheaper than answers", "")
    yield (
        "Ours alone, one worker. Bytes are the body's on the wire; nothing is decompressed by the client, and the "
        "loopback is no network: what fewer bytes save on a real one comes on top. Processor time is the worker's, "
        f"under {MANY} clients. W2 and W4 `by id` name a trusted document instead of sending its text."
    )
    yield ""
    rows = []
    for workload, asked in cheaper:
        first = asked[0].measured
        for one in asked:
            cells = [workload.name, one.name, one.answer, f"{one.body_bytes:,}"]
            if one.measured is None or first is None:
                rows.append([*cells, "not offered", "", "", ""])
                continue
            ratio = Ratio.of(one.measured.latency, first.latency)
            cells += [_milliseconds(median(one.measured.latency)), _ratio(ratio)]
            rows.append([*cells, _per_second(median(one.measured.throughput)), _milliseconds(one.measured.processor)])
    header = ["", "asked", "answer", "bytes", "p50 ms", f"× {cheaper[0][1][0].name}", "per second", "processor ms"]
    yield from _table(header, rows)


def _growth(growth: Growth) -> Iterator[str]:
    yield from (f"## From {growth.small:,} to {growth.big:,} projects: p50 of one client in ms", "")
    yield from ("Both databases up at once and asked in turn, for the same number of rows.", "")
    names = list(growth.grown[0].latencies)
    header = ["", *(cell for name in names for cell in (f"{name} small", "big", "big ÷ small"))]
    rows = []
    for each in growth.grown:
        cells = [each.workload]
        for small, big in each.latencies.values():
            cells += [_milliseconds(median(small.latency)), _milliseconds(median(big.latency))]
            cells.append(_ratio(Ratio.of(big.latency, small.latency)))
        rows.append(cells)
    yield from _table(header, rows)


def _flagship(flagship: Flagship) -> Iterator[str]:
    latencies = flagship.latencies
    yield from ("## The flagship request", "")
    yield (
        f"In the sample city of {flagship.projects:,} projects, one client: "
        f"p50 {_milliseconds(statistics.median(latencies))} ms, least {_milliseconds(min(latencies))} ms, "
        f"greatest {_milliseconds(max(latencies))} ms over {len(latencies)} requests."
    )
    yield ""


def _how(run: Run) -> Iterator[str]:
    size = ", ".join(f"{count:,} {what}" for what, count in run.city.rows.items())
    software = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    yield from ("# Results", "")
    yield from (f"Made by `{run.command}`. City: {size}; sample as of {run.day}.", "")
    yield f"Machine: {machine()}. {run.city.software}. Python {platform.python_version()}; {software}."
    yield ""
    yield (
        f"Each server is uvicorn (uvloop, httptools) and is asked while the others are idle, the answers compared "
        f"first: {run.pace.rounds} rounds, in each of which contenders take turns in slices of {run.pace.slice:g} s "
        f"({run.pace.round:g} s a round, half of that with several workers and for cheaper answers; more where {MANY} "
        f"clients wait longer), a slow one in a cell of "
        f"{run.pace.cell:g} s. A slice ends when its last answer is whole. Figures are medians of slices; a ratio "
        f"is the median of neighbouring slices' ratios, with the least and the greatest of the rounds'. Client, "
        f"workers and PostgreSQL share the machine."
    )
    yield ""
    workloads = {each.name: each for contest in run.contests for each, _ in contest.measured}
    yield from (f"- **{workload.name}** {workload.title}" for workload in workloads.values())
    if "W6" in workloads:
        yield from ("", BY_HAND)
    yield ""


def markdown(run: Run) -> str:
    """The page ``bench/RESULTS.md``."""
    lines = [*_how(run), *_targets(run)]
    for contest in run.contests:
        lines += _contest(contest)
    if run.growth is not None and run.growth.grown:
        lines += _growth(run.growth)
    if run.cheaper:
        lines += _cheaper(run.cheaper)
    if run.flagship is not None:
        lines += _flagship(run.flagship)
    return "\n".join(lines)
