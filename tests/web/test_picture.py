"""The picture of the flagship request: what it shows, that it is the same each time, and whom it asks."""

import math
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import uvicorn
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.picture.__main__ import main
from api.picture.frame import Frame, scale_bar
from api.picture.pen import shorten, width_of
from api.picture.request import PictureError, Scene, ask
from api.picture.sheet import draw
from api.picture.spread import spread

SVG = "{http://www.w3.org/2000/svg}"
START = (121.6147, 38.914)
DISTRICT = {
    "type": "MultiPolygon",
    "coordinates": [[[[121.0, 38.7], [122.0, 38.7], [122.0, 39.3], [121.0, 39.3], [121.0, 38.7]]]],
}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def a_stop(sequence: int, lon: float, lat: float, name: str) -> dict[str, Any]:
    square = [[lon, lat], [lon + 0.01, lat], [lon + 0.01, lat + 0.01], [lon, lat + 0.01], [lon, lat]]
    parcel = {"code": f"L{sequence}", "geometry": {"type": "Polygon", "coordinates": [square]}}
    return {
        "sequence": sequence,
        "arrival": f"2026-12-01T{sequence:02d}:00:00Z",
        "departure": f"2026-12-01T{sequence:02d}:30:00Z",
        "project": {
            "name": name,
            "totalInvestment": "123456789.01",
            "location": point(lon, lat),
            "region": {"name": "中山区"},
            "issues": {"totalCount": sequence},
            "nearbyParcels": {"edges": [{"node": parcel}, {"node": parcel}]},
        },
    }


def a_scene(basis: str = "STRAIGHT_LINE_ESTIMATE", first_name: str = "一号项目") -> Scene:
    stops = [a_stop(1, 121.65, 38.92, first_name), a_stop(2, 121.65, 38.92, "二号项目"), a_stop(3, 121.7, 39.0, "三")]
    line = [START, *(stop["project"]["location"]["coordinates"] for stop in stops), START]
    route = {
        "basis": basis,
        "meters": 43_210.0,
        "seconds": 5_400.0,
        "geometry": {"type": "LineString", "coordinates": line},
        "stops": stops,
        "unvisited": [{"project": {"code": code}, "reason": "STOP_LIMIT"} for code in ("A", "B")],
        "corridor": {"parcels": {"nodes": []}},
    }
    region = {"code": "210202", "name": "中山区", "kind": "DISTRICT", "geometry": DISTRICT}
    city = {**region, "code": "210200", "name": "大连市", "kind": "CITY"}
    sites = ({"code": "A", "location": point(121.66, 38.95)}, {"code": "B", "location": None})
    return Scene(route, (region, city), sites, START, "2026-12-01")


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own output


