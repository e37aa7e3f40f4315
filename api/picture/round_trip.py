"""The day on the map: the line, the land near it, the stops and what stays unvisited."""

import math
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from shapely.geometry import LineString, shape
from shapely.geometry.base import BaseGeometry

from api.picture import pen
from api.picture.frame import Frame, Point
from api.picture.request import Json, Scene
from api.picture.spread import spread

RADIUS = 10.5
_BETWEEN_ARROWS = 95.0


def position(project: Json) -> Point:
    """Where a project is, in degrees."""
    lon, lat, *_ = project["location"]["coordinates"]
    return float(lon), float(lat)


def positions(scene: Scene) -> list[Point]:
    """Everything the frame must hold, in degrees: start, stops and the line between them."""
    line = shape(scene.route["geometry"])
    around = [scene.start, *(position(stop["project"]) for stop in scene.route["stops"])]
    if not line.is_empty:
        west, south, east, north = line.bounds
        around += [(west, south), (east, north)]
    return around


def parcels(scene: Scene) -> list[Json]:
    """Each parcel near a stop or in the corridor once, by code."""
    nodes = [
        edge["node"] for stop in scene.route["stops"] for edge in stop["project"]["nearbyParcels"]["edges"]
    ] + scene.route["corridor"]["parcels"]["nodes"]
    by_code = {str(node["code"]): node for node in nodes}
    return [by_code[code] for code in sorted(by_code)]


def draw_round_trip(parent: Element, frame: Frame, scene: Scene) -> None:
    """Bottom to top: unvisited sites, parcels, line with its direction, start, numbered stops."""
    group = pen.add(parent, "g", class_="site")
    for site in sorted(scene.sites, key=lambda site: str(site["code"])):
        if site["location"] is not None:
            x, y = frame.place(position(site))
            if frame.left < x < frame.right and frame.top < y < frame.bottom:
                pen.add(group, "circle", cx=x, cy=y, r=2.6)
    group = pen.add(parent, "g", class_="parcel")
    for parcel in parcels(scene):
        if parcel["geometry"] is not None and not (drawn := frame.draw(shape(parcel["geometry"]))).is_empty:
            pen.add(group, "path", d=pen.path(drawn))
    line = frame.draw(shape(scene.route["geometry"]))
    estimate = " estimate" if scene.route["basis"] == "STRAIGHT_LINE_ESTIMATE" else ""
    pen.add(parent, "path", class_="casing", d=pen.path(line))
    pen.add(parent, "path", class_="line" + estimate, d=pen.path(line))
    group = pen.add(parent, "g", class_="arrow")
    for x, y, degrees in _arrows(line):
        pen.add(group, "path", d="M7 0L-5 5.5L-2.5 0L-5 -5.5z", transform=_moved(x, y, degrees))
    _draw_stops(parent, frame, scene)


def _draw_stops(parent: Element, frame: Frame, scene: Scene) -> None:
    stops = sorted(scene.route["stops"], key=lambda stop: int(stop["sequence"]))
    true = [frame.place(scene.start), *(frame.place(position(stop["project"])) for stop in stops)]
    shown = spread(true, 2 * RADIUS + 2)
    for (x, y), (at_x, at_y) in zip(true, shown, strict=True):
        if math.hypot(at_x - x, at_y - y) > 3:  # moved so far that its place needs pointing at
            pen.add(parent, "line", class_="leader", x1=x, y1=y, x2=at_x, y2=at_y)
            pen.add(parent, "circle", class_="spot", cx=x, cy=y, r=2.4)
    (x, y), *rest = shown
    pen.add(parent, "path", class_="start", d=star(9.5), transform=_moved(x, y, 0))
    for stop, (x, y) in zip(stops, rest, strict=True):
        draw_stop(parent, int(stop["sequence"]), x, y)


def draw_stop(parent: Element, sequence: int, x: float, y: float) -> None:
    """A stop's numbered marker, on the map and beside its name."""
    pen.add(parent, "circle", class_="stop", cx=x, cy=y, r=RADIUS)
    pen.add(parent, "text", str(sequence), class_="digit", x=x, y=y + 4.3)


def star(radius: float) -> str:
    """The outline of a five-pointed star about the origin."""
    corners = ((radius * (1 if turn % 2 == 0 else 0.45), math.radians(36 * turn - 90)) for turn in range(10))
    return "M" + "L".join(f"{pen.number(r * math.cos(a))} {pen.number(r * math.sin(a))}" for r, a in corners) + "z"


def _arrows(line: BaseGeometry) -> Iterator[tuple[float, float, float]]:
    """Points along the drawn line and the direction there, in degrees clockwise from the right."""
    for part in getattr(line, "geoms", [line]):
        if not isinstance(part, LineString):
            continue
        for step in range(1, int(part.length / _BETWEEN_ARROWS) + 1):
            along = (step - 0.5) * _BETWEEN_ARROWS
            before, after = part.interpolate(along - 2), part.interpolate(along + 2)
            turn = math.degrees(math.atan2(after.y - before.y, after.x - before.x))
            yield (before.x + after.x) / 2, (before.y + after.y) / 2, turn


def _moved(x: float, y: float, degrees: float) -> str:
    return f"translate({pen.number(x)} {pen.number(y)}) rotate({pen.number(degrees)})"
