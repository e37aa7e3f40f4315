"""What the read path owes, and whether a run gave it: ratios to the floor, milliseconds and MiB."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.contest import FLOOR, OURS, Contest
from bench.growth import Growth
from bench.measure import Ratio, median

THROUGHPUT = {"W1": 0.95, "W2": 0.95, "W3": 0.97, "W4": 0.90, "W5": 0.95, "W7": 0.97}
"""Our answers per second ÷ the floor's, 16 clients, one worker: at least."""
LATENCY = {"W1": 1.08, "W2": 1.08, "W3": 1.05, "W4": 1.20, "W5": 1.08}
"""Our p50 ÷ the floor's, one client: at most."""
AGGREGATE_SECONDS = 0.002
"""W6 from the maintained roll-up, p50 of one client, whatever the number of projects."""
RESIDENT_MEBIBYTES = 120.0
"""A worker of ours after the run."""
GROWTH = 1.3
"""Our p50 in the big city ÷ that in the small one, W1 to W5."""
GROWING = ("W1", "W2", "W3", "W4", "W5")


@dataclass(frozen=True)
class Target:
    """One figure and what it must not fall below or rise above."""

    name: str
    figure: str
    bound: str
    met: bool


def _at_least(name: str, figure: float, bound: float) -> Target:
    return Target(name, f"{figure:.2f}", f"≥ {bound:.2f}", figure >= bound)


def _at_most(name: str, figure: float, bound: float, unit: str = "", digits: int = 2) -> Target:
    return Target(name, f"{figure:.{digits}f}{unit}", f"≤ {bound:.{digits}f}{unit}", figure <= bound)


def of_contest(contest: Contest) -> Iterator[Target]:
    """The targets that a contest of one worker a contender decides."""
    for names, bounds, ratio, judged in (
        ("answers per second × floor, 16 clients", THROUGHPUT, _throughput, _at_least),
        ("p50 × floor, one client", LATENCY, _latency, _at_most),
    ):
        for workload, bound in bounds.items():
            if (found := ratio(contest, workload)) is not None:
                yield judged(f"{workload} {names}", found, bound)
    if (aggregate := contest.of("W6", OURS)) is not None:
        yield _at_most("W6 p50, one client", median(aggregate.latency) * 1e3, AGGREGATE_SECONDS * 1e3, " ms", 1)
    if OURS in contest.contenders:
        most = max(each.resident for each in contest.memory[contest.contenders.index(OURS)])
        yield _at_most("RSS of a worker after the run", most, RESIDENT_MEBIBYTES, " MiB", 0)


def _throughput(contest: Contest, workload: str) -> float | None:
    ours, floor = contest.of(workload, OURS), contest.of(workload, FLOOR)
    return None if ours is None or floor is None else Ratio.of(ours.throughput, floor.throughput).median


def _latency(contest: Contest, workload: str) -> float | None:
    ours, floor = contest.of(workload, OURS), contest.of(workload, FLOOR)
    return None if ours is None or floor is None else Ratio.of(ours.latency, floor.latency).median


def of_growth(growth: Growth) -> Iterator[Target]:
    """The targets of a city that has grown."""
    for each in growth.grown:
        small, big = each.latencies[OURS]
        name = f"{each.workload} p50 at {growth.big:,} × at {growth.small:,}"
        if each.workload in GROWING:
            yield _at_most(name, Ratio.of(big.latency, small.latency).median, GROWTH)
