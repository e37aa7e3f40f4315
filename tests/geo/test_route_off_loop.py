"""Planning from an event loop: in another process, with the loop free and errors intact."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time

import pytest

from geo.route import (
    RouteProblem,
    RouteProblemError,
    Shift,
    Site,
    StraightLineEstimate,
    plan,
    plan_off_loop,
    warm_solver,
)

HERE = (121.6147, 38.9140)
DAY = Shift(30_600, 63_000)


def problem(count: int) -> RouteProblem:
    rng = random.Random(11)
    sites = (Site(key, (HERE[0] + rng.gauss(0, 0.2), HERE[1] + rng.gauss(0, 0.2)), 1200) for key in range(count))
    return RouteProblem(HERE, HERE, tuple(sites), DAY, 12)


async def test_same_answer_while_the_loop_runs_on() -> None:
    await warm_solver()
    gaps = []

    async def heartbeat() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    beating = asyncio.create_task(heartbeat())
    began = time.perf_counter()
    answer = await plan_off_loop(problem(120), StraightLineEstimate(), seconds=10.0, seed=1)
    took = time.perf_counter() - began
    beating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beating
    assert answer == plan(problem(120), StraightLineEstimate(), seconds=10.0, seed=1)
    # In a thread the longest gap is the whole of the solving; here it is what the machine's other load makes it.
    assert max(gaps) < took / 2


async def test_errors_arrive_as_themselves() -> None:
    far = RouteProblem(HERE, (100.0, 30.0), (), DAY, 1)
    with pytest.raises(RouteProblemError) as caught:
        await plan_off_loop(far, StraightLineEstimate(), seconds=1.0, seed=0)
    assert caught.value.field == "end"


async def test_a_cancelled_plan_leaves_the_next_one_alone() -> None:
    await warm_solver()
    planning = asyncio.create_task(plan_off_loop(problem(120), StraightLineEstimate(), seconds=10.0, seed=1))
    await asyncio.sleep(0)
    planning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await planning
    assert (await plan_off_loop(problem(5), StraightLineEstimate(), seconds=1.0, seed=0)).stops
