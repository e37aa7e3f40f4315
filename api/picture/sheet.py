"""The page: title, map, panel. The same scene always gives the same bytes."""

from xml.etree.ElementTree import Element, indent, tostring

from api.picture import pen
from api.picture.frame import Frame
from api.picture.ground import draw_ground, draw_names, draw_north_and_scale
from api.picture.panel import WIDTH as PANEL_WIDTH
from api.picture.panel import draw_locator, draw_panel
from api.picture.request import Scene
from api.picture.round_trip import draw_round_trip, positions
from api.picture.style import CSS

WIDTH, HEIGHT = 1280.0, 860.0
_MAP = (24.0, 84.0, 796.0, 734.0)
_PANEL_LEFT = 840.0


def draw(scene: Scene, note: str) -> str:
    """The picture as SVG text; ``note`` is the line at the foot that says what the data are."""
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH:.0f} {HEIGHT:.0f}"})
    svg.set("role", "img")
    pen.add(svg, "title", f"A day of site visits in Dalian, {scene.day}")
    pen.add(svg, "style", CSS)
    pen.add(svg, "rect", width=WIDTH, height=HEIGHT, fill="#fff")
    pen.add(svg, "text", "A day of site visits in Dalian", class_="title", x=24, y=40)
    subtitle = f"大连市项目现场踏勘路线 · {scene.day} · one GraphQL request"
    pen.add(svg, "text", subtitle, class_="subtitle", x=24, y=66)

    frame = Frame.around(positions(scene), _MAP, margin=46, least=6000)
    left, top, width, height = _MAP
    chart = pen.add(svg, "svg", x=left, y=top, width=width, height=height)  # cuts what reaches over its edge
    chart.set("viewBox", f"{left:.0f} {top:.0f} {width:.0f} {height:.0f}")
    draw_ground(chart, frame, scene.regions)
    draw_names(chart, frame, scene.regions)
    draw_round_trip(chart, frame, scene)
    draw_north_and_scale(chart, frame)
    pen.add(svg, "rect", class_="edge", x=left, y=top, width=width, height=height)

    draw_panel(svg, scene, _PANEL_LEFT, 24, frame.bottom)
    draw_locator(svg, scene, frame, _PANEL_LEFT + PANEL_WIDTH - 170, frame.bottom)
    pen.add(svg, "text", note, class_="small", x=24, y=HEIGHT - 16)
    indent(svg, " ")
    return tostring(svg, encoding="unicode") + "\n"
