"""Whether a site-visit route can be driven as it is told.

Written from scratch from the published meaning of the fields: it shares neither formula nor code with ``geo.route``.
"""

import datetime
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

HERE: list[float] = [121.6147, 38.914]
"""Zhongshan Square."""
ZHONGSHAN_SQUARE = {"type": "Point", "coordinates": HERE}
DAY = "2026-07-01"
SHIFT_START = datetime.datetime.fromisoformat("2026-07-01T08:30:00+08:00")
SHIFT_END = datetime.datetime.fromisoformat("2026-07-01T17:30:00+08:00")
SERVICE_SECONDS = 30 * 60
DETOUR, SPEED_KMH = 1.4, 40.0


def great_circle_meters(one: Sequence[float], other: Sequence[float]) -> float:
    """By the angle between unit vectors, which no haversine is needed for; metres on the mean sphere."""

    def unit(place: Sequence[float]) -> tuple[float, float, float]:
        lon, lat = map(math.radians, place)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    a, b = unit(one), unit(other)
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return 6_371_008.8 * math.atan2(math.hypot(*cross), sum(x * y for x, y in zip(a, b, strict=True)))


def at(text: str) -> datetime.datetime:
    instant = datetime.datetime.fromisoformat(text)
    assert instant.utcoffset() == datetime.timedelta(hours=8), "instants of a plan are told in Asia/Shanghai"
    return instant


def check_round(
    route: dict[str, Any],
    *,
    start: Sequence[float],
    end: Sequence[float],
    limit: int = 12,
    service_seconds: int = SERVICE_SECONDS,
    shift: tuple[datetime.datetime, datetime.datetime] = (SHIFT_START, SHIFT_END),
) -> None:
    """Fails unless an inspector can drive the round as it is told."""
    stops, legs = route["stops"], route["legs"]
    assert route["basis"] == "STRAIGHT_LINE_ESTIMATE"
    assert len(stops) <= limit
    assert [stop["sequence"] for stop in stops] == list(range(1, len(stops) + 1))
    assert [leg["sequence"] for leg in legs] == list(range(1, len(stops) + 2))
    assert len({stop["project"]["code"] for stop in stops}) == len(stops), "a site is visited once"

    left = at(route["departure"])
    assert left >= shift[0]
    for stop, leg in zip(stops, legs, strict=False):
        arrival, departure = at(stop["arrival"]), at(stop["departure"])
        assert arrival >= shift[0]
        assert (arrival - left).total_seconds() == leg["seconds"]
        assert stop["waitSeconds"] >= 0
        assert (departure - arrival).total_seconds() == stop["waitSeconds"] + service_seconds
        left = departure
    finish = at(route["finish"])
    assert (finish - left).total_seconds() == legs[-1]["seconds"]
    assert finish <= shift[1]

    places = [start, *(stop["project"]["location"]["coordinates"] for stop in stops), end]
    for leg, (origin, destination) in zip(legs, pairwise(places), strict=True):
        meters = great_circle_meters(origin, destination) * DETOUR
        assert leg["meters"] == pytest.approx(meters, rel=1e-3, abs=1)
        # the time may never be told shorter than the distance takes
        assert leg["meters"] / SPEED_KMH * 3.6 <= leg["seconds"] + 1e-6
        assert leg["seconds"] < leg["meters"] / SPEED_KMH * 3.6 + 1
        assert leg["geometry"]["coordinates"][0] == pytest.approx(origin, abs=1e-7)
        assert leg["geometry"]["coordinates"][-1] == pytest.approx(destination, abs=1e-7)
    assert route["seconds"] == sum(leg["seconds"] for leg in legs)
    assert route["meters"] == pytest.approx(sum(leg["meters"] for leg in legs), abs=1e-6)

    assert route["geometry"]["type"] == "LineString"
    line = iter(route["geometry"]["coordinates"])
    for place in places:
        assert any(position == pytest.approx(place, abs=1e-7) for position in line), f"the line misses {place}"
