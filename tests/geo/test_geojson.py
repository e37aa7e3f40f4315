"""GeoJSON from outside: what is accepted, what is refused, where and with which advice."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.geojson import GEOMETRY_TYPES, GeoJSONError, Geometry, parse_bbox, parse_geometry

SQUARE = [[121.0, 38.0], [122.0, 38.0], [122.0, 39.0], [121.0, 39.0], [121.0, 38.0]]
HOLE = [[121.2, 38.2], [121.4, 38.2], [121.4, 38.4], [121.2, 38.4], [121.2, 38.2]]


def parse(value: object) -> Geometry:
    return parse_geometry(value, max_vertices=100)


def geometry(kind: str, coordinates: object) -> dict[str, object]:
    return {"type": kind, "coordinates": coordinates}


def collection(*members: object) -> dict[str, object]:
    return {"type": "GeometryCollection", "geometries": list(members)}


ACCEPTED = [
    (geometry("Point", [121.6, 38.9]), "POINT (121.6 38.9)"),
    (geometry("Point", (121, 38)), "POINT (121 38)"),
    (geometry("Point", [121.6, 38.9, 40.5]), "POINT (121.6 38.9)"),
    (geometry("Point", [-180, 90]), "POINT (-180 90)"),
    (geometry("MultiPoint", [[1, 2], [3, 4]]), "MULTIPOINT ((1 2), (3 4))"),
    (geometry("LineString", [[1, 2], [3, 4, 5]]), "LINESTRING (1 2, 3 4)"),
    (geometry("MultiLineString", [[[1, 2], [3, 4]]]), "MULTILINESTRING ((1 2, 3 4))"),
    (geometry("Polygon", [SQUARE]), "POLYGON ((121 38, 122 38, 122 39, 121 39, 121 38))"),
    (geometry("MultiPolygon", [[SQUARE]]), "MULTIPOLYGON (((121 38, 122 38, 122 39, 121 39, 121 38)))"),
    (collection(geometry("Point", [1, 2])), "GEOMETRYCOLLECTION (POINT (1 2))"),
    ({**geometry("Point", [1, 2]), "bbox": "nonsense", "name": {}}, "POINT (1 2)"),
]


@pytest.mark.parametrize(("value", "wkt"), ACCEPTED)
def test_accepted(value: object, wkt: str) -> None:
    parsed = parse(value)
    shape = shapely.from_wkb(parsed.ewkb)
    assert shape.equals_exact(shapely.from_wkt(wkt), 0)
    assert shapely.get_srid(shape) == 4326
    assert parsed.type == shape.geom_type
    assert parsed.bounds == shape.bounds
    assert parsed.vertices == shapely.get_num_coordinates(shape)
    assert shapely.from_wkb(parsed.hex_ewkb) == shape


@pytest.mark.parametrize("outer", [SQUARE, SQUARE[::-1]])
@pytest.mark.parametrize("hole", [HOLE, HOLE[::-1]])
def test_rings_come_out_right_handed(outer: list[object], hole: list[object]) -> None:
    for kind, coordinates in (("Polygon", [outer, hole]), ("MultiPolygon", [[outer, hole]])):
        for value in (geometry(kind, coordinates), collection(geometry(kind, coordinates))):
            shape = shapely.from_wkb(parse(value).ewkb)
            polygon = next(part for part in shapely.get_parts(shapely.get_parts(shape)))
            assert polygon.exterior.is_ccw
            assert not polygon.interiors[0].is_ccw


BOW_TIE = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
REFUSED: list[tuple[object, tuple[object, ...], str]] = [
    (None, (), "is null"),
    ([1, 2], (), "is an array"),
    ('{"type": "Point"}', (), "is a string"),
    ({}, ("type",), "is missing"),
    ({"type": ["Point"]}, ("type",), "is an array"),
    ({"type": "point", "coordinates": [1, 2]}, ("type",), "no GeoJSON geometry type"),
    ({"type": "Feature", "geometry": {}}, ("type",), "give its geometry"),
    ({"type": "FeatureCollection", "features": []}, ("type",), "give its geometry"),
    ({"type": "Point"}, ("coordinates",), "is missing"),
    (geometry("Point", None), ("coordinates",), "is null"),
    (geometry("Point", []), ("coordinates",), "is empty"),
    (geometry("Point", [1]), ("coordinates",), "length 1"),
    (geometry("Point", [1, 2, 3, 4, 5]), ("coordinates",), "length 5"),
    (geometry("Point", ["1", 2]), ("coordinates", 0), "is a string"),
    (geometry("Point", [1, True]), ("coordinates", 1), "is a boolean"),
    (geometry("Point", [1, None]), ("coordinates", 1), "is null"),
    (geometry("Point", [1, 2, math.inf]), ("coordinates", 2), "not a finite"),
    (geometry("Point", [math.nan, 2]), ("coordinates", 0), "not a finite"),
    (geometry("Point", [-math.inf, 2]), ("coordinates", 0), "not a finite"),
    (geometry("Point", [10**400, 2]), ("coordinates", 0), "out of any range"),
    (geometry("Point", [180.001, 2]), ("coordinates", 0), "beyond ±180"),
    (geometry("Point", [38.9, 121.6]), ("coordinates", 1), "longitude first"),
    (geometry("LineString", [[1, 2]]), ("coordinates",), "two or more"),
    (geometry("LineString", [[1, 2], [1, 2]]), ("coordinates",), "not valid"),
    (geometry("Polygon", [SQUARE[:-1]]), ("coordinates", 0), "not closed"),
    (geometry("Polygon", [SQUARE[:2] + SQUARE[:1]]), ("coordinates", 0), "ring of 3"),
    (geometry("Polygon", SQUARE), ("coordinates", 0, 0), "give a position"),
    (geometry("Polygon", []), ("coordinates",), "is empty"),
    (geometry("Polygon", [BOW_TIE]), ("coordinates",), "Self-intersection[1 1]"),
    (geometry("Polygon", [HOLE, SQUARE]), ("coordinates",), "not valid"),
    (geometry("MultiPolygon", [[SQUARE], [SQUARE]]), ("coordinates",), "not valid"),
    (geometry("MultiPolygon", [[SQUARE], [[[0, 0]]]]), ("coordinates", 1, 0), "ring of 1"),
    (collection(), ("geometries",), "is empty"),
    ({"type": "GeometryCollection"}, ("geometries",), "is missing"),
    (
        collection(geometry("Point", [1, 2]), geometry("Point", [1, 95])),
        ("geometries", 1, "coordinates", 1),
        "±90",
    ),
    (collection(geometry("Polygon", [BOW_TIE])), ("geometries",), "Self-intersection[1 1]"),
    ({**geometry("Point", [1, 2]), "crs": None}, ("crs",), "no crs member"),
    (geometry("MultiPoint", [[1, 2]] * 101), ("coordinates", 100), "more than 100 positions"),
]


@pytest.mark.parametrize(("value", "path", "message"), REFUSED)
def test_refused(value: object, path: tuple[object, ...], message: str) -> None:
    with pytest.raises(GeoJSONError) as caught:
        parse(value)
    assert caught.value.path == path
    assert message in caught.value.message
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert (again.path, again.message) == (caught.value.path, caught.value.message)


def test_error_reads_as_one_line() -> None:
    with pytest.raises(GeoJSONError, match=r"^geometries\[0\]\.coordinates\[1\]: is a string; give a number$"):
        parse(collection(geometry("Point", [1, "2"])))


def test_depth_bombs_are_refused() -> None:
    value: Any = geometry("Point", [1, 2])
    for _ in range(4):
        value = collection(value)
    assert parse(value).vertices == 1
    with pytest.raises(GeoJSONError, match="nested deeper than 4"):
        parse(collection(value))
    array: Any = [1, 2]
    for _ in range(50_000):
        array, value = [array], collection(value)
    for bomb in (value, *(geometry(kind, array) for kind in GEOMETRY_TYPES)):
        with pytest.raises(GeoJSONError):
            parse(bomb)


def test_allowed_types() -> None:
    points = frozenset({"Point", "GeometryCollection"})
    assert parse_geometry(geometry("Point", [1, 2]), max_vertices=1, allowed=points).type == "Point"
    with pytest.raises(GeoJSONError, match="LineString is not accepted here; give one of GeometryCollection, Point"):
        parse_geometry(geometry("LineString", [[1, 2], [3, 4]]), max_vertices=9, allowed=points)


numbers = st.one_of(
    st.floats(),
    st.integers(),
    st.floats(-180, 180),
    st.integers(-90, 90),
    st.booleans(),
    st.text(max_size=3),
    st.none(),
)
anything = st.recursive(
    st.one_of(numbers, st.sampled_from(sorted(GEOMETRY_TYPES))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.sampled_from(["type", "coordinates", "geometries", "crs", "x"]), inner, max_size=4),
    ),
    max_leaves=30,
)
position = st.lists(st.one_of(st.integers(-3, 3), st.floats(-181, 181)), min_size=1, max_size=3)
ring = st.lists(position, max_size=6).map(lambda positions: positions + positions[:1])
nearly = st.builds(
    geometry,
    st.sampled_from(sorted(GEOMETRY_TYPES)),
    st.one_of(anything, position, ring, st.lists(ring, max_size=3), st.lists(st.lists(ring, max_size=2), max_size=2)),
)


@settings(max_examples=400)
@given(st.one_of(anything, nearly, st.lists(nearly, max_size=3).map(lambda members: collection(*members))))
def test_arbitrary_json_is_parsed_or_refused_cleanly(value: object) -> None:
    try:
        parsed = parse(value)
    except GeoJSONError:
        return
    shape = shapely.from_wkb(parsed.ewkb)
    assert shape.is_valid
    assert not shape.is_empty
    assert not shape.has_z


@pytest.mark.parametrize(
    ("value", "boxes"),
    [
        ([121, 38, 122, 39.5], [(121, 38, 122, 39.5)]),
        ((0, 0, 0, 0), [(0, 0, 0, 0)]),
        ([170, -10, -170, 10], [(170, -10, 180, 10), (-180, -10, -170, 10)]),
    ],
)
def test_bbox(value: object, boxes: list[tuple[float, ...]]) -> None:
    assert list(parse_bbox(value)) == boxes


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ("1,2,3,4", (), "is a string"),
        ([1, 2, 3], (), "has 3 members"),
        ([1, 2, 3, 4, 5, 6], (), "has 6 members"),
        ([181, 0, 182, 1], (0,), "beyond ±180"),
        ([0, 0, math.nan, 1], (2,), "not a finite"),
        ([0, 0, 1, -91], (3,), "beyond ±90"),
        ([0, "0", 1, 1], (1,), "is a string"),
        ([0, 2, 1, 1], (1,), "above north"),
    ],
)
def test_bbox_refused(value: object, path: tuple[int, ...], message: str) -> None:
    with pytest.raises(GeoJSONError) as caught:
        parse_bbox(value)
    assert caught.value.path == path
    assert message in caught.value.message


@given(anything)
def test_arbitrary_bbox_is_parsed_or_refused_cleanly(value: object) -> None:
    try:
        boxes = parse_bbox(value)
    except GeoJSONError:
        return
    assert all(box.west <= box.east and box.south <= box.north for box in boxes)
