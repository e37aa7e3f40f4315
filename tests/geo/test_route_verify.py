"""The verifier passes a sound answer and rejects it after any single tampering, naming what is wrong."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from geo.route import (
    Leg,
    RouteAnswer,
    RouteInfeasible,
    RouteProblem,
    Shift,
    Site,
    StraightLineEstimate,
    TravelBasis,
    Unvisited,
    UnvisitedReason,
    Window,
    plan,
    verify,
)

START = (121.6147, 38.9140)
TRAVEL = StraightLineEstimate()
PROBLEM = RouteProblem(
    start=START,
    end=(121.65, 38.92),
    sites=(
        Site(10, (121.70, 38.95), 1800, 90, (Window(9 * 3600, 9 * 3600 + 900),)),
        Site(11, (121.80, 39.00), 1800, 80, (Window(14 * 3600, 15 * 3600),)),
        Site(12, (121.75, 39.05), 3600, 0),
        Site(13, None, 1800, 70),
        Site(14, (121.70, 39.10), 36_000, 0),
    ),
    shift=Shift.between(time(8, 30), time(17, 30)),
    max_stops=2,
)
ANSWER = plan(PROBLEM, TRAVEL, seconds=5.0, seed=0)


def violations(answer: RouteAnswer, problem: RouteProblem = PROBLEM) -> str:
    with pytest.raises(RouteInfeasible) as caught:
        verify(problem, TRAVEL, answer)
    return str(caught.value)


def stop(index: int, **change: Any) -> RouteAnswer:
    stops = list(ANSWER.stops)
    stops[index] = replace(stops[index], **change)
    return replace(ANSWER, stops=tuple(stops))


def leg(index: int, **change: Any) -> RouteAnswer:
    legs = list(ANSWER.legs)
    legs[index] = replace(legs[index], **change)
    return replace(ANSWER, legs=tuple(legs))


def unvisited(*entries: Unvisited) -> RouteAnswer:
    kept = [entry for entry in ANSWER.unvisited if entry.key not in {given.key for given in entries}]
    return replace(ANSWER, unvisited=(*kept, *entries))


def delayed(by: int) -> RouteAnswer:
    """The whole round later, consistently."""
    stops = tuple(replace(s, arrival=s.arrival + by, departure=s.departure + by) for s in ANSWER.stops)
    return replace(ANSWER, departure=ANSWER.departure + by, finish=ANSWER.finish + by, stops=stops)


def test_the_sound_answer_passes() -> None:
    verify(PROBLEM, TRAVEL, ANSWER)
    assert [s.key for s in ANSWER.stops] == [10, 11]
    assert {u.key: u.reason.value for u in ANSWER.unvisited} == {
        12: "STOP_LIMIT",
        13: "NO_LOCATION",
        14: "OUTSIDE_SHIFT",
    }


def faster(answer: RouteAnswer) -> RouteAnswer:
    """The last leg in half its time, with every sum put right."""
    last = answer.legs[-1]
    saved = last.seconds // 2
    legs = (*answer.legs[:-1], replace(last, seconds=last.seconds - saved))
    return replace(answer, legs=legs, finish=answer.finish - saved, seconds=answer.seconds - saved)


TAMPERINGS: list[tuple[str, Callable[[], RouteAnswer]]] = [
    ("basis is ROAD_NETWORK", lambda: replace(ANSWER, basis=TravelBasis.ROAD_NETWORK)),
    ("starts before the shift", lambda: delayed(-6 * 3600)),
    ("ends after the shift", lambda: delayed(6 * 3600)),
    ("stop 1: service begins outside the windows", lambda: delayed(3600)),
    ("stop 2: service begins outside the windows", lambda: delayed(4000)),
    ("arrival is not departure plus travel", lambda: replace(ANSWER, departure=ANSWER.departure + 1)),
    ("stop 1: arrival is not", lambda: stop(0, arrival=ANSWER.stops[0].arrival - 1)),
    ("stop 2: waits -60 s", lambda: stop(1, wait_seconds=-60)),
    ("stop 1: service is 60 s", lambda: stop(0, service_seconds=60)),
    ("stop 1: departure is not", lambda: stop(0, departure=ANSWER.stops[0].departure - 60)),
    ("the end is not reached", lambda: replace(ANSWER, finish=ANSWER.finish - 60)),
    ("waiting does not add up", lambda: replace(ANSWER, wait_seconds=ANSWER.wait_seconds + 1)),
    ("service does not add up", lambda: replace(ANSWER, service_seconds=0)),
    ("seconds do not add up", lambda: replace(ANSWER, seconds=ANSWER.seconds + 1)),
    ("meters do not add up", lambda: replace(ANSWER, meters=ANSWER.meters + 1)),
    ("meters do not add up", lambda: replace(ANSWER, meters=float("nan"))),
    ("leg 1: ", lambda: leg(0, meters=ANSWER.legs[0].meters - 1)),
    ("leg 1: ", lambda: leg(0, meters=float("nan"))),
    ("leg 3: ", lambda: faster(ANSWER)),
    ("leg 2: the line does not join", lambda: leg(1, line=(START, (121.80, 39.00)))),
    ("leg 2: the line does not join", lambda: leg(1, line=())),
    ("legs' lines joined", lambda: replace(ANSWER, line=ANSWER.line[:-1])),
    ("legs' lines joined", lambda: replace(ANSWER, line=(*ANSWER.line, START))),
    ("2 legs for 2 stops", lambda: replace(ANSWER, legs=ANSWER.legs[:-1])),
    ("4 legs for 2 stops", lambda: replace(ANSWER, legs=(*ANSWER.legs, Leg(0, 0.0, (START, START))))),
    ("not numbered from 1", lambda: stop(0, sequence=2)),
    ("not numbered from 1", lambda: replace(ANSWER, stops=ANSWER.stops[::-1])),
    ("site 99 was not asked for", lambda: stop(0, key=99)),
    ("site 11 occurs 2 times", lambda: stop(0, key=11)),
    ("site 10 is neither", lambda: stop(0, key=11)),
    ("stop 1 has no location", lambda: stop(0, key=13)),
    ("site 12 occurs 2 times", lambda: replace(ANSWER, unvisited=ANSWER.unvisited + ANSWER.unvisited[:1])),
    ("site 12 is neither", lambda: replace(ANSWER, unvisited=ANSWER.unvisited[1:])),
    ("site 10 occurs 2 times", lambda: unvisited(Unvisited(10, UnvisitedReason.NO_TIME, "…"))),
    ("site 12 is left out for NO_LOCATION", lambda: unvisited(Unvisited(12, UnvisitedReason.NO_LOCATION, "…"))),
    ("site 13 is left out for NO_TIME", lambda: unvisited(Unvisited(13, UnvisitedReason.NO_TIME, "…"))),
    ("without a detail", lambda: unvisited(Unvisited(12, UnvisitedReason.STOP_LIMIT, ""))),
]


@pytest.mark.parametrize(("complaint", "tampered"), TAMPERINGS)
def test_every_tampering_is_found(complaint: str, tampered: Callable[[], RouteAnswer]) -> None:
    assert complaint in violations(tampered())


def test_the_limit_of_stops_is_checked() -> None:
    assert "2 stops, the limit is 1" in violations(ANSWER, replace(PROBLEM, max_stops=1))
    assert "limit of stops, which is not reached" in violations(ANSWER, replace(PROBLEM, max_stops=3))


def test_all_violations_are_listed_and_survive_pickling() -> None:
    with pytest.raises(RouteInfeasible) as caught:
        verify(PROBLEM, TRAVEL, replace(ANSWER, seconds=0, meters=0.0))
    assert len(caught.value.violations) == 2
    assert pickle.loads(pickle.dumps(caught.value)).violations == caught.value.violations  # noqa: S301
