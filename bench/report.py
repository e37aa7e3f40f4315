"""The results as a page of Markdown: two tables, and all it takes to get them again."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from bench.measure import CLIENTS, Measured, Ratio
from bench.workloads import Workload

PACKAGES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "uvloop", "asyncpg", "SQLAlchemy", "orjson")


@dataclass(frozen=True)
class Contest:
    """What was measured: for each workload one entry per contender, in the order of ``contenders``.

    ``resident`` is each worker's memory after the run in MiB, ``children`` that of the processes it started; ``city``
    counts each table's rows.
    """

    contenders: list[str]
    measured: list[tuple[Workload, list[Measured]]]
    resident: list[float]
    children: list[float]
    city: dict[str, int]
    database: str


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
    rounds: int
    seconds: float
    contest: Contest
    flagship: Flagship | None


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
    ]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:.0f}"


def _per_second(figure: float) -> str:
    return f"{figure:.1f}" if figure < 100 else f"{figure:,.0f}"


def _ratio(ratio: Ratio) -> str:
    digits = 2 if ratio.median < 10 else 1
    return f"**{ratio.median:.{digits}f}** ({ratio.least:.{digits}f}–{ratio.greatest:.{digits}f})"


def _latency_row(workload: Workload, figures: Sequence[Measured]) -> list[str]:
    cells = [workload.name, _milliseconds(statistics.median(figures[0].latency))]
    for other in figures[1:]:
        cells += [_milliseconds(statistics.median(other.latency)), _ratio(Ratio.of(other.latency, figures[0].latency))]
    return cells


def _throughput_row(workload: Workload, figures: Sequence[Measured]) -> list[str]:
    cells = [workload.name, _per_second(statistics.median(figures[0].throughput))]
    for other in figures[1:]:
        ratio = Ratio.of(other.throughput, figures[0].throughput)
        cells += [_per_second(statistics.median(other.throughput)), _ratio(ratio)]
    return cells


def markdown(run: Run) -> str:
    """The page ``bench/RESULTS.md``."""
    contest = run.contest
    base, *others = contest.contenders
    header = ["", base, *(cell for name in others for cell in (name, f"× {base}"))]
    latency = [_latency_row(workload, figures) for workload, figures in contest.measured]
    throughput = [_throughput_row(workload, figures) for workload, figures in contest.measured]
    processor = [
        [workload.name, *(_milliseconds(statistics.median(each.processor)) for each in figures)]
        for workload, figures in contest.measured
    ]
    memory = [
        ["RSS after the run, MiB", *(f"{mebibytes:.0f}" for mebibytes in contest.resident)],
        ["RSS of processes it started", *(f"{mebibytes:.0f}" for mebibytes in contest.children)],
    ]
    size = ", ".join(f"{count:,} {what}" for what, count in contest.city.items())
    lines = [
        "# Results",
        "",
        f"Made by `{run.command}`. City: {size}; sample as of {run.day}.",
        "",
        f"Machine: {machine()}. {contest.database}. Python {platform.python_version()}; "
        + ", ".join(f"{package} {version(package)}" for package in PACKAGES)
        + ".",
        "",
        f"Each server is one uvicorn worker (uvloop, httptools), asked alone while the others are idle: {run.rounds} "
        f"paired rounds in turning order, {run.seconds:g} s a cell, drained in between, the answers compared first. "
        f"Figures are medians; a ratio is the median of the rounds' ratios, with the least and the greatest. "
        f"Client, worker and PostgreSQL share the machine.",
        "",
        *(f"- **{workload.name}** {workload.title}" for workload, _ in contest.measured),
        "",
        "## One client, p50 in ms (lower is better)",
        "",
        *_table(header, latency),
        "",
        f"## {CLIENTS} clients, answers per second (higher is better)",
        "",
        *_table(header, throughput),
        "",
        f"## The worker's own processor time per answer in ms, {CLIENTS} clients, and its memory",
        "",
        *_table(["", *contest.contenders], [*processor, *memory]),
        "",
    ]
    if run.flagship is not None:
        latencies = run.flagship.latencies
        lines += [
            "## The flagship request",
            "",
            f"In the sample city of {run.flagship.projects:,} projects, one client: "
            f"p50 {_milliseconds(statistics.median(latencies))} ms, least {_milliseconds(min(latencies))} ms, "
            f"greatest {_milliseconds(max(latencies))} ms over {len(latencies)} requests.",
            "",
        ]
    return "\n".join(lines)
