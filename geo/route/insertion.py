"""Putting one more site into a round: where it costs least, and by how much it fails where it does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo.route.timetable import END, START, Clock


@dataclass(frozen=True, slots=True)
class Insertion:
    """The node becomes stop number `position` + 1; the round then ends at `finish`, late or not."""

    node: int
    position: int
    finish: int
    added_travel: int


def insertions(clock: Clock, order: Sequence[int], node: int) -> list[Insertion]:
    """Every place in `order` (itself feasible) where `node` breaks no window; `finish` may be after the shift."""
    found = []
    origin, departure = START, clock.shift.start
    for position in range(len(order) + 1):
        following = order[position] if position < len(order) else END
        left = clock.leave(origin, departure, node)
        finish = None if left is None else clock.finish(order[position:], node, left)
        if finish is not None:
            added = clock.travel[origin][node] + clock.travel[node][following] - clock.travel[origin][following]
            found.append(Insertion(node, position, finish, added))
        if position < len(order):
            onward = clock.leave(origin, departure, following)
            if onward is None:
                raise AssertionError(f"stop {position + 1} of the round cannot be made")
            origin, departure = following, onward
    return found


def fill(clock: Clock, order: Sequence[int], nodes: Sequence[int], max_stops: int) -> list[int]:
    """Inserts, one at a time, whatever of `nodes` still fits: higher priority first, then least added travel."""
    filled, left = list(order), [node for node in nodes if node not in order]
    while left and len(filled) < max_stops:
        fitting = [
            insertion
            for node in left
            for insertion in insertions(clock, filled, node)
            if insertion.finish <= clock.shift.end
        ]
        if not fitting:
            break
        best = min(fitting, key=lambda i: (-clock.site(i.node).priority, i.added_travel, i.node, i.position))
        filled.insert(best.position, best.node)
        left.remove(best.node)
    return filled
