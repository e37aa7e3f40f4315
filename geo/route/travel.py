"""Travel times between places: what the planner asks of a road network, and the estimate used without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from geo.route.model import Line, Position, TravelBasis

EARTH_MEAN_RADIUS: Final = 6_371_008.8
"""Metres: the mean radius R1 of the WGS 84 ellipsoid. A sphere of it is off by at most 0.6 % of a distance."""

UNREACHABLE: Final = -1
"""In place of a travel time: there is no way."""


@dataclass(frozen=True, slots=True)
class TravelMatrix:
    """Travel from each origin (rows) to each destination (columns).

    `seconds` are whole, rounded up, UNREACHABLE where there is no way; `meters` mean nothing there.
    """

    seconds: NDArray[np.int64]
    meters: NDArray[np.float64]


class TravelTimes(Protocol):
    """A source of travel times. It must answer the same question always the same way."""

    @property
    def basis(self) -> TravelBasis: ...

    def matrix(self, origins: Sequence[Position], destinations: Sequence[Position]) -> TravelMatrix:
        """Shape (origins, destinations)."""
        ...

    def line(self, origin: Position, destination: Position) -> Line:
        """The way from one to the other, first and last position included exactly."""
        ...


@dataclass(frozen=True, slots=True)
class StraightLineEstimate:
    """Great-circle distance times a detour factor, at one speed: an estimate, and labelled as one.

    Road distance over straight distance is about 1.2 to 1.44 by region (Kim et al. 2015, Journal of the Korean
    Society of Agricultural Engineers 57(4), 39-49: nation 1.26, provinces 1.22 to the hilly Gangwon's 1.44). The
    default stands near the top of that range, for a hilly peninsula: a plan that ends early annoys less than one
    that ends late. The speed is a cautious door-to-door mean of city and county roads. It knows no water, so an
    island looks as near as it is.
    """

    detour_factor: float = 1.4
    speed_kmh: float = 40.0

    def __post_init__(self) -> None:
        if not (self.detour_factor >= 1 and self.speed_kmh > 0):
            raise ValueError("the detour factor must be at least 1 and the speed positive")

    @property
    def basis(self) -> TravelBasis:
        return TravelBasis.STRAIGHT_LINE_ESTIMATE

    def matrix(self, origins: Sequence[Position], destinations: Sequence[Position]) -> TravelMatrix:
        here = np.radians(np.asarray(origins, np.float64).reshape(-1, 1, 2))
        there = np.radians(np.asarray(destinations, np.float64).reshape(1, -1, 2))
        sines = np.sin((there - here) / 2.0) ** 2
        haversine = sines[..., 1] + np.cos(here[..., 1]) * np.cos(there[..., 1]) * sines[..., 0]
        meters = 2.0 * EARTH_MEAN_RADIUS * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0))) * self.detour_factor
        # To the decimetre: vectorised trigonometry may differ in the last bit with the shape of the arrays, and the
        # same two places must be equally far in every matrix.
        meters = np.round(meters, 1)
        return TravelMatrix(np.ceil(meters * 3.6 / self.speed_kmh).astype(np.int64), meters)

    def line(self, origin: Position, destination: Position) -> Line:
        return (origin, destination)
