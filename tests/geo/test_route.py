"""The planner: every site accounted for, reasons true, small problems optimal, answers the same every time."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.route import (
    UNREACHABLE,
    Line,
    Position,
    RouteAnswer,
    RouteInfeasible,
    RouteProblem,
    RouteProblemError,
    Shift,
    Site,
    StraightLineEstimate,
    TravelBasis,
    TravelMatrix,
    Unvisited,
    UnvisitedReason,
    Window,
    instant,
    plan,
)
from geo.route.timetable import Clock
from geo.route.vroom_order import vroom_order

DALIAN = (121.6147, 38.9140)
DAY = Shift.between(time(8, 30), time(17, 30))
ESTIMATE = StraightLineEstimate()


@dataclass(frozen=True)
class Islands:
    """Travel by estimate, but positions north of 40° cannot be reached; north of 41° cannot be left either."""

    basis: TravelBasis = TravelBasis.ROAD_NETWORK

    def matrix(self, origins: Sequence[Position], destinations: Sequence[Position]) -> TravelMatrix:
        plain = ESTIMATE.matrix(origins, destinations)
        cut = np.array([[b[1] > 40 or a[1] > 41 for b in destinations] for a in origins])
        return TravelMatrix(np.where(cut, UNREACHABLE, plain.seconds), np.where(cut, np.nan, plain.meters))

    def line(self, origin: Position, destination: Position) -> Line:
        return (origin, ((origin[0] + destination[0]) / 2, origin[1]), destination)


@dataclass(frozen=True)
class Astray(StraightLineEstimate):
    """Lines that do not lead where they should."""

    def line(self, origin: Position, destination: Position) -> Line:
        return (destination, origin)


def problem(*sites: Site, start: Position = DALIAN, end: Position = DALIAN, max_stops: int = 12) -> RouteProblem:
    return RouteProblem(start, end, sites, DAY, max_stops)


def at(key: int, east: float, north: float, minutes: int = 30, priority: int = 0, *windows: Window) -> Site:
    """A site so many degrees from the start."""
    return Site(key, (DALIAN[0] + east, DALIAN[1] + north), minutes * 60, priority, windows)


def solved(question: RouteProblem, seed: int = 0) -> RouteAnswer:
    return plan(question, ESTIMATE, seconds=5.0, seed=seed)


def left_out(answer: RouteAnswer) -> dict[int, Unvisited]:
    return {unvisited.key: unvisited for unvisited in answer.unvisited}


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    edges = sorted(draw(st.lists(st.integers(0, 86_400), max_size=4, unique=True)))
    return tuple(Window(opens, closes) for opens, closes in zip(edges[::2], edges[1::2], strict=False))


offsets = st.floats(-1.0, 1.0)
positions = st.builds(lambda east, north: (DALIAN[0] + east, DALIAN[1] + north * 1.5), offsets, offsets)
sites = st.builds(
    Site,
    key=st.integers(0, 10**9),
    position=st.one_of(positions, positions, positions, st.just(DALIAN), st.none()),
    service_seconds=st.integers(0, 3 * 3600),
    priority=st.integers(0, 100),
    windows=st.one_of(st.just(()), windows()),
)
shifts = st.tuples(st.integers(0, 43_200), st.integers(3 * 3600, 43_200)).map(lambda s: Shift(s[0], s[0] + s[1]))
near = st.builds(lambda east, north: (DALIAN[0] + east / 10, DALIAN[1] + north / 10), offsets, offsets)
problems = st.builds(
    RouteProblem,
    start=near,
    end=near,
    sites=st.lists(sites, max_size=14, unique_by=lambda site: site.key).map(tuple),
    shift=shifts,
    max_stops=st.integers(1, 15),
)


@settings(max_examples=80, deadline=None)
@given(problems, st.integers(0, 3), st.sampled_from([ESTIMATE, Islands()]))
def test_any_problem_gets_a_verified_answer(
    question: RouteProblem, seed: int, travel: StraightLineEstimate | Islands
) -> None:
    answer = plan(question, travel, seconds=5.0, seed=seed)  # verifies, and raises if anything is amiss
    reasons = {unvisited.reason for unvisited in answer.unvisited}
    assert answer.basis == travel.basis
    assert UnvisitedReason.NOT_CONSIDERED not in reasons
    assert (UnvisitedReason.STOP_LIMIT in reasons) <= (len(answer.stops) == question.max_stops)
    shuffled = list(question.sites)
    random.Random(seed).shuffle(shuffled)
    assert plan(replace(question, sites=tuple(shuffled)), travel, seconds=5.0, seed=seed) == answer


def best_by_enumeration(question: RouteProblem) -> tuple[int, int, int]:
    """Sum of priorities, stops and minus travel seconds of the best round, tried one by one over the public model."""
    located = [(site, site.position) for site in question.sites if site.position is not None]
    chain = [question.start, question.end, *(position for _, position in located)]
    travel = ESTIMATE.matrix(chain, chain).seconds
    best = (-1, 0, 0)
    for count in range(min(question.max_stops, len(located)) + 1):
        for order in itertools.permutations(range(len(located)), count):
            clock, here, travelled = question.shift.start, 0, 0
            for index in order:
                site = located[index][0]
                travelled += int(travel[here, index + 2])
                clock += int(travel[here, index + 2])
                here = index + 2
                open_at = [max(clock, window.opens) for window in site.windows if clock <= window.closes]
                if site.windows and not open_at:
                    break
                clock = (open_at[0] if open_at else clock) + site.service_seconds
            else:
                clock += int(travel[here, 1])
                if clock <= question.shift.end:
                    priority = sum(located[index][0].priority for index in order)
                    best = max(best, (priority, count, -travelled - int(travel[here, 1])))
    return best


def worth(question: RouteProblem, answer: RouteAnswer) -> tuple[int, int, int]:
    priorities = {site.key: site.priority for site in question.sites}
    return sum(priorities[stop.key] for stop in answer.stops), len(answer.stops), -answer.seconds


@settings(max_examples=60, deadline=None)
@given(problems.filter(lambda question: len(question.sites) <= 5))
def test_small_problems_are_solved_to_the_optimum(question: RouteProblem) -> None:
    assert worth(question, solved(question)) == best_by_enumeration(question)


def test_vroom_alone_is_seldom_below_the_optimum() -> None:
    """Seeded, so the count cannot vary: what larger problems rest on."""
    rng = random.Random(7)
    optimal = 0
    for _ in range(40):
        made = tuple(
            at(key, rng.gauss(0, 0.3), rng.gauss(0, 0.3), rng.randrange(90), rng.randrange(100)) for key in range(6)
        )
        question = problem(*made, max_stops=rng.randrange(2, 6))
        chain = [DALIAN, DALIAN, *(site.position for site in made if site.position is not None)]
        clock = Clock(ESTIMATE.matrix(chain, chain).seconds, made, DAY)
        order = vroom_order(clock, question.max_stops, seconds=5.0, seed=0, threads=1)
        found = (sum(clock.site(node).priority for node in order), len(order), -clock.travel_seconds(order))
        optimal += found == best_by_enumeration(question)
    assert optimal >= 38


def test_sixty_sites_fill_the_day_in_order_of_priority() -> None:
    rng = random.Random(3)
    made = [at(key, rng.gauss(0, 0.15), rng.gauss(0, 0.15), priority=100 if key % 10 == 0 else 0) for key in range(60)]
    answer = solved(problem(*made))
    assert {stop.key for stop in answer.stops} >= {0, 10, 20, 30, 40, 50}
    assert answer == solved(problem(*made))
    assert len(answer.stops) + len(answer.unvisited) == 60


def test_no_unsound_answer_leaves() -> None:
    with pytest.raises(RouteInfeasible, match="leg 1: the line does not join its ends"):
        plan(problem(at(1, 0.1, 0.1)), Astray(), seconds=1.0, seed=0)


def test_nothing_to_visit() -> None:
    answer = solved(problem())
    assert (answer.stops, answer.unvisited, answer.seconds, answer.meters) == ((), (), 0, 0.0)
    assert answer.line == (DALIAN, DALIAN)


def test_nothing_to_visit_still_leads_to_the_end() -> None:
    end = (121.7, 38.95)
    answer = solved(problem(end=end))
    assert answer.line == (DALIAN, end)
    assert len(answer.legs) == 1
    assert answer.meters == pytest.approx(8_413 * 1.4, rel=0.01)
    assert answer.finish - answer.departure == answer.seconds == -(-answer.meters * 3.6 // 40)


def test_one_site_at_the_start() -> None:
    answer = solved(problem(at(5, 0, 0, minutes=45)))
    (stop,) = answer.stops
    assert (stop.arrival, stop.departure, answer.seconds) == (DAY.start, DAY.start + 45 * 60, 0)


def test_several_sites_at_one_place() -> None:
    answer = solved(problem(*(at(key, 0.1, 0.1, minutes=10) for key in range(9))))
    assert len(answer.stops) == 9
    assert sum(leg.meters > 0 for leg in answer.legs) == 2


def test_waiting_is_spent_before_leaving() -> None:
    noon = Window(12 * 3600, 12 * 3600 + 60)
    answer = solved(problem(at(1, 0.1, 0.0, 30, 0, noon)))
    assert (answer.stops[0].arrival, answer.wait_seconds) == (noon.opens, 0)
    assert answer.departure == noon.opens - answer.legs[0].seconds


def test_waiting_between_two_windows_remains() -> None:
    early, late = Window(9 * 3600, 9 * 3600 + 600), Window(15 * 3600, 15 * 3600 + 600)
    answer = solved(problem(at(1, 0.05, 0.0, 30, 0, early), at(2, 0.06, 0.0, 30, 0, late)))
    assert [stop.key for stop in answer.stops] == [1, 2]
    assert answer.stops[0].arrival + answer.stops[0].wait_seconds == early.closes  # as late as its window lets
    assert answer.stops[1].wait_seconds > 0


def test_no_location() -> None:
    unvisited = left_out(solved(problem(Site(1, None, 60), at(2, 0, 0))))
    assert unvisited[1].reason == UnvisitedReason.NO_LOCATION


def test_unreachable() -> None:
    unvisited = left_out(plan(problem(at(1, 0, 1.5), at(2, 0, 0.5)), Islands(), seconds=1.0, seed=0))
    assert unvisited[1].reason == UnvisitedReason.UNREACHABLE
    assert 2 not in unvisited


def test_outside_shift_says_what_it_would_take() -> None:
    far = left_out(solved(problem(at(1, 3.0, 0.0))))[1]
    assert far.reason == UnvisitedReason.OUTSIDE_SHIFT
    assert far.detail == (
        "Even alone it ends at 03:11 (+1 d), 9 h 41 min after the shift:"
        " 9 h 06 min there, 30 min on site, 9 h 06 min back."
    )
    closed = left_out(solved(problem(at(1, 0.1, 0.0, 30, 0, Window(0, 8 * 3600)))))[1]
    assert closed.reason == UnvisitedReason.OUTSIDE_SHIFT
    assert closed.detail.startswith("It closes at 08:00; the earliest arrival is 08:4")


def test_stop_limit_against_no_time() -> None:
    short = at(3, 0.01, 0.0, minutes=10)
    long = at(4, 0.0, 0.01, minutes=500)
    answer = solved(problem(at(1, 0, 0, 60, 50), at(2, 0, 0, 60, 50), short, long, max_stops=2))
    assert [stop.key for stop in answer.stops] == [1, 2]
    unvisited = left_out(answer)
    assert unvisited[3].reason == UnvisitedReason.STOP_LIMIT
    assert "more travel, but the round has its 2 stops" in unvisited[3].detail
    assert unvisited[4].reason == UnvisitedReason.NO_TIME
    assert "after the shift" in unvisited[4].detail


def test_no_time_for_want_of_an_open_window() -> None:
    morning = Window(DAY.start, DAY.start + 60)
    answer = solved(problem(at(1, 0, 0, 60, 50, morning), at(2, 0, 0, 60, 10, morning)))
    assert left_out(answer)[2].reason == UnvisitedReason.NO_TIME
    assert "opening hours" in left_out(answer)[2].detail


def test_beyond_the_ceiling_the_rank_is_told() -> None:
    made = [at(key, key / 10_000, 0, 20, 100 if key == 129 else 0) for key in range(130)]
    answer = solved(problem(*made, max_stops=3))
    assert 129 in {stop.key for stop in answer.stops}
    unconsidered = [key for key, entry in left_out(answer).items() if entry.reason == UnvisitedReason.NOT_CONSIDERED]
    assert unconsidered == list(range(119, 129))
    assert left_out(answer)[128].detail.startswith("Ranked 130 of 130 ")


REFUSED = [
    ("shift.end", {"shift": Shift(50_000, 50_000)}),
    ("shift.end", {"shift": Shift(50_000, 40_000)}),
    ("shift.end", {"shift": Shift(50_000, 86_401)}),
    ("shift.start", {"shift": Shift(-1, 40_000)}),
    ("max_stops", {"max_stops": 0}),
    ("max_stops", {"max_stops": -3}),
    ("start", {"start": (float("nan"), 38.9)}),
    ("end", {"end": (121.6, 91.0)}),
    ("sites[0].position", {"sites": (Site(1, (181.0, 0.0), 0),)}),
    ("sites[0].service_seconds", {"sites": (Site(1, DALIAN, -1),)}),
    ("sites[0].priority", {"sites": (Site(1, DALIAN, 0, 101),)}),
    ("sites[0].windows", {"sites": (Site(1, DALIAN, 0, 0, (Window(5, 4),)),)}),
    ("sites[0].windows", {"sites": (Site(1, DALIAN, 0, 0, (Window(5, 9), Window(9, 10))),)}),
    ("sites[1].key", {"sites": (Site(1, DALIAN, 0), Site(1, None, 0))}),
]


@pytest.mark.parametrize(("field", "change"), REFUSED)
def test_senseless_problems_name_the_field(field: str, change: dict[str, object]) -> None:
    with pytest.raises(RouteProblemError) as caught:
        replace(problem(), **change)
    assert caught.value.field == field


def test_an_end_beyond_the_shift_is_refused() -> None:
    with pytest.raises(RouteProblemError, match=r"^end: is .* of travel from the start; the shift is 9 h 00 min$"):
        solved(problem(end=(DALIAN[0] + 8, DALIAN[1])))
    with pytest.raises(RouteProblemError, match="cannot be reached"):
        plan(problem(end=(DALIAN[0], 40.5)), Islands(), seconds=1.0, seed=0)


def test_estimate_on_known_distances() -> None:
    quarter = ESTIMATE.matrix([(0.0, 0.0)], [(90.0, 0.0), (0.0, 90.0), (-180.0, 0.0), (0.0, 0.0)])
    meridian_quadrant = np.pi / 2 * 6_371_008.8 * 1.4
    assert quarter.meters[0] == pytest.approx([meridian_quadrant, meridian_quadrant, 2 * meridian_quadrant, 0], abs=0.1)
    assert quarter.seconds[0, 3] == 0
    # Dalian to Beijing: 463 km by geodesic on the ellipsoid.
    assert ESTIMATE.matrix([DALIAN], [(116.4074, 39.9042)]).meters[0, 0] / 1.4 == pytest.approx(463_000, rel=0.01)


@pytest.mark.parametrize("arguments", [(0.9, 40.0), (1.4, 0.0), (float("nan"), 40.0)])
def test_estimate_refuses_senseless_figures(arguments: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="detour factor"):
        StraightLineEstimate(*arguments)


def test_instant_is_wall_clock_time() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert instant(date(2023, 3, 1), DAY.start, shanghai) == datetime(2023, 3, 1, 0, 30, tzinfo=UTC)
