"""The tiles of Web Mercator: their addresses, where they lie, and the arithmetic from WGS 84 to a tile's own units.

A tile is a square of ``EXTENT`` units, x to the east and y to the south from its north-west corner, as the Mapbox
Vector Tile specification has it. Zoom z has 2^z tiles each way; x counts from longitude -180, y from latitude 85.0511.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

EXTENT: Final = 4096
"""Units of a tile's side."""
BUFFER: Final = 64
"""Units around a tile that it also holds, so that symbols and lines join at its edges."""
PIXEL: Final = 8
"""Units of a pixel: renderers draw a tile on 512 pixels."""
ZOOM_CEILING: Final = 22

_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,7})\Z", re.ASCII)


class TileError(ValueError):
    """There is no such tile; ``argument`` is the part of the address at fault."""

    def __init__(self, message: str, argument: str) -> None:
        super().__init__(message)
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in degrees, WGS 84. It may reach beyond 180 degrees, where nothing lies."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class TileTransform:
    """From degrees to a tile's units: x = x_scale · lon + x_origin, y = y_origin - y_scale · ln tan(π/4 + lat/2)."""

    x_scale: float
    x_origin: float
    y_scale: float
    y_origin: float

    def units(self, lon: float, lat: float) -> tuple[float, float]:
        """The place of a longitude and latitude in the tile's units, not rounded."""
        y = self.y_origin - self.y_scale * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
        return self.x_scale * lon + self.x_origin, y


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's address. Raises ``TileError`` when there is none of these numbers."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= ZOOM_CEILING:
            raise TileError(f"Zooms go from 0 to {ZOOM_CEILING}, and there is none of {self.z}.", "z")
        for name, number in (("x", self.x), ("y", self.y)):
            if not 0 <= number < 1 << self.z:
                raise TileError(
                    f"Zoom {self.z} has {1 << self.z:,} tiles each way, numbered from 0; there is no {name} {number}.",
                    name,
                )

    def bounds(self, margin: float = 0.0) -> Bounds:
        """Where the tile lies with a margin of so many units around it."""
        beyond = margin / EXTENT
        west, north = _degrees(self.z, self.x - beyond, self.y - beyond)
        east, south = _degrees(self.z, self.x + 1 + beyond, self.y + 1 + beyond)
        return Bounds(west, south, east, north)

    def transform(self) -> TileTransform:
        """The arithmetic from degrees to this tile's units."""
        around = (1 << self.z) * EXTENT  # the earth in units
        return TileTransform(
            x_scale=around / 360,
            x_origin=around / 2 - self.x * EXTENT,
            y_scale=around / math.tau,
            y_origin=around / 2 - self.y * EXTENT,
        )


def degrees_of_units(z: int, units: float) -> float:
    """The longitude that so many units span at a zoom."""
    return units * 360 / ((1 << z) * EXTENT)


def parse_tile(z: str, x: str, y: str) -> Tile:
    """The tile of an address as it is written. Raises ``TileError``.

    One tile has one address: ASCII digits without sign, spaces or leading zeros. ``int`` takes far more.
    """
    numbers = []
    for name, text in (("z", z), ("x", x), ("y", y)):
        if not _NUMBER.match(text):
            raise TileError(f"{name} must be a whole number in digits 0 to 9, without leading zeros.", name)
        numbers.append(int(text))
    return Tile(*numbers)


def _degrees(z: int, x: float, y: float) -> tuple[float, float]:
    across = 1 << z
    return x / across * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / across))))
