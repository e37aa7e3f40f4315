"""GCJ-02 to BD-09 (Baidu's coordinates) and back.

The formula in circulation (*coordtransform*); Baidu publishes only a web service for it. It is
applied everywhere, inside China or not, as published. What is usually called its inverse is off by up to a metre;
ours iterates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

EAST_SHIFT, NORTH_SHIFT = 0.0065, 0.006  # degrees
RADIUS_RIPPLE, ANGLE_RIPPLE = 0.00002, 0.000003  # degrees, radians
RIPPLE_FREQUENCY = np.pi * 3000.0 / 180.0  # radians per degree

# The ripple turns a position by at most 3e-6 rad with 52 rad/°: within 180° of the origin it moves by less than 3 %
# of any change of position, so eight rounds reach rounding.
_ROUNDS = 10


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """BD-09 longitude and latitude, in degrees, of GCJ-02 positions; arrays of any equal shape, or numbers."""
    lon_, lat_ = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    radius = np.sqrt(lon_ * lon_ + lat_ * lat_) + RADIUS_RIPPLE * np.sin(lat_ * RIPPLE_FREQUENCY)
    angle = np.arctan2(lat_, lon_) + ANGLE_RIPPLE * np.cos(lon_ * RIPPLE_FREQUENCY)
    return radius * np.cos(angle) + EAST_SHIFT, radius * np.sin(angle) + NORTH_SHIFT


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """GCJ-02 longitude and latitude, in degrees, of BD-09 positions, by fixed-point iteration to rounding (< 1e-9°)."""
    lon_, lat_ = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    found_lon, found_lat = lon_ - EAST_SHIFT, lat_ - NORTH_SHIFT
    for _ in range(_ROUNDS):
        there_lon, there_lat = gcj02_to_bd09(found_lon, found_lat)
        found_lon, found_lat = found_lon - (there_lon - lon_), found_lat - (there_lat - lat_)
    return found_lon, found_lat
