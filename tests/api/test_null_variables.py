"""Variables whose default lets them stand where null may not, given as null all the same (specification 5.8.5)."""

import pytest

from schema.access.rules import Role
from tests.api.client import Client
from tests.api.hostile.verdict import judged

HERE = '{ type: "Point", coordinates: [121.6, 38.9] }'
ROUTE = f'siteVisitRoute(input: {{ sites: {{ filter: {{}} }}, date: "2026-07-01", start: {HERE} }})'

NULLS = [
    ('($x: ProjectKey = { code: "a" }) { a: project(by: $x) { id } }', ["a"], "by"),
    ('($x: [ID!] = ["prj_1"]) { nodes(ids: $x) { id } }', ["nodes"], "ids"),
    ('($x: ID = "prj_1") { nodes(ids: [$x]) { id } }', ["nodes"], "ids[0]"),
    ('($x: ID = "prj_1") { node(id: $x) { id } }', ["node"], "id"),
    (
        "($x: Float = 1) { projects { nodes { nearbyParcels(withinMeters: $x) { totalCount } } } }",
        ["projects", "nodes", "nearbyParcels"],
        "withinMeters",
    ),
    ("($x: [ProjectDimension!] = [STAGE]) { projectStats(by: $x) { projectCount } }", ["projectStats"], "by"),
    (
        f"($x: Float = 1) {{ {ROUTE} {{ corridor(meters: $x) {{ __typename }} }} }}",
        ["siteVisitRoute", "corridor"],
        "meters",
    ),
    (
        '($x: String = "a") { projects(filter: { code: { in: [$x] } }) { totalCount } }',
        ["projects"],
        "filter.code.in[0]",
    ),
    ("($x: ProjectFilter = {}) { projects(filter: { or: [$x] }) { totalCount } }", ["projects"], "filter.or[0]"),
    (
        "($x: Float = 1) { projects(filter: { location: { bbox: [0, 0, 3, $x] } }) { totalCount } }",
        ["projects"],
        "filter.location.bbox[3]",
    ),
    (
        "($x: OrderDirection = ASC) { projects(orderBy: { field: CODE, direction: $x }) { totalCount } }",
        ["projects"],
        "orderBy[0].direction",
    ),
    ("($x: Boolean = true) { projects { n: totalCount @skip(if: $x) } }", ["projects", "n"], "if"),
    ("($x: Boolean = true) { projects { ... @include(if: $x) { totalCount } } }", ["projects"], "if"),
]


@pytest.mark.parametrize(("document", "path", "argument"), NULLS)
async def test_refused_at_its_place(service: Client, document: str, path: list[str], argument: str) -> None:
    (error,) = judged(await service.ask(f"query {document}", {"x": None}))["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", path)
    assert error["extensions"]["argument"] == argument
    # the default holds where the variable is left out, whatever was refused before
    assert "errors" not in (await service.ask(f"query {document}")).json()


async def test_refused_before_anything_is_written(service: Client) -> None:
    document = """mutation ($x: String = "a") {
      reportIssue(input: { idempotencyKey: "k", project: { code: "a" }, title: $x }) { issue { id } }
    }"""
    (error,) = judged(await service.ask(document, {"x": None}, role=Role.WRITER))["errors"]
    assert (error["path"], error["extensions"]["argument"]) == (["reportIssue"], "input.title")
