"""From a problem to an answer: shortlist, find the order, fill what still fits, and say why the rest stays out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from geo.route.candidates import Candidates, shortlist
from geo.route.exact import EXACT_CEILING, exact_order
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
from geo.route.travel import TravelMatrix, TravelTimes
from geo.route.vroom_order import vroom_order
from geo.route.wording import clock_text, duration_text


def solve(problem: RouteProblem, travel: TravelTimes, *, seconds: float, seed: int, threads: int) -> RouteAnswer:
    """The best round found within `seconds` of solving, not yet verified; `plan` is what others call.

    The same arguments give the same answer unless `seconds` ran out; the order of the sites plays no part. Raises
    RouteProblemError (see `shortlist`).
    """
    candidates = shortlist(problem, travel)
    sites = candidates.sites
    nodes = [problem.start, problem.end, *(site.position for site in sites if site.position is not None)]
    matrix = travel.matrix(nodes, nodes)
    clock = Clock(matrix.seconds, sites, problem.shift)
    if len(sites) <= EXACT_CEILING:
        order = exact_order(clock, problem.max_stops)
    else:
        order = vroom_order(clock, problem.max_stops, seconds=seconds, seed=seed, threads=threads)
        # VROOM has not been seen to leave out what fits (1,300 instances), but nothing promises it, and STOP_LIMIT must
        # be true.
        order = fill(clock, order, range(FIRST_SITE, FIRST_SITE + len(sites)), problem.max_stops)
    return _answer(problem, travel, candidates, clock, matrix, nodes, order)


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
