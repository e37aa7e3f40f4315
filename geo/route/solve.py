"""From a problem to an answer: shortlist, order by VROOM, fill what still fits, and say why the rest stays out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

import numpy as np

from geo.route.candidates import Candidates, shortlist
from geo.route.insertion import fill, insertions
from geo.route.model import (
    Leg,
    Line,
    Position,
    RouteAnswer,
    RouteProblem,
    Stop,
    Unvisited,
    UnvisitedReason,
)
from geo.route.timetable import FIRST_SITE, Clock
from geo.route.travel import UNREACHABLE, TravelMatrix, TravelTimes
from geo.route.wording import clock_text, duration_text

EXPLORATION_LEVEL: Final = 5
"""VROOM's, from 0 (fastest) to 5 (best)."""


def solve(problem: RouteProblem, travel: TravelTimes, *, seconds: float, seed: int, threads: int) -> RouteAnswer:
    """The best round found within `seconds` of solving, not yet verified; `plan` is what others call.

    The same arguments give the same answer unless `seconds` ran out. VROOM draws no random numbers; `seed` sets the
    order in which it is given the sites, which decides between equals. Raises RouteProblemError (see `shortlist`).
    """
    candidates = shortlist(problem, travel)
    sites = candidates.sites
    nodes = [problem.start, problem.end, *(site.position for site in sites if site.position is not None)]
    matrix = travel.matrix(nodes, nodes)
    clock = Clock(matrix.seconds, sites, problem.shift)
    order = _vroom_order(clock, matrix, problem.max_stops, seconds, seed, threads) if sites else []
    order = fill(clock, order, range(FIRST_SITE, FIRST_SITE + len(sites)), problem.max_stops)
    return _answer(problem, travel, candidates, clock, matrix, nodes, order)


def _vroom_order(
    clock: Clock, matrix: TravelMatrix, max_stops: int, seconds: float, seed: int, threads: int
) -> list[int]:
    # VROOM brings pandas: half a second and 70 MB that a process which only asks for plans need not spend.
    import vroom

    shift = clock.shift
    # VROOM knows no "unreachable": a way longer than the shift is one.
    beyond = shift.seconds + 1
    travel = np.where(matrix.seconds == UNREACHABLE, beyond, np.minimum(matrix.seconds, beyond))
    problem = vroom.Input()
    problem.set_durations_matrix("car", travel.astype(np.uint32))
    whole_shift = vroom.TimeWindow(shift.start, shift.end)
    problem.add_vehicle(
        vroom.Vehicle(1, start=0, end=1, time_window=whole_shift, max_tasks=min(max_stops, len(clock.sites)))
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
    solution = problem.solve(EXPLORATION_LEVEL, nb_threads=threads, timeout=timedelta(seconds=seconds))
    steps = solution.routes
    return [int(node) for node in steps.loc[steps["type"] == "job", "id"]] if len(steps) else []


def _answer(
    problem: RouteProblem,
    travel: TravelTimes,
    candidates: Candidates,
    clock: Clock,
    matrix: TravelMatrix,
    nodes: Sequence[Position],
    order: Sequence[int],
) -> RouteAnswer:
    timetable = clock.timetable(order)
    if timetable is None:
        raise AssertionError("the solver returned a round that breaks a window or the shift")
    stops = tuple(
        Stop(
            sequence=sequence,
            key=clock.site(visit.node).key,
            arrival=visit.arrival,
            wait_seconds=visit.begin - visit.arrival,
            service_seconds=visit.departure - visit.begin,
            departure=visit.departure,
        )
        for sequence, visit in enumerate(timetable.visits, start=1)
    )
    chain = [0, *order, 1]
    legs = tuple(
        Leg(
            int(matrix.seconds[origin, destination]),
            float(matrix.meters[origin, destination]),
            travel.line(nodes[origin], nodes[destination]),
        )
        for origin, destination in pairwise(chain)
    )
    return RouteAnswer(
        basis=travel.basis,
        departure=timetable.departure,
        finish=timetable.finish,
        seconds=sum(leg.seconds for leg in legs),
        meters=sum(leg.meters for leg in legs),
        wait_seconds=sum(stop.wait_seconds for stop in stops),
        service_seconds=sum(stop.service_seconds for stop in stops),
        line=joined(legs),
        stops=stops,
        legs=legs,
        unvisited=tuple(
            sorted(
                (*candidates.unvisited, *_left_out(problem, clock, order)),
                key=lambda unvisited: unvisited.key,
            )
        ),
    )


def joined(legs: Sequence[Leg]) -> Line:
    """One line along all legs, with the position where two of them meet once."""
    return (*legs[0].line, *(position for leg in legs[1:] for position in leg.line[1:]))


def _left_out(problem: RouteProblem, clock: Clock, order: Sequence[int]) -> list[Unvisited]:
    """For each candidate not in `order`: whether time or the number of stops forbids it, found by trying."""
    chosen = set(order)
    full = f"the round has its {len(order)} stops" if len(order) != 1 else "the round has its one stop"
    found = []
    for node in range(FIRST_SITE, FIRST_SITE + len(clock.sites)):
        if node in chosen:
            continue
        key, places = clock.site(node).key, insertions(clock, order, node)
        fitting = [place for place in places if place.finish <= problem.shift.end]
        if fitting:
            best = min(fitting, key=lambda place: place.added_travel)
            detail = (
                f"Would fit as stop {best.position + 1} with {duration_text(max(best.added_travel, 0))} more travel,"
                f" but {full}."
            )
            found.append(Unvisited(key, UnvisitedReason.STOP_LIMIT, detail))
        elif places:
            best = min(places, key=lambda place: place.finish)
            late = best.finish - problem.shift.end
            detail = (
                f"Fits nowhere among the chosen stops: at best, as stop {best.position + 1}, the round would end at"
                f" {clock_text(best.finish)}, {duration_text(late)} after the shift."
            )
            found.append(Unvisited(key, UnvisitedReason.NO_TIME, detail))
        else:
            detail = "Fits nowhere among the chosen stops: anywhere, this or a later stop would miss its opening hours."
            found.append(Unvisited(key, UnvisitedReason.NO_TIME, detail))
    return found
