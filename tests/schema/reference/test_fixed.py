"""Requests chosen by hand: each names one promise of the contract."""

import pytest

from tests.schema.reference.conftest import Both
from tests.schema.reference.executor import Asking

REQUESTS = {
    "every column": """{
        projects(first: 9) { nodes { id code name stage totalInvestment origin startedOn updatedAt version
            location footprint __typename } }
        regions { nodes { id code name kind origin updatedAt version parent { name } } }
        issues(first: 9) { nodes { id title description status level severity deadline affectedArea reportedBy
            idempotencyKey origin createdAt updatedAt version project { code } } }
        inspections(first: 9) { nodes { id kind plannedOn startedAt result location findings origin updatedAt version
            project { code region { name } } } }
        parcels(first: 9) { nodes { id code kind landUse status areaHectares geometry origin updatedAt version
            region { code } } } }""",
    "defaults, counts and ends": """{ issues { totalCount pageInfo { hasNextPage hasPreviousPage startCursor
        endCursor } } }""",
    "the last ones": """{ issues(last: 5, orderBy: [{ field: DEADLINE, direction: DESC }]) { totalCount nodes {
        title deadline }
        edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }""",
    "nothing asked of a page": "{ issues(first: 0) { nodes { id } pageInfo { hasNextPage startCursor endCursor } } }",
    "beneath": """{ region(by: { code: "210200" }) { name stats { projectCount totalInvestment openIssueCount }
        children(orderBy: [{ field: CODE }]) { totalCount nodes { code stats { projectCount openIssueCount
        totalInvestment }
            projects(first: 2) { totalCount nodes { name } } parcels(first: 1) { totalCount nodes { code } }
            issues(first: 2, filter: { status: { eq: OPEN } }) { totalCount nodes { title project { code } } } } } }
        regions(filter: { issues: { none: { status: { eq: OPEN } } } }) { nodes { name } } }""",
    "under": '{ projects(filter: { region: { under: "210200" } }) { totalCount } }',
    "some, none, every": """{
        a: projects(filter: { issues: { some: { status: { eq: OPEN } } } }) { totalCount }
        b: projects(filter: { issues: { none: { status: { eq: OPEN } } } }) { totalCount }
        c: projects(filter: { issues: { every: { status: { eq: OPEN } } } }) { totalCount }
        d: projects(filter: { inspections: { some: {} } }) { totalCount }
        e: projects(filter: { inspections: { none: { kind: { eq: UNANNOUNCED } } } }) { totalCount } }""",
    "complements": """{
        a: issues(filter: { deadline: { ne: "2026-06-30" } }) { totalCount }
        b: issues(filter: { not: { deadline: { gt: "2026-06-30" } } }) { totalCount }
        c: issues(filter: { deadline: { gt: "2026-06-30" } }) { totalCount }
        d: issues(filter: { idempotencyKey: { notIn: ["key_3"] } }) { totalCount }
        e: issues(filter: { or: [] }) { totalCount }
        f: issues(filter: { and: [] }) { totalCount }
        g: issues(filter: { not: {} }) { totalCount }
        h: issues(filter: { deadline: null, project: null }) { totalCount }
        i: regions(filter: { parent: {} }) { totalCount } }""",
    "nearby": """{ projects(first: 30) { nodes { code nearbyParcels(withinMeters: 4000, first: 3) { totalCount
        edges { cursor distanceMeters node { code } } pageInfo { hasNextPage hasPreviousPage startCursor
        endCursor } } } } }""",
    "nearby projects, from the end": """{ parcels(first: 30) { nodes { code nearbyProjects(withinMeters: 9000,
        last: 2) {
        edges { cursor distanceMeters node { code } } pageInfo { hasNextPage hasPreviousPage startCursor
        endCursor } } } } }""",
    "nearest": """{ projects(orderBy: [{ nearestTo: { type: "Point", coordinates: [121.6, 38.9] } }], first: 7)
        { totalCount
        edges { cursor distanceMeters node { code } } pageInfo { hasNextPage endCursor } }
        inspections(orderBy: [{ nearestTo: { type: "Point", coordinates: [121.6, 38.9] } }], last: 7) { totalCount
        edges { distanceMeters node { id } } } }""",
    "bulletin": """{ a: projectStats(by: [REGION, STAGE]) { region { name } stage startedYear projectCount
        totalInvestment openIssueCount }
        b: projectStats(by: []) { projectCount totalInvestment openIssueCount stage }
        c: projectStats(by: [STARTED_YEAR], filter: { stage: { ne: IN_OPERATION } }) { startedYear stage
        projectCount } }""",
    "systems": """{ parcels(first: 4) { nodes { a: geometry(crs: GCJ02) b: geometry(crs: BD09, precision: 3)
        c: geometry(crs: CGCS2000, simplifyMeters: 50) d: geometry(precision: 0) } }
        regions(first: 3) { nodes { geometry(simplifyMeters: 500, precision: 4) } } }""",
    "boxes": """{
        a: projects(filter: { location: { bbox: [121.5, 38.8, 121.7, 39.0] } }) { totalCount }
        b: projects(filter: { location: { bbox: [170, 30, -170, 40] } }) { totalCount }
        c: parcels(filter: { geometry: { bbox: [121.5, 38.8, 121.7, 39.0] } }) { totalCount }
        d: parcels(filter: { geometry: { bbox: [170, 30, 121.6, 40] } }) { totalCount }
        e: parcels(filter: { geometry: { bbox: [121.5, 38.9, 121.9, 38.9] } }) { totalCount }
        f: regions(filter: { geometry: { bbox: [121.6, 38.9, 121.6, 38.9] } }) { nodes { name } } }""",
    "fragments": """{ projects(first: 2) { nodes { ...Named ... on Node { id } ... { stage } } }
        regions(first: 1) { nodes { ... on Node { ... on Region { code } } } } }
        fragment Named on Project { name region { ...Named2 } } fragment Named2 on Region { name }""",
    "mixed": "{ viewer { subject role __typename } __typename regions(first: 1) { nodes { name } } }",
}


