"""The entry to this room: a verified plan, in this process or, from an event loop, in another."""

from __future__ import annotations

import contextlib
from typing import Final

import anyio
import anyio.to_process

from geo.route.exact import EXACT_CEILING
from geo.route.model import RouteAnswer, RouteProblem, Shift, Site
from geo.route.solve import solve
from geo.route.travel import StraightLineEstimate, TravelTimes
from geo.route.verify import verify

START_SECONDS: Final = 30.0
"""What a solver process may take beyond the solving: to start, import, shortlist and verify."""

RESTARTS: Final = 2


def plan(problem: RouteProblem, travel: TravelTimes, *, seconds: float, seed: int, threads: int = 1) -> RouteAnswer:
    """The best round found within `seconds`, verified.

    Same arguments, same answer, unless `seconds` ran out. Raises RouteProblemError for a problem without an answer;
    RouteInfeasible, should solver and verifier disagree, is a defect. Blocks, and VROOM keeps the interpreter lock
    all the while: from an event loop call `plan_off_loop`.
    """
    answer = solve(problem, travel, seconds=seconds, seed=seed, threads=threads)
    verify(problem, travel, answer)
    return answer


async def plan_off_loop(
    problem: RouteProblem,
    travel: TravelTimes,
    *,
    seconds: float,
    seed: int,
    threads: int = 1,
    limiter: anyio.CapacityLimiter | None = None,
) -> RouteAnswer:
    """`plan` in a worker process, because a thread would stall the loop: VROOM does not release the interpreter lock.

    `travel` is sent along, so it must pickle. The process stays for the next call and ends with this one; it is
    killed when the task is cancelled, or, with TimeoutError, START_SECONDS after `seconds`. `limiter` bounds the
    processes (default: one per processor). Raises what `plan` raises, and anyio.BrokenWorkerProcess when processes
    go on dying.
    """
    with anyio.fail_after(seconds + START_SECONDS):
        for _ in range(RESTARTS):
            # A waiting process may have died of its own; planning changes nothing, so asking another is harmless.
            with contextlib.suppress(anyio.BrokenWorkerProcess):
                return await _in_worker(problem, travel, seconds, seed, threads, limiter)
        return await _in_worker(problem, travel, seconds, seed, threads, limiter)


async def _in_worker(
    problem: RouteProblem,
    travel: TravelTimes,
    seconds: float,
    seed: int,
    threads: int,
    limiter: anyio.CapacityLimiter | None,
) -> RouteAnswer:
    return await anyio.to_process.run_sync(
        _plan, problem, travel, seconds, seed, threads, cancellable=True, limiter=limiter
    )


async def warm_solver() -> None:
    """Starts a solver process ahead of the first question, which would otherwise wait a second or two for it."""
    here = (121.6, 38.9)
    # One site more than is solved without VROOM, whose import is what takes the time.
    sites = tuple(Site(key, here, 60) for key in range(EXACT_CEILING + 1))
    problem = RouteProblem(here, here, sites, Shift(0, 3600), 1)
    await plan_off_loop(problem, StraightLineEstimate(), seconds=1.0, seed=0)


def _plan(problem: RouteProblem, travel: TravelTimes, seconds: float, seed: int, threads: int) -> RouteAnswer:
    """By position, as a worker process takes its arguments."""
    return plan(problem, travel, seconds=seconds, seed=seed, threads=threads)
