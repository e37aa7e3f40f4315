"""Positions and the arrays they form: RFC 7946, section 3.1.1."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geo.geojson.error import GeoJSONError, Path, json_type

Position = tuple[float, float]
"""Longitude and latitude in degrees, WGS 84."""

MAX_POSITION_NUMBERS = 4  # longitude, latitude, height and, as older writers have it, a measure


class VertexBudget:
    """Counts positions as they are read, so that an oversized geometry is refused before it is built."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def spend(self, count: int, path: Path) -> None:
        """Raises GeoJSONError when `count` more positions exceed the limit."""
        self.used += count
        if self.used > self.limit:
            raise GeoJSONError(
                path,
                f"the geometry has more than {self.limit} positions, the limit here; simplify it or send it in parts",
            )


def read_number(value: object, path: Path) -> float:
    """A finite JSON number as a float; strings, booleans, NaN and infinities raise GeoJSONError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise GeoJSONError(path, f"is {json_type(value)}; give a number")
    # An int may be too big for a float, and comparing ints of any size is exact.
    if isinstance(value, float) and not math.isfinite(value):
        raise GeoJSONError(path, "is not a finite number; give degrees as a plain number")
    if abs(value) > 1e9:
        raise GeoJSONError(path, "is out of any range; give degrees (or metres, for the height)")
    return float(value)


def read_longitude(value: object, path: Path) -> float:
    """Degrees within ±180, or GeoJSONError."""
    lon = read_number(value, path)
    if abs(lon) > 180:
        raise GeoJSONError(path, f"longitude {lon:.9g} is beyond ±180 degrees; give degrees, longitude first")
    return lon


def read_latitude(value: object, path: Path) -> float:
    """Degrees within ±90, or GeoJSONError."""
    lat = read_number(value, path)
    if abs(lat) > 90:
        raise GeoJSONError(path, f"latitude {lat:.9g} is beyond ±90 degrees; give degrees, longitude first")
    return lat


def read_array(value: object, path: Path, what: str) -> Sequence[object]:
    """A non-empty JSON array, or GeoJSONError saying that `what` was expected."""
    if not isinstance(value, list | tuple):
        raise GeoJSONError(path, f"is {json_type(value)}; give {what}")
    if not value:
        raise GeoJSONError(path, f"is empty; give {what}")
    return value


def read_position(value: object, path: Path, budget: VertexBudget) -> Position:
    """Longitude and latitude; a height is checked to be a number and dropped."""
    numbers = read_array(value, path, "a position: [longitude, latitude]")
    if not 2 <= len(numbers) <= MAX_POSITION_NUMBERS:
        raise GeoJSONError(path, f"a position of length {len(numbers)}; give [longitude, latitude]")
    budget.spend(1, path)
    for index in range(2, len(numbers)):
        read_number(numbers[index], (*path, index))
    return read_longitude(numbers[0], (*path, 0)), read_latitude(numbers[1], (*path, 1))


def read_positions(value: object, path: Path, budget: VertexBudget) -> list[Position]:
    """One or more positions."""
    array = read_array(value, path, "an array of positions")
    return [read_position(item, (*path, index), budget) for index, item in enumerate(array)]


def read_line(value: object, path: Path, budget: VertexBudget) -> list[Position]:
    """Two or more positions."""
    positions = read_positions(value, path, budget)
    if len(positions) < 2:
        raise GeoJSONError(path, "a line of one position; give two or more")
    return positions


def read_ring(value: object, path: Path, budget: VertexBudget) -> list[Position]:
    """Four or more positions, the last equal to the first; either winding."""
    positions = read_positions(value, path, budget)
    if len(positions) < 4:
        raise GeoJSONError(path, f"a ring of {len(positions)} positions; give four or more, the last as the first")
    if positions[0] != positions[-1]:
        raise GeoJSONError(path, "the ring is not closed; repeat its first position at its end")
    return positions


def read_polygon(value: object, path: Path, budget: VertexBudget) -> list[list[Position]]:
    """One outer ring, then holes."""
    array = read_array(value, path, "an array of rings, the outer one first")
    return [read_ring(item, (*path, index), budget) for index, item in enumerate(array)]
