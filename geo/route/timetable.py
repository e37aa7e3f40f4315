"""The clock along a round: when each stop is reached, and whether the round keeps windows and shift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.route.model import Shift, Site, Window
from geo.route.travel import UNREACHABLE

START, END = 0, 1
"""Rows and columns of the start and of the end in a `Clock`'s matrix; the sites follow."""

FIRST_SITE = 2


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop on the clock: the node, and when service begins after arriving."""

    node: int
    arrival: int
    begin: int
    departure: int


@dataclass(frozen=True, slots=True)
class Timetable:
    departure: int
    visits: tuple[Visit, ...]
    finish: int


def opening(windows: Sequence[Window], arrival: int) -> int | None:
    """When service can begin for one who arrives at `arrival`; None when every window has closed."""
    if not windows:
        return arrival
    return next((max(arrival, window.opens) for window in windows if arrival <= window.closes), None)


class Clock:
    """Times rounds over nodes: START, END and, from FIRST_SITE on, `sites` in order.

    `seconds` is the square matrix of travel times between nodes. Leaving earlier never makes one later, so serving
    each stop as early as possible decides feasibility.
    """

    def __init__(self, seconds: NDArray[np.int64], sites: Sequence[Site], shift: Shift) -> None:
        # Plain lists: these are read one number at a time, where an array is ten times slower.
        self.travel: list[list[int]] = seconds.tolist()
        self.sites = sites
        self.shift = shift

    def site(self, node: int) -> Site:
        return self.sites[node - FIRST_SITE]

    def arrive(self, origin: int, departure: int, node: int) -> int | None:
        """When one arrives at `node`; None when there is no way."""
        seconds = self.travel[origin][node]
        return None if seconds == UNREACHABLE else departure + seconds

    def leave(self, origin: int, departure: int, node: int) -> int | None:
        """When a visit to `node` is over for one who left `origin` at `departure`; None when it cannot be made."""
        arrival = self.arrive(origin, departure, node)
        if arrival is None:
            return None
        site = self.site(node)
        begin = opening(site.windows, arrival)
        return None if begin is None else begin + site.service_seconds

    def finish(self, order: Sequence[int], origin: int = START, departure: int | None = None) -> int | None:
        """When the end is reached, late or not, through `order` from `origin`; None when a stop cannot be made."""
        at = self.shift.start if departure is None else departure
        for node in order:
            left = self.leave(origin, at, node)
            if left is None:
                return None
            origin, at = node, left
        return self.arrive(origin, at, END)

    def travel_seconds(self, order: Sequence[int]) -> int:
        """Travel along start, `order`, end; every leg must be possible."""
        chain = [START, *order, END]
        return sum(self.travel[chain[i]][chain[i + 1]] for i in range(len(chain) - 1))

    def timetable(self, order: Sequence[int]) -> Timetable | None:
        """The round that leaves as late as it can without ending later; None when it misses a window or the shift."""
        finish = self.finish(order)
        if finish is None or finish > self.shift.end:
            return None
        departure = self._latest_departure(order)
        visits = []
        origin, at = START, departure
        for node in order:
            arrival = at + self.travel[origin][node]
            begin = opening(self.site(node).windows, arrival)
            if begin is None:
                raise AssertionError(f"a later departure closed the window of node {node}")
            at = begin + self.site(node).service_seconds
            visits.append(Visit(node, arrival, begin, at))
            origin = node
        return Timetable(departure, tuple(visits), at + self.travel[origin][END])

    def _latest_departure(self, order: Sequence[int]) -> int:
        """Waiting at a stop can be spent before leaving instead, as far as no stop on the way closes."""
        origin, at = START, self.shift.start
        delay, waited = None, 0
        for node in order:
            arrival = at + self.travel[origin][node]
            site = self.site(node)
            begin = opening(site.windows, arrival)
            if begin is None:
                raise AssertionError(f"node {node} is closed in a round found feasible")
            waited += begin - arrival
            closes = next((w.closes for w in site.windows if begin <= w.closes), None)
            # Only delays absorbed by waiting, here or earlier, leave the rest of the round where it is.
            if closes is not None:
                room = waited + closes - begin
                delay = room if delay is None else min(delay, room)
            origin, at = node, begin + site.service_seconds
        return self.shift.start + (waited if delay is None else min(delay, waited))
