"""Land, sea, boundaries and their names, north and the scale."""

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from api.picture import pen
from api.picture.frame import Frame, scale_bar
from api.picture.request import Json

# The city is the sum of its districts: drawn too, it would lie over them.
_AREAS = frozenset({"DISTRICT", "COUNTY", "COUNTY_LEVEL_CITY"})
_ZONES = frozenset({"PIONEER_ZONE"})
_TINTS = 4
_ROOM_FOR_A_NAME = 2500.0  # square SVG units


def areas(regions: Iterable[Json], kinds: frozenset[str] = _AREAS) -> list[tuple[Json, BaseGeometry]]:
    """Regions of these kinds with their shapes in degrees, by code; those without a boundary are left out."""
    chosen = [
        (region, shape(region["geometry"]))
        for region in regions
        if region["kind"] in kinds and region["geometry"] is not None
    ]
    return sorted(chosen, key=lambda pair: str(pair[0]["code"]))


def draw_ground(parent: Element, frame: Frame, regions: Iterable[Json], *, detailed: bool = True) -> None:
    """Sea, then land under it, then districts; pioneer zones and names only where ``detailed``."""
    regions = tuple(regions)
    pen.add(parent, "rect", class_="sea", x=frame.left, y=frame.top, width=frame.width, height=frame.height)
    land = [(region, frame.draw(outline)) for region, outline in areas(regions)]
    seen = [(region, outline) for region, outline in land if not outline.is_empty]
    # Boundaries are simplified one by one, so neighbours may part by a hair; the shore's stroke closes the gap.
    for style in ("shallow", "shore") if detailed else ("shore",):
        group = pen.add(parent, "g", class_=style)
        for _, outline in seen:
            pen.add(group, "path", d=pen.path(outline))
    if not detailed:
        return
    group = pen.add(parent, "g", class_="district")
    for index, (_, outline) in enumerate(seen):
        pen.add(group, "path", class_=f"tint{index % _TINTS}", d=pen.path(outline))
    group = pen.add(parent, "g", class_="zone")
    for _, outline in areas(regions, _ZONES):
        if not (drawn := frame.draw(outline)).is_empty:
            pen.add(group, "path", d=pen.path(drawn))


def draw_names(parent: Element, frame: Frame, regions: Iterable[Json]) -> None:
    """A district's name inside the part of it that shows, where there is room."""
    for region, outline in areas(regions):
        parts: list[Any] = list(getattr(drawn := frame.draw(outline), "geoms", [drawn]))
        largest = max(parts, key=lambda part: float(part.area))
        if largest.area < _ROOM_FOR_A_NAME:
            continue
        spot = largest.representative_point()
        half = pen.width_of(region["name"]) * 4.5
        x = min(max(spot.x, frame.left + half + 8), frame.right - half - 8)
        y = min(max(spot.y, frame.top + 24), frame.bottom - 12)
        pen.add(parent, "text", region["name"], class_="place", x=x, y=y)


def draw_north_and_scale(parent: Element, frame: Frame) -> None:
    """North is up everywhere in this projection. The bar is exact at the frame's middle."""
    x, y = frame.right - 34, frame.top + 22
    pen.add(parent, "path", d=f"M{x} {y}l9 30l-9 -7l-9 7z", class_="start")
    pen.add(parent, "text", "N", class_="head", x=x, y=y + 46, text_anchor="middle")
    meters, length = scale_bar(frame, 170)
    x, y = frame.left + 22, frame.bottom - 24
    label = f"{meters / 1000:g} km"
    pen.add(parent, "rect", x=x - 10, y=y - 24, width=length + 62, height=38, rx=4, fill="#fff", fill_opacity=".8")
    pen.add(parent, "path", d=f"M{x:.1f} {y - 6:.1f}v6h{length:.1f}v-6", fill="none", stroke="#22313a", stroke_width=2)
    pen.add(parent, "text", "0", class_="small", x=x - 3, y=y - 10)
    pen.add(parent, "text", label, class_="small scale", x=x + length - 8, y=y - 10)
