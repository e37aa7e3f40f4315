"""A day's round trip: what is asked and what is answered. Times are whole seconds after local midnight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

Position = tuple[float, float]
"""Longitude and latitude in degrees, WGS 84."""

Line = tuple[Position, ...]
"""Two or more positions."""

DAY_SECONDS = 86_400
MAX_PRIORITY = 100


class RouteProblemError(ValueError):
    """A question without an answer. `field` names the member to correct (`shift.end`, `sites[3].priority`)."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)  # both, so that the error survives pickling
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class TravelBasis(StrEnum):
    """What travel times rest on."""

    ROAD_NETWORK = "ROAD_NETWORK"
    STRAIGHT_LINE_ESTIMATE = "STRAIGHT_LINE_ESTIMATE"


class UnvisitedReason(StrEnum):
    NO_LOCATION = "NO_LOCATION"  # the site has no position
    UNREACHABLE = "UNREACHABLE"  # no way there from the start, or from there to the end
    OUTSIDE_SHIFT = "OUTSIDE_SHIFT"  # even alone, start to site to end does not fit shift and windows
    NOT_CONSIDERED = "NOT_CONSIDERED"  # ranked below the number of candidates the solver takes
    STOP_LIMIT = "STOP_LIMIT"  # would fit the finished round, which has its full number of stops
    NO_TIME = "NO_TIME"  # fits nowhere in the finished round, whatever the number of stops


@dataclass(frozen=True, slots=True)
class Window:
    """Service may begin from `opens` to `closes`, both included."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Shift:
    """Leave the start not before `start`, be at the end not after `end`."""

    start: int
    end: int

    @classmethod
    def between(cls, start: time, end: time) -> Shift:
        """From two wall-clock times of one day."""
        seconds = [at.hour * 3600 + at.minute * 60 + at.second for at in (start, end)]
        return cls(*seconds)

    @property
    def seconds(self) -> int:
        return self.end - self.start


def instant(day: date, seconds: int, zone: tzinfo) -> datetime:
    """The moment `seconds` after `day`'s midnight on the wall clock of `zone`."""
    return datetime.combine(day, time(), zone) + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Site:
    """A place worth a visit. `key` is the caller's; `position` None means that nobody knows where it is.

    `priority` 0..100 weighs a visit against others; no `windows` means any time.
    """

    key: int
    position: Position | None
    service_seconds: int
    priority: int = 0
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteProblem:
    """From `start` through some of `sites` to `end` within `shift`, at most `max_stops` of them.

    Wanted, in this order: the greatest sum of priorities, the most stops, the least travel time.
    Raises RouteProblemError when a member makes no sense.
    """

    start: Position
    end: Position
    sites: tuple[Site, ...]
    shift: Shift
    max_stops: int

    def __post_init__(self) -> None:
        _require_position("start", self.start)
        _require_position("end", self.end)
        if not 0 <= self.shift.start < DAY_SECONDS:
            raise RouteProblemError("shift.start", "must lie within the day")
        if self.shift.end <= self.shift.start:
            raise RouteProblemError("shift.end", "must be later than the shift's start, on the same day")
        if self.shift.end > DAY_SECONDS:
            raise RouteProblemError("shift.end", "must lie within the day")
        if self.max_stops < 1:
            raise RouteProblemError("max_stops", "must be at least 1")
        keys: set[int] = set()
        for index, site in enumerate(self.sites):
            _require_site(f"sites[{index}]", site)
            if site.key in keys:
                raise RouteProblemError(f"sites[{index}].key", f"{site.key} occurs twice")
            keys.add(site.key)


def _require_position(field: str, position: Position) -> None:
    lon, lat = position
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise RouteProblemError(field, "must be longitude and latitude in degrees")


def _require_site(field: str, site: Site) -> None:
    if site.position is not None:
        _require_position(f"{field}.position", site.position)
    if not 0 <= site.service_seconds <= DAY_SECONDS:
        raise RouteProblemError(f"{field}.service_seconds", "must be between 0 and a day")
    if not 0 <= site.priority <= MAX_PRIORITY:
        raise RouteProblemError(f"{field}.priority", f"must be between 0 and {MAX_PRIORITY}")
    if any(not 0 <= window.opens <= window.closes <= DAY_SECONDS for window in site.windows):
        raise RouteProblemError(f"{field}.windows", "each must open before it closes, within the day")
    if any(later.opens <= earlier.closes for earlier, later in pairwise(site.windows)):
        raise RouteProblemError(f"{field}.windows", "must be in order and apart from each other")


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit: arrive, wait for the window, serve, leave. `sequence` counts from 1."""

    sequence: int
    key: int
    arrival: int
    wait_seconds: int
    service_seconds: int
    departure: int


@dataclass(frozen=True, slots=True)
class Leg:
    """Travel from the start or a stop to the next stop or the end; its line joins the two."""

    seconds: int
    meters: float
    line: Line


@dataclass(frozen=True, slots=True)
class Unvisited:
    """A site left out, with the reason and, in words and figures, what it comes to."""

    key: int
    reason: UnvisitedReason
    detail: str


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """A round trip. There is one leg more than stops, so even a round without stops leads from start to end.

    `seconds` and `meters` are travel, the sums of the legs; waiting and service come on top, so that
    `finish - departure == seconds + wait_seconds + service_seconds`. `line` runs along all legs.
    """

    basis: TravelBasis
    departure: int
    finish: int
    seconds: int
    meters: float
    wait_seconds: int
    service_seconds: int
    line: Line
    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    unvisited: tuple[Unvisited, ...]
