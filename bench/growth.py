"""Ten times the city: the same questions, for as many rows, in two databases in turn."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass

from bench.contest import FLOOR, OURS, Access, contenders, prefixed
from bench.measure import Measured, Pace, Progress, contestants, measure
from bench.servers import serving
from bench.workloads import build

COMPARED = ("W1", "W2", "W3", "W4", "W5", "W6", "W7")


@dataclass(frozen=True)
class Grown:
    """One client's latencies of one workload, by contender: in the small city and in the big one."""

    workload: str
    latencies: dict[str, tuple[Measured, Measured]]


@dataclass(frozen=True)
class Growth:
    """From ``small`` to ``big`` projects."""

    small: int
    big: int
    grown: list[Grown]


def measure_growth(small_url: str, big_url: str, sizes: tuple[int, int], pace: Pace, progress: Progress) -> Growth:
    """The floor and ours on both databases, all four up at once and asked in turn by one client."""
    access = Access.issue()
    entrants = [contenders(access.token)[name] for name in (FLOOR, OURS)]
    small, big = (asyncio.run(build(url)) for url in (small_url, big_url))
    found = []
    with ExitStack() as running:
        servers = [
            [running.enter_context(serving(each, access.environment(url))) for each in entrants]
            for url in (small_url, big_url)
        ]
        for workload in small:
            if workload.name not in COMPARED:
                continue
            larger = next(each for each in big if each.name == workload.name)
            tell = prefixed(progress, f"{workload.name} at {sizes[0]:,} and {sizes[1]:,}")
            contest = [
                one
                for asked, group in zip((workload, larger), servers, strict=True)
                for one in contestants(asked, group)
            ]
            figures = measure(contest, pace, progress=tell, clients=(1,))
            half = len(figures) // 2
            found.append(
                Grown(
                    workload.name,
                    {
                        entrant.name: pair
                        for entrant, pair in zip(
                            entrants, zip(figures[:half], figures[half:], strict=True), strict=True
                        )
                    },
                )
            )
    return Growth(*sizes, found)
