"""GCJ-02 and BD-09 in Python: published reference points, exact inverses, geometry kept in shape."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.coordinate import (
    CoordinateSystem,
    bd09_to_gcj02,
    convert,
    convert_geometry,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_gcj02,
)

# China's extent, its southern sea included; well inside the rectangle of the formula.
china = st.tuples(st.floats(73.0, 136.0), st.floats(3.0, 54.0))
earth = st.tuples(st.floats(-180.0, 180.0), st.floats(-90.0, 90.0))

# Longitude, latitude. From the test suites of googollee/eviltransform and wandergis/coordtransform.
WGS84_GCJ02 = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
]
GCJ02_BD09 = [((116.404, 39.915), (116.41036949371029, 39.92133699351021))]
WGS84_BD09 = [((116.404, 39.915), (116.41662724378733, 39.922699552216216))]


def meters_apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Small distances only: the local plane at the latitude of `a`."""
    east = (a[0] - b[0]) * math.cos(math.radians(a[1]))
    return math.hypot(east, a[1] - b[1]) * 111_195.0


def converted(at: tuple[float, float], source: str, target: str) -> tuple[float, float]:
    lon, lat = convert(*at, CoordinateSystem(source), CoordinateSystem(target))
    return float(lon), float(lat)


@pytest.mark.parametrize(("wgs84", "gcj02"), WGS84_GCJ02)
def test_gcj02_reference_points(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert converted(wgs84, "WGS84", "GCJ02") == pytest.approx(gcj02, abs=1e-11)
    assert converted(gcj02, "GCJ02", "WGS84") == pytest.approx(wgs84, abs=1e-11)


@pytest.mark.parametrize(("gcj02", "bd09"), GCJ02_BD09)
def test_bd09_reference_points(gcj02: tuple[float, float], bd09: tuple[float, float]) -> None:
    assert converted(gcj02, "GCJ02", "BD09") == pytest.approx(bd09, abs=1e-12)
    assert converted(bd09, "BD09", "GCJ02") == pytest.approx(gcj02, abs=1e-12)


@pytest.mark.parametrize(("wgs84", "bd09"), WGS84_BD09)
def test_bd09_is_reached_through_gcj02(wgs84: tuple[float, float], bd09: tuple[float, float]) -> None:
    assert converted(wgs84, "WGS84", "BD09") == pytest.approx(bd09, abs=1e-12)


@given(china)
def test_gcj02_round_trip(at: tuple[float, float]) -> None:
    lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02(*at))
    # 1 µm, where 0.25 m is required. The bound is not tighter because of √|lon − 105|, whose slope has no bound.
    assert (float(lon), float(lat)) == pytest.approx(at, abs=1e-11)
    back = wgs84_to_gcj02(*gcj02_to_wgs84(*at))
    assert (float(back[0]), float(back[1])) == pytest.approx(at, abs=1e-11)


@given(china)
def test_bd09_round_trip(at: tuple[float, float]) -> None:
    assert converted(converted(at, "WGS84", "BD09"), "BD09", "WGS84") == pytest.approx(at, abs=1e-11)


@given(earth)
def test_bd09_inverse_holds_on_the_whole_earth(at: tuple[float, float]) -> None:
    lon, lat = bd09_to_gcj02(*gcj02_to_bd09(*at))
    assert (float(lon), float(lat)) == pytest.approx(at, abs=1e-11)


@given(china)
def test_offset_is_of_the_known_size(at: tuple[float, float]) -> None:
    assert 10.0 < meters_apart(at, converted(at, "WGS84", "GCJ02")) < 1000.0


def test_offset_in_dalian() -> None:
    assert 430 < meters_apart((121.62, 38.92), converted((121.62, 38.92), "WGS84", "GCJ02")) < 490


@pytest.mark.parametrize("at", [(2.35, 48.86), (-70.0, -33.0), (72.0, 40.0), (138.0, 40.0), (105.0, 56.0)])
def test_outside_the_rectangle_nothing_moves(at: tuple[float, float]) -> None:
    assert converted(at, "WGS84", "GCJ02") == at
    assert converted(at, "GCJ02", "WGS84") == at


@given(earth)
def test_inverse_is_finite_everywhere(at: tuple[float, float]) -> None:
    lon, lat = gcj02_to_wgs84(*at)
    assert np.isfinite(lon)
    assert np.isfinite(lat)
    assert meters_apart(at, (float(lon), float(lat))) < 2000


def test_cgcs2000_is_wgs84() -> None:
    assert converted((121.6, 38.9), "WGS84", "CGCS2000") == (121.6, 38.9)
    assert converted((121.6, 38.9), "CGCS2000", "GCJ02") == converted((121.6, 38.9), "WGS84", "GCJ02")


SHAPES = [
    "POINT (121.6 38.9)",
    "LINESTRING (121.6 38.9, 121.7 39, 121.8 39)",
    "POLYGON ((121 39, 122 39, 122 40, 121 39), (121.5 39.2, 121.6 39.2, 121.6 39.3, 121.5 39.2))",
    "MULTIPOINT ((121 39))",
    "MULTIPOLYGON (((121 39, 122 39, 122 40, 121 39)))",
    "GEOMETRYCOLLECTION (POINT (121 39))",
    "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION (LINESTRING (121 39, 122 39)), POINT (121 39))",
    "POLYGON EMPTY",
]


@pytest.mark.parametrize("wkt", SHAPES)
def test_geometry_keeps_its_structure(wkt: str) -> None:
    shape = shapely.from_wkt(wkt)
    there = convert_geometry(shape, CoordinateSystem.WGS84, CoordinateSystem.GCJ02)
    assert there.geom_type == shape.geom_type
    assert shapely.get_num_coordinates(there) == shapely.get_num_coordinates(shape)
    assert shape.is_empty or not there.equals_exact(shape, 1e-3)
    back = convert_geometry(there, CoordinateSystem.GCJ02, CoordinateSystem.WGS84)
    assert back.equals_exact(shape, 1e-12)
