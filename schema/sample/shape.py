"""Plane geometry of the sample: a local grid in metres, polygons drawn in its cells, and the order along a curve.

The grid is an equirectangular projection about the city, turned a little so that plots do not lie due north. Lengths
are off by up to 2 % at the city's rims, which a made-up plot can bear; true areas are computed by PostGIS.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from schema.database import WGS84_SRID
from schema.sample.draw import Floats, Ints

ORIGIN = (121.62, 39.30)  # degrees
METRES_A_DEGREE = 111_195.0
TURN = np.radians(17.0)
HILBERT_BITS = 16

Geometries = NDArray[np.object_]


def to_degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude (WGS 84) of grid positions in metres."""
    east, north = x * np.cos(TURN) - y * np.sin(TURN), x * np.sin(TURN) + y * np.cos(TURN)
    return ORIGIN[0] + east / (METRES_A_DEGREE * np.cos(np.radians(ORIGIN[1]))), ORIGIN[1] + north / METRES_A_DEGREE


def to_metres(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Grid positions in metres of longitudes and latitudes (WGS 84)."""
    east = (lon - ORIGIN[0]) * METRES_A_DEGREE * np.cos(np.radians(ORIGIN[1]))
    north = (lat - ORIGIN[1]) * METRES_A_DEGREE
    return east * np.cos(TURN) + north * np.sin(TURN), north * np.cos(TURN) - east * np.sin(TURN)


def plots(rng: np.random.Generator, x: Floats, y: Floats, side: Floats) -> Geometries:
    """A convex polygon of 4 to 8 corners in each square cell: lower left corner and side in metres of the grid.

    It keeps 3 to 13 % of the side away from the cell's rim, so plots of different cells never touch. Counter-clockwise
    MultiPolygons in WGS 84.
    """
    count = len(x)
    # Corners in the order of the ring: lower left, lower right, upper right, upper left.
    margin = rng.uniform(0.03, 0.13, size=(2, count, 4))
    low, high = margin, 1.0 - margin
    u = np.stack([low[0, :, 0], high[0, :, 1], high[0, :, 2], low[0, :, 3]], axis=1)
    v = np.stack([low[1, :, 0], low[1, :, 1], high[1, :, 2], high[1, :, 3]], axis=1)
    # A cut corner becomes two points, one on each of its edges; an uncut one stays a single point.
    cut = rng.random((count, 4)) < 0.45
    depth = rng.uniform(0.08, 0.3, size=(2, count, 4))
    before = np.where(cut, depth[0], 0.0)
    after = np.where(cut, depth[1], 0.0)
    ring_u = np.stack([u + (np.roll(u, 1, 1) - u) * before, u + (np.roll(u, -1, 1) - u) * after], axis=2)
    ring_v = np.stack([v + (np.roll(v, 1, 1) - v) * before, v + (np.roll(v, -1, 1) - v) * after], axis=2)
    keep = np.stack([np.ones_like(cut), cut], axis=2).reshape(count, 8)
    corner_x = x[:, None] + side[:, None] * ring_u.reshape(count, 8)
    corner_y = y[:, None] + side[:, None] * ring_v.reshape(count, 8)
    owner = np.repeat(np.arange(count), keep.sum(axis=1))
    lon, lat = to_degrees(corner_x[keep], corner_y[keep])
    rings = shapely.linearrings(np.stack([lon, lat], axis=1).round(7), indices=owner)
    drawn: Geometries = shapely.multipolygons(shapely.polygons(rings), indices=np.arange(count))
    return drawn


def hilbert_order(lon: Floats, lat: Floats) -> Ints:
    """Indices that put positions in the order of a Hilbert curve over their extent; NaN positions come last."""
    side = 1 << HILBERT_BITS
    placed = np.flatnonzero(~np.isnan(lon))
    if not len(placed):
        return np.arange(len(lon))
    x, y = (
        ((axis[placed] - axis[placed].min()) / max(np.ptp(axis[placed]), 1e-9) * (side - 1)).astype(np.int64)
        for axis in (lon, lat)
    )
    distance = np.zeros(len(placed), dtype=np.int64)
    level = side >> 1
    while level:
        right, upper = (x & level) > 0, (y & level) > 0
        distance += level * level * ((3 * right) ^ upper)
        flip = ~upper & right
        x, y = np.where(flip, side - 1 - x, x), np.where(flip, side - 1 - y, y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
        level >>= 1
    unplaced = np.flatnonzero(np.isnan(lon))
    return np.concatenate([placed[np.argsort(distance, kind="stable")], unplaced])


def ewkb(shapes: Geometries) -> list[bytes]:
    """Each shape as PostGIS stores it, with its SRID."""
    listed: list[bytes] = shapely.to_wkb(shapely.set_srid(shapes, WGS84_SRID), include_srid=True).tolist()
    return listed
