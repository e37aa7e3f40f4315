"""Which sites the solver is given: those that could be visited at all, the most promising first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from geo.route.model import RouteProblem, RouteProblemError, Site, Unvisited, UnvisitedReason
from geo.route.timetable import opening
from geo.route.travel import UNREACHABLE, TravelTimes
from geo.route.wording import clock_text, duration_text

CANDIDATE_CEILING: Final = 120
"""The most sites the solver is given; for so many it answers within a second."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """`sites`, by descending promise, all with a position; `unvisited`, the others with their reasons."""

    sites: tuple[Site, ...]
    unvisited: tuple[Unvisited, ...]


def shortlist(problem: RouteProblem, travel: TravelTimes, ceiling: int = CANDIDATE_CEILING) -> Candidates:
    """Drops the sites that cannot be visited even alone; of more than `ceiling` others keeps the best.

    Best is: higher priority, then less travel from the start there and on to the end, then smaller key. Raises
    RouteProblemError when even the way from start to end does not fit the shift.
    """
    _require_way_home(problem, travel)
    ordered = sorted(problem.sites, key=lambda site: site.key)
    unvisited = [
        Unvisited(site.key, UnvisitedReason.NO_LOCATION, "The site has no location.")
        for site in ordered
        if site.position is None
    ]
    located = [(site, site.position) for site in ordered if site.position is not None]
    if not located:
        return Candidates((), tuple(unvisited))
    positions = [position for _, position in located]
    there = travel.matrix([problem.start], positions).seconds[0].tolist()
    back = travel.matrix(positions, [problem.end]).seconds[:, 0].tolist()
    ranked: list[tuple[int, int, int, Site]] = []
    for (site, _), out, home in zip(located, there, back, strict=True):
        refusal = _refusal(problem, site, out, home)
        if refusal is None:
            ranked.append((-site.priority, out + home, site.key, site))
        else:
            unvisited.append(refusal)
    ranked.sort(key=lambda entry: entry[:3])
    unvisited += [
        Unvisited(
            site.key,
            UnvisitedReason.NOT_CONSIDERED,
            f"Ranked {rank} of {len(ranked)} by priority, then nearness; the best {ceiling} are considered.",
        )
        for rank, (*_, site) in enumerate(ranked[ceiling:], start=ceiling + 1)
    ]
    return Candidates(tuple(site for *_, site in ranked[:ceiling]), tuple(unvisited))


def _require_way_home(problem: RouteProblem, travel: TravelTimes) -> None:
    direct = int(travel.matrix([problem.start], [problem.end]).seconds[0, 0])
    if direct == UNREACHABLE:
        raise RouteProblemError("end", "cannot be reached from the start")
    if direct > problem.shift.seconds:
        raise RouteProblemError(
            "end",
            f"is {duration_text(direct)} of travel from the start; the shift is {duration_text(problem.shift.seconds)}",
        )


def _refusal(problem: RouteProblem, site: Site, out: int, home: int) -> Unvisited | None:
    """Why a visit to this site alone is impossible; None when it is possible."""
    if out == UNREACHABLE or home == UNREACHABLE:
        way = "to it from the start" if out == UNREACHABLE else "from it to the end"
        return Unvisited(site.key, UnvisitedReason.UNREACHABLE, f"There is no way {way}.")
    arrival = problem.shift.start + out
    begin = opening(site.windows, arrival)
    if begin is None:
        detail = f"It closes at {clock_text(site.windows[-1].closes)}; the earliest arrival is {clock_text(arrival)}."
        return Unvisited(site.key, UnvisitedReason.OUTSIDE_SHIFT, detail)
    finish = begin + site.service_seconds + home
    if finish <= problem.shift.end:
        return None
    waiting = f", {duration_text(begin - arrival)} waiting" if begin > arrival else ""
    detail = (
        f"Even alone it ends at {clock_text(finish)}, {duration_text(finish - problem.shift.end)} after the shift:"
        f" {duration_text(out)} there{waiting}, {duration_text(site.service_seconds)} on site,"
        f" {duration_text(home)} back."
    )
    return Unvisited(site.key, UnvisitedReason.OUTSIDE_SHIFT, detail)
