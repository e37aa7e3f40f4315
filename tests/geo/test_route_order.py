"""Finding an order: the exact search and the filling of gaps, on times set by hand."""

from __future__ import annotations

import numpy as np
import pytest

from geo.route import UNREACHABLE, Shift, Site, Window
from geo.route.exact import exact_order
from geo.route.insertion import Insertion, fill, insertions
from geo.route.timetable import Clock
from geo.route.vroom_order import exploration_level

HERE = (121.6, 38.9)


def site(service: int, priority: int = 0, *windows: Window) -> Site:
    return Site(0, HERE, service, priority, windows)


def on_a_road(*places: int, sites: list[Site]) -> Clock:
    """Start and end at second 0 of a straight road, sites so many seconds along it, a shift of 1000 s; nodes from 2."""
    along = np.array([0, 0, *places])
    return Clock(np.abs(along[:, None] - along[None, :]).astype(np.int64), sites, Shift(0, 1000))


def test_one_dear_visit_beats_two_cheap_ones() -> None:
    clock = on_a_road(100, 100, 100, sites=[site(700, 50), site(300, 20), site(300, 20)])
    assert exact_order(clock, 3) == [2]
    clock = on_a_road(100, 100, 100, sites=[site(700, 50), site(300, 30), site(300, 30)])
    assert exact_order(clock, 3) == [3, 4]
    assert exact_order(clock, 1) == [2]


def test_of_equal_worth_more_stops_then_less_travel() -> None:
    clock = on_a_road(100, 50, 50, sites=[site(700, 50), site(300, 50), site(300, 0)])
    assert exact_order(clock, 3) == [3, 4]
    clock = on_a_road(300, 100, sites=[site(0, 50), site(0, 50)])
    assert exact_order(clock, 1) == [3]


def test_nothing_fits() -> None:
    clock = on_a_road(600, sites=[site(0)])
    assert exact_order(clock, 1) == []


def test_insertions_tell_finish_and_added_travel() -> None:
    clock = on_a_road(100, 300, 200, sites=[site(10), site(10), site(400)])
    assert insertions(clock, [2, 3], 4) == [
        Insertion(4, 0, 200 + 400 + 100 + 10 + 200 + 10 + 300, 200),
        Insertion(4, 1, 600 + 20 + 400, 0),
        Insertion(4, 2, 600 + 20 + 400, 0),
    ]


def test_insertions_leave_out_places_that_break_a_window() -> None:
    clock = on_a_road(100, 300, 200, sites=[site(10, 0, Window(0, 150)), site(10), site(0, 0, Window(300, 500))])
    assert [place.position for place in insertions(clock, [2, 3], 4)] == [1, 2]
    cut = Clock(np.where(np.array(clock.travel) == 200, UNREACHABLE, clock.travel), clock.sites, clock.shift)
    assert insertions(cut, [], 4) == []


def test_fill_takes_priority_first_then_the_nearer() -> None:
    sites = [site(0), site(300, 10), site(300, 90), site(300, 10)]
    clock = on_a_road(100, 100, 110, 105, sites=sites)
    assert sorted(fill(clock, [2], range(2, 6), 2)) == [2, 4]
    assert sorted(fill(clock, [2], range(2, 6), 4)) == [2, 3, 4]
    assert fill(clock, [2], range(2, 6), 1) == [2]


def test_fill_uses_the_shift_to_its_last_second() -> None:
    clock = on_a_road(100, sites=[site(800)])
    assert fill(clock, [], [2], 1) == [2]
    late = on_a_road(100, sites=[site(801)])
    assert fill(late, [], [2], 1) == []


@pytest.mark.parametrize(("order", "departure", "finish"), [([], 0, 0), ([2], 150, 360), ([2, 3], 150, 560)])
def test_a_round_leaves_as_late_as_costs_nothing(order: list[int], departure: int, finish: int) -> None:
    clock = on_a_road(100, 200, sites=[site(10, 0, Window(250, 260)), site(0)])
    table = clock.timetable(order)
    assert table is not None
    assert (table.departure, table.finish) == (departure, finish)


def test_vroom_explores_what_the_seconds_allow() -> None:
    assert exploration_level(60, 12, 1.0) == 5
    assert exploration_level(120, 60, 1.0) == 0
    assert exploration_level(120, 60, 10.0) == 5
    levels = [exploration_level(120, stops, 1.0) for stops in range(1, 130)]
    assert levels == sorted(levels, reverse=True)
    assert exploration_level(10, 1000, 1.0) == exploration_level(10, 10, 1.0)
