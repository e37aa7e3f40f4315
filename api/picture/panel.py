"""The words beside the map: the day in figures, its stops with their times, and what the signs mean."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from api.picture import pen
from api.picture.frame import Frame
from api.picture.ground import areas, draw_ground
from api.picture.request import Json, Scene
from api.picture.round_trip import draw_stop, star

WIDTH = 416.0
_STOP_HEIGHT = 34.0
_LOCAL_TIME = ZoneInfo("Asia/Shanghai")
_BASIS = {
    "STRAIGHT_LINE_ESTIMATE": "Straight-line estimate, not roads · 直线估算，非道路里程",
    "ROAD_NETWORK": "Along the road network · 按道路网计算",
}


def draw_panel(parent: Element, scene: Scene, left: float, top: float, bottom: float) -> None:
    """All words, downward from ``top``; the signs and the locator map stand on ``bottom``.

    A page has room for sixteen stops; the flagship request asks for twelve.
    """
    _draw_figures(parent, scene.route, left, top)
    for index, stop in enumerate(sorted(scene.route["stops"], key=lambda stop: int(stop["sequence"]))):
        _draw_stop_line(parent, stop, left, top + 92 + index * _STOP_HEIGHT)
    _draw_signs(parent, scene, left, bottom - 150)


def _draw_figures(parent: Element, route: Json, left: float, top: float) -> None:
    hours, minutes = divmod(round(route["seconds"] / 60), 60)
    figures = (
        (f"{len(route['stops'])}", "stops · 站点"),
        (f"{route['meters'] / 1000:.0f} km", "to travel · 行程"),
        (f"{hours} h {minutes:02d} min", "on the way · 途中"),
    )
    for (figure, words), x in zip(figures, (left, left + 100, left + 240), strict=True):
        pen.add(parent, "text", figure, class_="figure", x=x, y=top + 22)
        pen.add(parent, "text", words, class_="small", x=x, y=top + 39)
    pen.add(parent, "text", _BASIS.get(route["basis"], route["basis"]), class_="basis", x=left, y=top + 62)
    pen.add(parent, "line", class_="rule", x1=left, y1=top + 72, x2=left + WIDTH, y2=top + 72)


def _draw_stop_line(parent: Element, stop: Json, left: float, y: float) -> None:
    project = stop["project"]
    draw_stop(parent, int(stop["sequence"]), left + 11, y + 7)
    times = f"{_clock(stop['arrival'])}–{_clock(stop['departure'])}"
    pen.add(parent, "text", times, class_="time", x=left + 30, y=y + 6)
    pen.add(parent, "text", pen.shorten(project["name"], 42), class_="name", x=left + 134, y=y + 6)
    issues = project["issues"]["totalCount"]
    facts = (
        project["region"]["name"],
        f"{Decimal(project['totalInvestment']) / 10**8:.2f} 亿元",
        f"{issues} open issue{'' if issues == 1 else 's'}",
    )
    pen.add(parent, "text", pen.shorten(" · ".join(facts), 50), class_="small", x=left + 134, y=y + 20)


def _clock(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(_LOCAL_TIME).strftime("%H:%M")


def _draw_signs(parent: Element, scene: Scene, left: float, top: float) -> None:
    pen.add(parent, "line", class_="rule", x1=left, y1=top - 14, x2=left + WIDTH, y2=top - 14)
    unvisited = scene.route["unvisited"]
    reasons = Counter(str(site["reason"]) for site in unvisited)
    told = [f"{count:,} {reason.lower().replace('_', ' ')}" for reason, count in sorted(reasons.items())]
    drawn = f"{len(scene.sites):,} of {len(unvisited):,} drawn" if len(scene.sites) < len(unvisited) else ""
    x, y = left + 14, top + 6
    dashed = " estimate" if scene.route["basis"] == "STRAIGHT_LINE_ESTIMATE" else ""
    pen.add(parent, "path", class_="start", d=star(8), transform=f"translate({x} {y})")
    pen.add(parent, "path", class_="line" + dashed, d=f"M{x - 12} {y + 24}h24")
    pen.add(parent, "rect", class_="parcel", x=x - 6, y=y + 42, width=12, height=12)
    pen.add(parent, "path", class_="zone", d=f"M{x - 12} {y + 72}h24")
    pen.add(parent, "circle", class_="site", cx=x, cy=y + 96, r=3)
    words = (
        "Start and end · 起终点",
        "Way · 路线",
        "Land near stops and way · 周边地块",
        "Pioneer zone · 先导区",
        f"{len(unvisited):,} unvisited · 未安排",
        *((drawn,) if drawn else ()),
        *told,
    )
    for index, line in enumerate(words):
        step = index * 24 if index < 5 else 96 + (index - 4) * 14
        pen.add(parent, "text", line, class_="small", x=left + 36, y=y + 4 + step)


def draw_locator(parent: Element, scene: Scene, frame: Frame, left: float, bottom: float) -> None:
    """The whole city, small, with the map's window on it."""
    outlines = [outline.bounds for _, outline in areas(scene.regions)]
    if not outlines:
        return
    corners = [(bounds[at], bounds[at + 1]) for bounds in outlines for at in (0, 2)]
    whole = Frame.around(corners, (left, bottom - 150, 170, 150), margin=8, least=1000)
    clip = pen.add(parent, "svg", x=left, y=bottom - 150, width=170, height=150)
    clip.set("viewBox", f"{pen.number(left)} {pen.number(bottom - 150)} 170 150")
    draw_ground(clip, whole, scene.regions, detailed=False)
    west, north = whole.place((frame.corners()[0][0], frame.corners()[1][1]))
    east, south = whole.place((frame.corners()[1][0], frame.corners()[0][1]))
    pen.add(clip, "rect", class_="window", x=west, y=north, width=east - west, height=south - north)
    pen.add(clip, "rect", class_="edge", x=left, y=bottom - 150, width=170, height=150)
