"""VROOM (https://github.com/VROOM-Project/vroom, through pyvroom) as the finder of an order."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final

import numpy as np

from geo.route.timetable import END, FIRST_SITE, START, Clock
from geo.route.travel import UNREACHABLE

_EFFORT: Final = ((1_000, 5), (1_600, 4), (2_500, 3), (4_000, 2), (6_500, 1))
"""Sites times stops that each exploration level gets through in about a second of one 2020s core, measured."""

SAFETY_FACTOR = 5
"""How many times the seconds asked for the search may take before it is cut off."""


def exploration_level(sites: int, max_stops: int, seconds: float) -> int:
    """VROOM's level, 0 (fastest) to 5 (best), that should end by itself within `seconds`.

    Chosen beforehand, because a search that is cut off by the clock answers differently on a busier machine.
    """
    effort = sites * min(sites, max_stops) / seconds
    return next((level for bound, level in _EFFORT if effort <= bound), 0)


def vroom_order(clock: Clock, max_stops: int, *, seconds: float, seed: int, threads: int) -> list[int]:
    """A good order of nodes within `seconds`; wants what `RouteProblem` wants. At least one site.

    VROOM draws no random numbers; `seed` shuffles the sites it is given, which decides between equals.
    """
    # VROOM brings pandas: half a second and 70 MB that a process which only asks for plans need not spend.
    import vroom

    shift = clock.shift
    # VROOM knows no "unreachable": a way longer than the shift is one.
    beyond = shift.seconds + 1
    travel = np.asarray(clock.travel)
    travel = np.where(travel == UNREACHABLE, beyond, np.minimum(travel, beyond))
    problem = vroom.Input()
    problem.set_durations_matrix("car", travel.astype(np.uint32))
    whole_shift = vroom.TimeWindow(shift.start, shift.end)
    problem.add_vehicle(
        vroom.Vehicle(1, start=START, end=END, time_window=whole_shift, max_tasks=min(max_stops, len(clock.sites)))
    )
    nodes = list(range(FIRST_SITE, FIRST_SITE + len(clock.sites)))
    random.Random(seed).shuffle(nodes)  # noqa: S311 - reproducible on purpose
    problem.add_job(
        [
            vroom.Job(
                node,
                location=node,
                default_service=clock.site(node).service_seconds,
                priority=clock.site(node).priority,
                time_windows=[vroom.TimeWindow(w.opens, w.closes) for w in clock.site(node).windows],
            )
            for node in nodes
        ]
    )
    level = exploration_level(len(nodes), max_stops, seconds)
    # the level keeps to the time; the clock only ends what a starved machine has slowed, so that answers do not depend
    # on what else runs
    limit = timedelta(seconds=seconds * SAFETY_FACTOR)
    solution = problem.solve(level, nb_threads=threads, timeout=limit)
    steps = solution.routes
    return [int(node) for node in steps.loc[steps["type"] == "job", "id"]] if len(steps) else []
