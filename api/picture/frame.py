"""From longitude and latitude to points on paper."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from shapely import affinity
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

METERS_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on the map: a rectangle on paper and the place at its middle.

    ``left top width height`` are SVG units; ``middle`` is (lon, lat) in WGS 84 degrees; ``meters`` is the ground
    length of one SVG unit. The projection is equirectangular about the middle: over a city its scale is true to
    about one per cent at the edges, in both directions, so one scale bar serves.
    """

    left: float
    top: float
    width: float
    height: float
    middle: Point
    meters: float

    @classmethod
    def around(
        cls, positions: Iterable[Point], rectangle: tuple[float, float, float, float], *, margin: float, least: float
    ) -> "Frame":
        """The frame that holds all ``positions``, with ``margin`` SVG units free on every side.

        It is never narrower or lower than ``least`` metres, so that one lonely stop still has a city around it.
        """
        lons, lats = zip(*positions, strict=True)
        left, top, width, height = rectangle
        middle = ((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
        across = (max(lons) - min(lons)) * METERS_PER_DEGREE * math.cos(math.radians(middle[1]))
        upward = (max(lats) - min(lats)) * METERS_PER_DEGREE
        meters = max(max(across, least) / (width - 2 * margin), max(upward, least) / (height - 2 * margin))
        return cls(left, top, width, height, middle, meters)

    @property
    def _units_per_degree(self) -> Point:
        upward = METERS_PER_DEGREE / self.meters
        return upward * math.cos(math.radians(self.middle[1])), upward

    def place(self, position: Point) -> Point:
        """The SVG point of a (lon, lat)."""
        across, upward = self._units_per_degree
        return (
            self.left + self.width / 2 + (position[0] - self.middle[0]) * across,
            self.top + self.height / 2 - (position[1] - self.middle[1]) * upward,
        )

    def draw(self, shape: BaseGeometry) -> BaseGeometry:
        """A geometry in degrees as one in SVG units, cut a little outside the frame so that no cut shows."""
        across, upward = self._units_per_degree
        x, y = self.place((0.0, 0.0))
        placed = affinity.affine_transform(shape, [across, 0, 0, -upward, x, y])
        return placed.intersection(box(self.left - 20, self.top - 20, self.right + 20, self.bottom + 20))

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def corners(self) -> tuple[Point, Point]:
        """South-west and north-east corner in degrees."""
        across, upward = self._units_per_degree
        lon, lat = self.middle
        east, north = self.width / 2 / across, self.height / 2 / upward
        return (lon - east, lat - north), (lon + east, lat + north)


def scale_bar(frame: Frame, longest: float) -> tuple[float, float]:
    """A round length in metres (1, 2 or 5 times a power of ten) and its length on paper, at most ``longest``."""
    most = longest * frame.meters
    power = 10.0 ** math.floor(math.log10(most))
    meters = max(step * power for step in (1, 2, 5) if step * power <= most)
    return meters, meters / frame.meters
