"""The coordinate systems our clients ask for, and the way from each to each through WGS 84.

`CGCS2000` (EPSG:4490) is carried as WGS 84: the two realisations differ by centimetres, below anything we store.
Positions are always longitude, latitude, whatever axis order EPSG gives a system.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from geo.coordinate.bd09 import bd09_to_gcj02, gcj02_to_bd09
from geo.coordinate.gcj02 import FloatArray, gcj02_to_wgs84, wgs84_to_gcj02


class CoordinateSystem(StrEnum):
    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


def _to_wgs84(lon: FloatArray, lat: FloatArray, source: CoordinateSystem) -> tuple[FloatArray, FloatArray]:
    match source:
        case CoordinateSystem.WGS84 | CoordinateSystem.CGCS2000:
            return lon, lat
        case CoordinateSystem.GCJ02:
            return gcj02_to_wgs84(lon, lat)
        case CoordinateSystem.BD09:
            return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _from_wgs84(lon: FloatArray, lat: FloatArray, target: CoordinateSystem) -> tuple[FloatArray, FloatArray]:
    match target:
        case CoordinateSystem.WGS84 | CoordinateSystem.CGCS2000:
            return lon, lat
        case CoordinateSystem.GCJ02:
            return wgs84_to_gcj02(lon, lat)
        case CoordinateSystem.BD09:
            return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def convert(
    lon: ArrayLike, lat: ArrayLike, source: CoordinateSystem, target: CoordinateSystem
) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes, in degrees, of `source` positions in `target`; numbers or arrays of equal shape."""
    lon_, lat_ = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return (lon_, lat_) if source == target else _from_wgs84(*_to_wgs84(lon_, lat_, source), target)


def convert_geometry(shape: BaseGeometry, source: CoordinateSystem, target: CoordinateSystem) -> BaseGeometry:
    """The same shapely geometry in `target`, vertex by vertex: any type, 2D (Z is dropped), empty ones unchanged."""

    def vertices(xy: FloatArray) -> FloatArray:
        return np.stack(convert(xy[:, 0], xy[:, 1], source, target), axis=1)

    converted: BaseGeometry = shapely.transform(shape, vertices)
    return converted
