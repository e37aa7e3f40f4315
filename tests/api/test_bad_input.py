"""Bad input that has a name: the code, path and argument it is refused with. tests/api/hostile has what has none."""

import base64
import json
import re
from typing import Any

import pytest

from schema.access.rules import Role
from tests.api.client import Client
from tests.api.hostile.values import cursor
from tests.api.hostile.verdict import judged

FOUND = "{ found: projects(filter: { location: { intersects: %s } }) { totalCount } }"


def polygon(*positions: list[float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(positions)]}


def nested(levels: int) -> str:
    return "{ not: " * levels + "{}" + " }" * levels


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (polygon([0, 0], [1, 1], [1, 0], [0, 1], [0, 0]), "Self-intersection"),
        (polygon([0, 0], [1, 0], [1, 1], [0, 1]), "not closed"),
        ({"type": "Point", "coordinates": [181, 0]}, "longitude 181"),
        ({"type": "Point", "coordinates": [0, -90.5]}, "latitude -90.5"),
        ({"type": "Point", "coordinates": ["NaN", 0]}, "give a number"),
        ({"type": "Circle", "coordinates": [0, 0]}, "no GeoJSON geometry type"),
        ({"type": "Point"}, "coordinates: is missing"),
        ({"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}}, "a Feature is not a geometry"),
        ("POINT(0 0)", "is a string"),
    ],
)
async def test_geometries(service: Client, geometry: Any, said: str) -> None:
    (error,) = judged(await service.ask("query ($g: GeoJSON) " + FOUND % "$g", {"g": geometry}))["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["found"])
    assert error["extensions"]["argument"] == "$g"
    assert said in error["message"]
    literal = re.sub(r'"(\w+)":', r"\1:", json.dumps(geometry))
    (error,) = judged(await service.ask(FOUND % literal))["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("GRAPHQL_VALIDATION_FAILED", ["found"])
    assert error["extensions"]["argument"] == "filter.location.intersects"
    assert said in error["message"]


REFUSED = [
    ("{ a: projects(first: -1) { totalCount } }", "BAD_USER_INPUT", ["a"], "first"),
    ("{ projects(last: -1) { totalCount } }", "BAD_USER_INPUT", ["projects"], "last"),
    ("{ projects(first: 1, last: 1) { totalCount } }", "BAD_USER_INPUT", ["projects"], "last"),
    ("{ projects(first: 1000000000) { totalCount } }", "LIMIT_EXCEEDED", ["projects"], "first"),
    ("{ projects(first: 10000000000) { totalCount } }", "GRAPHQL_VALIDATION_FAILED", ["projects"], "first"),
    (
        "{ projects(filter: { stage: { eq: NOWHERE } }) { totalCount } }",
        "GRAPHQL_VALIDATION_FAILED",
        ["projects"],
        "filter.stage.eq",
    ),
    (
        "{ projects(filter: { or: [{}, { code: { in: [1] } }] }) { totalCount } }",
        "GRAPHQL_VALIDATION_FAILED",
        ["projects"],
        "filter.or[1].code.in[0]",
    ),
    (f"{{ a: projects(filter: {nested(50)}) {{ totalCount }} }}", "LIMIT_EXCEEDED", ["a"], "filter" + 12 * ".not"),
    (
        f"{{ regions {{ nodes {{ b: projects(filter: {nested(50)}) {{ totalCount }} }} }} }}",
        "LIMIT_EXCEEDED",
        ["regions", "nodes", "b"],
        "filter" + 12 * ".not",
    ),
    (
        f"""{{ siteVisitRoute(input: {{ sites: {{ filter: {nested(50)} }}, date: "2026-06-30",
        start: {{ type: "Point", coordinates: [121.6, 38.9] }} }}) {{ meters }} }}""",
        "LIMIT_EXCEEDED",
        ["siteVisitRoute"],
        "filter" + 12 * ".not",
    ),
    ('{ project(by: { id: "iss_1" }) { id } }', "BAD_USER_INPUT", ["project"], "by.id"),
    ('{ node(id: "prj_9223372036854775808") { id } }', "BAD_USER_INPUT", ["node"], "id"),
    ('{ node(id: "prj_٣") { id } }', "BAD_USER_INPUT", ["node"], "id"),
    ("{ project(by: {}) { id } }", "GRAPHQL_VALIDATION_FAILED", ["project"], "by"),
    ('{ project(by: { id: "prj_1", code: "x" }) { id } }', "GRAPHQL_VALIDATION_FAILED", ["project"], "by"),
    ("query ($id: ID) { project(by: { id: $id }) { id } }", "BAD_USER_INPUT", ["project"], "by"),
    (
        "{ projects(filter: { code: { eq: null } }) { totalCount } }",
        "BAD_USER_INPUT",
        ["projects"],
        "filter.code.eq",
    ),
    (
        "{ projects(filter: { location: { bbox: [1, 2, 3] } }) { totalCount } }",
        "BAD_USER_INPUT",
        ["projects"],
        "filter.location.bbox",
    ),
    (
        "{ projects(filter: { location: { bbox: [0, 10, 1, -10] } }) { totalCount } }",
        "BAD_USER_INPUT",
        ["projects"],
        "filter.location.bbox",
    ),
    (
        """{ projects(filter: { location: { dwithin: { meters: -1, geometry:
        { type: "Point", coordinates: [0, 0] } } } }) { totalCount } }""",
        "BAD_USER_INPUT",
        ["projects"],
        "filter.location.dwithin.meters",
    ),
    (
        """{ projects(filter: { location: { dwithin: { meters: 1, geometry:
        { type: "LineString", coordinates: [[0, 0], [180, 0]] } } } }) { totalCount } }""",
        "BAD_USER_INPUT",
        ["projects"],
        "filter.location.dwithin.geometry",
    ),
    (
        "{ projects(first: 1) { nodes { p: location(precision: 100) } } }",
        "BAD_USER_INPUT",
        ["projects", "nodes", "p"],
        "precision",
    ),
    (
        "{ projects(first: 1) { nodes { location(simplifyMeters: 1e308) } } }",
        "BAD_USER_INPUT",
        ["projects", "nodes", "location"],
        "simplifyMeters",
    ),
    (
        """{ siteVisitRoute(input: { sites: { filter: {} }, date: "0001-01-01",
        start: { type: "Point", coordinates: [121.6, 38.9] } }) { meters } }""",
        "BAD_USER_INPUT",
        ["siteVisitRoute"],
        "input.date",
    ),
]


@pytest.mark.parametrize(("document", "code", "path", "argument"), REFUSED)
async def test_refusals(service: Client, document: str, code: str, path: list[str], argument: str) -> None:
    (error,) = judged(await service.ask(document))["errors"]
    assert (error["extensions"]["code"], error["path"]) == (code, path)
    assert error["extensions"]["argument"] == argument


FRAGMENTS = """ fragment page on Region { b: projects(first: %s) { totalCount } }
    fragment node on Region { ...page } """


async def test_what_stands_in_a_fragment_is_told_where_it_is_spread(service: Client) -> None:
    asked = "{ a: regions { nodes { ...node } } }" + FRAGMENTS
    (literal,) = judged(await service.ask(asked % '"x"'))["errors"]
    (variable,) = judged(await service.ask("query ($n: Int) " + asked % "$n", {"n": "x"}))["errors"]
    assert literal["path"] == variable["path"] == ["a", "nodes", "b"]
    circle = "{ viewer { ...x } } fragment x on Viewer { role(a: 1) ...y } fragment y on Viewer { ...x }"
    assert judged(await service.ask(circle))["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_numbers_that_are_no_json(service: Client) -> None:
    document = 'query ($m: Float!) { project(by: { code: "x" }) { nearbyParcels(withinMeters: $m) { totalCount } } }'
    for number in ("NaN", "Infinity", "-Infinity", "1e400", "9" * 5_000):
        body = json.dumps({"query": document})[:-1] + f', "variables": {{"m": {number}}}}}'
        answer = await service.post(body.encode())
        assert (answer.status_code, judged(answer)["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


async def test_cursors_of_elsewhere(service: Client) -> None:
    """Of another type, of another order, forged with the right mark: each is refused at its argument."""
    page = "{ %s(first: 1%s) { pageInfo { endCursor } } }"
    order = ", orderBy: [{ field: %s, direction: DESC }]"

    async def end(connection: str, ordered: str = "") -> str:
        found: str = (await service.data(page % (connection, ordered)))[connection]["pageInfo"]["endCursor"]
        return found

    mine = json.loads(_decoded(await end("projects", order % "TOTAL_INVESTMENT")))
    forged = [cursor(json.dumps([mine[0], *parts])) for parts in ([None, "1"], ["x", "1"], ["NaN", "1"], ["1", "1e3"])]
    foreign = [await end("issues"), await end("projects"), await end("projects", order % "NAME"), "", "x" * 9_000]
    document = (
        f"query ($it: String) {{ projects(after: $it{order % 'TOTAL_INVESTMENT'}) {{ totalCount nodes {{ id }} }} }}"
    )
    for text in (*forged, *foreign):
        (error,) = judged(await service.ask(document, {"it": text}))["errors"]
        assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["projects"]), text
        assert error["extensions"]["argument"] == "after"


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_a_message_may_quote_what_no_answer_can_hold(service: Client) -> None:
    document = "query ($s: ProjectStage) { projects(filter: { stage: { ne: $s } }) { totalCount } }"
    (error,) = judged(await service.ask(document, {"s": "\ud800"}))["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["projects"])


async def test_a_readers_mutation_is_forbidden_whatever_it_says(service: Client) -> None:
    document = """mutation ($input: ReportIssueInput!) { it: reportIssue(input: $input) { issue { id } } }"""
    given = {"idempotencyKey": "", "project": {"code": "\x00"}, "title": ""}
    (error,) = judged(await service.ask(document, {"input": given}, role=Role.READER))["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", ["it"])