def texts(picture: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


def of_class(picture: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in picture.iter() if name in element.get("class", "").split()]


def test_it_shows_the_stops_with_local_times_the_land_near_them_and_the_figures_of_the_day() -> None:
    picture = parsed(draw(a_scene(), "a note"))
    said = texts(picture)
    assert {"43 km", "1 h 30 min", "09:00–09:30", "一号项目", "中山区 · 1.23 亿元 · 1 open issue", "a note"} <= set(
        said
    )
    assert len(of_class(picture, "stop")) == 6, "three on the map, three in the list"
    (parcels, _) = of_class(picture, "parcel")
    assert len(parcels) == 3, "a parcel near a stop twice is drawn once"
    assert len(of_class(picture, "site")[0]) == 1, "a site without a location has no dot"
    assert "2 unvisited · 未安排" in said
    assert "2 stop limit" in said


@pytest.mark.parametrize(
    ("basis", "words", "dashed"),
    [("STRAIGHT_LINE_ESTIMATE", "Straight-line estimate", True), ("ROAD_NETWORK", "Along the road network", False)],
)
def test_an_estimate_says_so_and_is_dashed(basis: str, words: str, dashed: bool) -> None:
    picture = parsed(draw(a_scene(basis), ""))
    assert any(text.startswith(words) for text in texts(picture))
    assert bool(of_class(picture, "estimate")) is dashed


def test_the_same_answer_gives_the_same_bytes_and_needs_nothing_beside_itself() -> None:
    assert draw(a_scene(), "note") == draw(a_scene(), "note")
    addresses = draw(a_scene(), "note").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http" not in addresses
    assert "url(" not in addresses


def test_any_name_can_be_written() -> None:
    picture = parsed(draw(a_scene(first_name="<script>&\x00\x0b\ud800'\""), ""))
    assert "<script>&'\"" in texts(picture)
    assert not list(picture.iter(f"{SVG}script"))


def test_a_day_without_stops_is_still_a_map() -> None:
    scene = a_scene()
    route = {**scene.route, "stops": [], "geometry": {"type": "LineString", "coordinates": [START, START]}}
    picture = parsed(draw(Scene(route, scene.regions, (), START, scene.day), ""))
    assert of_class(picture, "stop") == []
    assert "中山区" in texts(picture)


def test_the_scale_bar_measures_true_both_ways() -> None:
    frame = Frame.around([(121.5, 38.9), (121.7, 39.0)], (0, 0, 800, 700), margin=40, least=1000)
    meters, length = scale_bar(frame, 170)
    assert length <= 170
    assert str(int(meters)).rstrip("0") in {"1", "2", "5"}
    west, east = frame.place((121.55, 38.95)), frame.place((121.65, 38.95))
    south, north = frame.place((121.6, 38.9)), frame.place((121.6, 39.0))
    # 0.1° along the parallel of 38.95° N and along the meridian, on the WGS 84 ellipsoid.
    assert (east[0] - west[0]) / length * meters == pytest.approx(8_671, rel=0.005)
    assert (south[1] - north[1]) / length * meters == pytest.approx(11_101, rel=0.005)


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60)), max_size=12))
def test_markers_never_cover_one_another(points: list[tuple[float, float]]) -> None:
    moved = spread(points, 10)
    assert moved == spread(points, 10)
    gaps = [math.dist(one, other) for index, one in enumerate(moved) for other in moved[:index]]
    assert all(gap > 9 for gap in gaps)


@given(st.text(max_size=40), st.integers(2, 40))
def test_shortened_words_fit(words: str, columns: int) -> None:
    kept = shorten(words, columns)
    assert width_of(kept) <= columns
    assert kept == words or kept.endswith("…")


@contextmanager
def answering(flagship: dict[str, Any], asked: list[tuple[str | None, dict[str, Any]]]) -> Iterator[str]:
    """A service that gives a prepared answer; the address of its ``/graphql``."""
    scene = a_scene()
    ground = {
        "regions": {"pageInfo": {"hasNextPage": False}, "nodes": scene.regions},
        "projects": {"nodes": scene.sites},
    }

    async def graphql(request: Request) -> Response:
        body = await request.json()
        asked.append((request.headers.get("Authorization"), body["variables"]))
        return JSONResponse(flagship if "Flagship" in body["query"] else {"data": ground})

    app = Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        finally:
            server.should_exit = True
            thread.join()


def test_the_command_asks_the_service_and_writes_the_picture(tmp_path: Path) -> None:
    asked: list[tuple[str | None, dict[str, Any]]] = []
    output = tmp_path / "docs" / "day.svg"
    with answering({"data": {"siteVisitRoute": a_scene().route}}, asked) as url:
        told = CliRunner().invoke(
            main, ["--url", url, "--token", "t0k", "--day", "2026-12-01", "--note", "n", "--output", str(output)]
        )
    assert told.exit_code == 0, told.output
    assert "3 stops, 2 unvisited" in told.output
    assert output.read_text(encoding="utf-8") == draw(a_scene(), "n")
    assert asked == [
        ("Bearer t0k", {"start": point(*START), "day": "2026-12-01"}),
        ("Bearer t0k", {"codes": ["A", "B"]}),
    ]


def test_a_refusal_is_told_in_the_services_own_words() -> None:
    with (
        answering({"errors": [{"message": "no such day"}]}, []) as url,
        pytest.raises(PictureError, match="no such day"),
    ):
        ask(url, "t", "2026-12-01", START)
    with pytest.raises(PictureError, match="not an http address"):
        ask("file:///etc/hostname", "t", "2026-12-01", START)