@pytest.mark.parametrize("role", ["READER", "OPERATOR"])
@pytest.mark.parametrize("name", REQUESTS)
def test_both_agree(both: Both, name: str, role: str) -> None:
    both.agree(REQUESTS[name], role=role)


def test_a_hidden_inspection_is_nowhere(both: Both) -> None:
    hidden = next(
        row
        for row in both.city.rows["Inspection"]
        if row.columns["started_at"] is None and row.columns["kind"] == "UNANNOUNCED"
    )
    request = """query($id: ID!) { node(id: $id) { id ... on Inspection { kind } } nodes(ids: [$id, $id]) { id }
        inspections(filter: { id: { eq: $id } }) { totalCount nodes { id } }
        projects(filter: { inspections: { some: { id: { eq: $id } } } }) { totalCount } }"""
    variables = {"id": f"ins_{hidden.id}"}
    seen = both.agree(request, variables, role="OPERATOR")
    assert seen["node"]["kind"] == "UNANNOUNCED"
    assert seen["projects"]["totalCount"] == 1
    unseen = both.agree(request, variables, role="READER")
    assert unseen == {
        "node": None,
        "nodes": [None, None],
        "inspections": {"totalCount": 0, "nodes": []},
        "projects": {"totalCount": 0},
    }


@pytest.mark.parametrize("key", ["DEADLINE", "STATUS", "IDEMPOTENCY_KEY", "CREATED_AT", "ID"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("forward", [True, False])
def test_following_cursors_sees_every_row_once(both: Both, key: str, direction: str, forward: bool) -> None:
    size, mark, end, more = ("first", "after", "endCursor", "hasNextPage")
    if not forward:
        size, mark, end, more = ("last", "before", "startCursor", "hasPreviousPage")
    request = f"""query($cursor: String) {{ issues({size}: 37, {mark}: $cursor, orderBy: [{{ field: {key},
        direction: {direction} }}])
        {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    cursor: str | None = None
    seen: list[str] = []
    while True:
        answer = both.agree(request, {"cursor": cursor} if cursor else {})["issues"]
        found = [node["id"] for node in answer["nodes"]]
        seen = seen + found if forward else found + seen
        cursor = answer["pageInfo"][end]
        if not answer["pageInfo"][more]:
            break
    whole = both.agree(
        f"{{ issues(first: 1000, orderBy: [{{ field: {key}, direction: {direction} }}]) {{ nodes {{ id }} }} }}"
    )
    assert seen == [node["id"] for node in whole["issues"]["nodes"]]
    assert len(set(seen)) == len(both.city.rows["Issue"])


@pytest.mark.parametrize(
    "filter_",
    [
        "{ deadline: { eq: null } }",
        "{ status: { in: null } }",
        '{ id: { eq: "prj_1" } }',
        "{ title: { isNull: null } }",
    ],
)
def test_both_refuse_what_has_no_meaning(both: Both, filter_: str) -> None:
    request = f"{{ issues(filter: {filter_}) {{ totalCount }} }}"
    asking = Asking("kim", "READER")
    assert both.reference.answer(request, {}, asking).errors
    (error,) = both.compiled(request, {}, asking)["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["path"] == ["issues"]
