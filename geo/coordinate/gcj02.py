"""WGS 84 to GCJ-02 (the "Mars" coordinates of Amap and Tencent) and back.

GCJ-02 has no official publication and PROJ does not know it. The formula is the one in circulation since 2010
(the *eviltransform* and *coordtransform* projects; the reference points in our tests are theirs): a smooth offset
of 50 to 800 m, computed on the Krasovsky 1940 ellipsoid, inside one rectangle around China and nowhere else.

**Outside the rectangle** (72.004..137.8347 E, 0.8293..55.8271 N) a WGS 84 position is its own GCJ-02 position. The
rectangle covers neighbouring countries too; that is how the published formula stands. Along its rim the offset
jumps, so within about 0.01° of the rim the inverse is not unique; no land of China lies there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

SEMI_MAJOR_AXIS = 6378245.0  # metres, Krasovsky 1940
ECCENTRICITY_SQUARED = 0.00669342162296594323
WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271

# The offset changes by less than 3 % of any change of position, so each round gains more than 1.5 digits: from an
# offset of 0.01° twelve rounds end far below the spacing of doubles (1.4e-14° at 120°).
_ROUNDS = 12


def inside_china_rectangle(lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
    """Whether WGS 84 positions lie in the rectangle where GCJ-02 differs from WGS 84 (rim included)."""
    inside: NDArray[np.bool_] = (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)
    return inside


def _offset(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Offset in degrees that GCJ-02 adds to a WGS 84 position, whatever the rectangle says."""
    x, y, pi = lon - 105.0, lat - 35.0, np.pi
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (ripple + 20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (ripple + 20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = lat / 180.0 * pi
    curvature = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    root_curvature = np.sqrt(curvature)
    meridian = SEMI_MAJOR_AXIS * (1.0 - ECCENTRICITY_SQUARED) / (curvature * root_curvature) * pi
    parallel = SEMI_MAJOR_AXIS / root_curvature * np.cos(phi) * pi
    return east * 180.0 / parallel, north * 180.0 / meridian


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """GCJ-02 longitude and latitude, in degrees, of WGS 84 positions; arrays of any equal shape, or numbers."""
    lon_, lat_ = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    east, north = _offset(lon_, lat_)
    inside = inside_china_rectangle(lon_, lat_)
    return np.where(inside, lon_ + east, lon_), np.where(inside, lat_ + north, lat_)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """WGS 84 longitude and latitude, in degrees, of GCJ-02 positions, by fixed-point iteration.

    Exact to rounding (< 1e-9°, 0.1 mm) where the original lay inside the rectangle; a position whose original would
    lie outside is taken to be WGS 84 already.
    """
    lon_, lat_ = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    # Far outside (towards the poles the offset grows without bound) the iteration would wander: hold it at the target.
    near = (np.abs(lon_ - 105.0) < 60.0) & (np.abs(lat_ - 28.0) < 40.0)
    found_lon, found_lat = lon_, lat_
    for _ in range(_ROUNDS):
        east, north = _offset(found_lon, found_lat)
        found_lon, found_lat = np.where(near, lon_ - east, lon_), np.where(near, lat_ - north, lat_)
    inside = inside_china_rectangle(found_lon, found_lat) & near
    return np.where(inside, found_lon, lon_), np.where(inside, found_lat, lat_)
