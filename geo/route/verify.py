"""An independent check of an answer against its problem. Shares no arithmetic with the solver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from geo.route.model import Position, RouteAnswer, RouteProblem, Site, UnvisitedReason
from geo.route.travel import UNREACHABLE, TravelTimes

SECONDS_TOLERANCE: Final = 1
METERS_TOLERANCE: Final = 0.2
"""Between an answer and travel times asked for again, whose last bit may have been rounded the other way."""


class RouteInfeasible(Exception):
    """An answer that cannot be driven, or does not add up; `violations` lists everything found."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        super().__init__(violations)
        self.violations = violations

    def __str__(self) -> str:
        return "; ".join(self.violations)


def verify(problem: RouteProblem, travel: TravelTimes, answer: RouteAnswer) -> None:
    """Raises RouteInfeasible listing every violation; returns when there is none."""
    violations = tuple(_violations(problem, travel, answer))
    if violations:
        raise RouteInfeasible(violations)


def _violations(problem: RouteProblem, travel: TravelTimes, answer: RouteAnswer) -> Iterator[str]:
    sites = {site.key: site for site in problem.sites}
    if answer.basis != travel.basis:
        yield f"basis is {answer.basis}, the travel times are {travel.basis}"
    yield from _accounts(problem, sites, answer)
    if len(answer.legs) != len(answer.stops) + 1:
        yield f"{len(answer.legs)} legs for {len(answer.stops)} stops"
        return
    positions = [sites[stop.key].position for stop in answer.stops if stop.key in sites]
    chain = [problem.start, *(position for position in positions if position is not None), problem.end]
    if len(chain) != len(answer.stops) + 2:
        return  # a stop that is no site, or has no position, was reported above
    yield from _clock(problem, sites, answer)
    yield from _travel(travel, chain, answer)
    yield from _line(chain, answer)


def _accounts(problem: RouteProblem, sites: dict[int, Site], answer: RouteAnswer) -> Iterator[str]:
    """Every site exactly once, as a stop or as unvisited."""
    if len(answer.stops) > problem.max_stops:
        yield f"{len(answer.stops)} stops, the limit is {problem.max_stops}"
    if [stop.sequence for stop in answer.stops] != list(range(1, len(answer.stops) + 1)):
        yield "stops are not numbered from 1"
    named = Counter([stop.key for stop in answer.stops] + [unvisited.key for unvisited in answer.unvisited])
    for key, count in named.items():
        if key not in sites:
            yield f"site {key} was not asked for"
        elif count > 1:
            yield f"site {key} occurs {count} times"
    for key in sites.keys() - named.keys():
        yield f"site {key} is neither visited nor unvisited"
    for stop in answer.stops:
        if stop.key in sites and sites[stop.key].position is None:
            yield f"stop {stop.sequence} has no location"
    for unvisited in answer.unvisited:
        site = sites.get(unvisited.key)
        if site is not None and (unvisited.reason == UnvisitedReason.NO_LOCATION) != (site.position is None):
            yield f"site {unvisited.key} is left out for {unvisited.reason}, which is untrue"
        if unvisited.reason == UnvisitedReason.STOP_LIMIT and len(answer.stops) < problem.max_stops:
            yield f"site {unvisited.key} is left out for the limit of stops, which is not reached"
        if not unvisited.detail:
            yield f"site {unvisited.key} is left out without a detail"


def _clock(problem: RouteProblem, sites: dict[int, Site], answer: RouteAnswer) -> Iterator[str]:
    """Shift, windows, service, and that every time follows from the one before."""
    if answer.departure < problem.shift.start:
        yield "the round starts before the shift"
    if answer.finish > problem.shift.end:
        yield "the round ends after the shift"
    left = answer.departure
    for stop, leg in zip(answer.stops, answer.legs, strict=False):
        where, site = f"stop {stop.sequence}", sites[stop.key]
        begin = stop.arrival + stop.wait_seconds
        if stop.arrival != left + leg.seconds:
            yield f"{where}: arrival is not departure plus travel"
        if stop.wait_seconds < 0:
            yield f"{where}: waits {stop.wait_seconds} s"
        if stop.service_seconds != site.service_seconds:
            yield f"{where}: service is {stop.service_seconds} s, asked for {site.service_seconds} s"
        if stop.departure != begin + stop.service_seconds:
            yield f"{where}: departure is not arrival plus waiting plus service"
        if site.windows and not any(window.opens <= begin <= window.closes for window in site.windows):
            yield f"{where}: service begins outside the windows"
        left = stop.departure
    if answer.finish != left + answer.legs[-1].seconds:
        yield "the end is not reached at departure plus travel"
    if answer.wait_seconds != sum(stop.wait_seconds for stop in answer.stops):
        yield "waiting does not add up"
    if answer.service_seconds != sum(stop.service_seconds for stop in answer.stops):
        yield "service does not add up"


def _travel(travel: TravelTimes, chain: list[Position], answer: RouteAnswer) -> Iterator[str]:
    """Each leg against travel times asked for again, and their sums."""
    measured = travel.matrix(chain[:-1], chain[1:])
    for number, leg in enumerate(answer.legs):
        seconds, meters = int(measured.seconds[number, number]), float(measured.meters[number, number])
        if seconds == UNREACHABLE:
            yield f"leg {number + 1}: there is no way"
        elif abs(leg.seconds - seconds) > SECONDS_TOLERANCE:
            yield f"leg {number + 1}: {leg.seconds} s, travel takes {seconds} s"
        elif not abs(leg.meters - meters) <= METERS_TOLERANCE:  # "not": NaN must not pass
            yield f"leg {number + 1}: {leg.meters} m, the way has {meters} m"
    if answer.seconds != sum(leg.seconds for leg in answer.legs):
        yield "seconds do not add up"
    if not abs(answer.meters - sum(leg.meters for leg in answer.legs)) <= METERS_TOLERANCE:
        yield "meters do not add up"


def _line(chain: list[Position], answer: RouteAnswer) -> Iterator[str]:
    """Each leg's line joins its ends, and the whole line is the legs' one after the other."""
    for number, leg in enumerate(answer.legs):
        if len(leg.line) < 2 or leg.line[0] != chain[number] or leg.line[-1] != chain[number + 1]:
            yield f"leg {number + 1}: the line does not join its ends"
    whole = list(answer.legs[0].line)
    for leg in answer.legs[1:]:
        whole.extend(leg.line[1:])
    if list(answer.line) != whole:
        yield "the line is not the legs' lines joined"
