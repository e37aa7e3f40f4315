"""Queries by GET: a tag for each answer, that moves when the answer may, and never lets one viewer see another's."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

from api.conditional import Tags, entity_tag, entity_tag_held
from api.encoding import Coding
from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.change.version import version_of
from schema.compiler.engine import Engine, Query
from schema.compiler.statement import LONG_RESPONSE, Statement
from schema.database import metadata
from schema.limits import Limits
from schema.root import model
from tests.api.client import Client, serving, token
from tests.api.statements import Statements, recorded_statements
from tests.conftest import execute

HERE = '{ type: "Point", coordinates: [121.6, 38.9] }'
READ: dict[str, tuple[str, set[str]]] = {
    "projects": ("{ projects(first: 3) { nodes { code stage } } }", {"project"}),
    "a relation": ("{ projects(first: 3) { nodes { code region { name } } } }", {"project", "region"}),
    "a filter": (
        "{ projects(filter: { issues: { some: { status: { eq: OPEN } } } }) { totalCount } }",
        {"project", "issue"},
    ),
    "all below a region": (
        '{ projects(filter: { region: { under: "210200" } }) { totalCount } }',
        {"project", "region", "region_closure"},
    ),
    "nearby": (
        "{ projects(first: 2) { nodes { nearbyParcels(withinMeters: 900) { edges { distanceMeters } } } } }",
        {"project", "parcel"},
    ),
    "nearest": (
        f"{{ parcels(orderBy: [{{ nearestTo: {HERE} }}], first: 2) {{ nodes {{ code }} }} }}",
        {"parcel"},
    ),
    "nested": (
        "{ regions(first: 2) { nodes { projects(first: 1) { nodes { inspections { nodes { kind } } } } } } }",
        {"region", "region_closure", "project", "inspection"},
    ),
    "by id of any kind": (
        '{ node(id: "iss_1") { ... on Issue { title project { code } } } }',
        {"issue", "project", "region", "inspection", "parcel"},
    ),
    "an aggregate": (
        '{ projectStats(by: [STAGE], filter: { name: { contains: "a" } }) { stage openIssueCount } }',
        {"project", "issue"},
    ),
    "an aggregate from the tally": (
        "{ projectStats(by: [STAGE]) { stage projectCount } }",
        {"project", "issue"},
    ),
    "several roots": (
        "{ a: issues(first: 1) { nodes { title } } b: inspections(first: 1) { nodes { kind } } __typename }",
        {"issue", "inspection"},
    ),
}
"""Documents, and the tables they are read from."""
TABLES = {"region", "region_closure", "project", "issue", "inspection", "parcel"}
PROJECTS = READ["projects"][0]
INSPECTIONS = "{ inspections(first: 10000) { nodes { id kind } } }"
REPORT = """mutation ($code: String!) {
  reportIssue(input: { idempotencyKey: "k", project: { code: $code }, title: "t" }) { issue { id } } }"""
CHANGES = {
    "UPDATE": "UPDATE project SET stage = 'STARTED' WHERE code = (SELECT min(code) FROM project)",
    "DELETE": "DELETE FROM issue WHERE id = (SELECT min(id) FROM issue)",
    "INSERT": "INSERT INTO issue (project_id, title, status, severity, level, deadline, reported_by) "
    "SELECT project_id, title, status, severity, level, deadline, reported_by FROM issue LIMIT 1",
}


@pytest.fixture(scope="module")
def statements() -> Iterator[Statements]:
    with recorded_statements() as seen:
        yield seen


@pytest.fixture
async def city(own_city_url: str, statements: Statements) -> AsyncIterator[Client]:
    """A service over a city of this test's own, whose statements are recorded."""
    async with serving(own_city_url) as client:
        yield client


async def get(
    client: Client, document: str, *, role: Role = Role.READER, method: str = "GET", **headers: str
) -> httpx.Response:
    """The answer to a query by GET; headers are given with underscores."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"authorization": f"Bearer {token(role)}", "accept-encoding": "identity", **given}
    return await client.http.request(method, "/graphql", params={"query": document}, headers=sent)


async def test_what_the_client_holds_is_not_sent_again(city: Client, statements: Statements) -> None:
    async with statements.sent() as sent:
        first = await get(city, PROJECTS)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Accept, Accept-Encoding, Authorization"
    assert len(sent) == 1, "the answer and its version are of one snapshot"
    async with statements.sent() as sent:
        again = await get(city, PROJECTS, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert {name: again.headers[name] for name in ("etag", "cache-control", "vary")} == {
        name: first.headers[name] for name in ("etag", "cache-control", "vary")
    }
    (tiny,) = sent
    assert "table_version" in tiny
    assert "FROM project" not in tiny
    stale = await get(city, PROJECTS, if_none_match='"another"')
    assert (stale.status_code, stale.content) == (200, first.content)


async def test_by_post_it_is_the_same_answer_without_a_tag(city: Client) -> None:
    by_get, by_post = await get(city, PROJECTS), await city.ask(PROJECTS)
    assert by_get.content == by_post.content
    assert "etag" not in by_post.headers
    assert by_post.headers["cache-control"] == "no-store"


async def test_by_head_it_is_the_same_but_the_body(city: Client, statements: Statements) -> None:
    whole, head = await get(city, PROJECTS), await get(city, PROJECTS, method="HEAD")
    assert head.content == b""
    assert head.status_code == 200
    assert dict(head.headers) == dict(whole.headers)
    held = await get(city, PROJECTS, method="HEAD", if_none_match=whole.headers["etag"])
    assert held.status_code == 304
    assert (await get(city, REPORT, method="HEAD")).status_code == 405


@pytest.mark.parametrize("name", READ)
async def test_the_tag_moves_with_the_tables_that_are_read(city: Client, own_city_url: str, name: str) -> None:
    document, read = READ[name]
    tag = (await get(city, document)).headers["etag"]
    for table in sorted(TABLES - read):
        await execute(own_city_url, f"DELETE FROM {table} WHERE false")  # noqa: S608 - a name from above
    assert (await get(city, document)).headers["etag"] == tag
    for table in sorted(read):
        await execute(own_city_url, f"DELETE FROM {table} WHERE false")  # noqa: S608 - a name from above
        moved = (await get(city, document)).headers["etag"]
        assert moved != tag, table
        tag = moved


@pytest.mark.parametrize("name", READ)
async def test_no_table_is_read_unnoticed(connection: asyncpg.Connection, name: str) -> None:
    """What PostgreSQL says it reads is among what the version is of."""
    engine = Engine(model(), visible, Limits(), version_of=version_of)
    document, operation = engine.operation(Query(READ[name][0], {}, None))
    variables = engine.variables(document, operation, {})
    (compiled,) = engine.compile(document, operation, variables, Viewer("kim", Role.READER), versioned=True)
    statement = compiled.statement
    assert isinstance(statement, Statement)
    assert statement.version is not None
    values = engine.parameters(statement, variables.coerced, Viewer("kim", Role.READER), [])
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement.text}", *values)
    read = set(_relations(orjson.loads(plan))) - {"table_version"}
    assert read
    kept_of = {name for table in read for name in metadata.tables[table].info.get("versioned_by", (table,))}
    assert all(f"'{table}'" in statement.version for table in kept_of), (read, statement.version)


def _relations(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        if "Relation Name" in plan:
            yield plan["Relation Name"]
        plan = list(plan.values())
    if isinstance(plan, list):
        for part in plan:
            yield from _relations(part)


@pytest.mark.parametrize("change", CHANGES)
async def test_the_tag_moves_when_a_change_is_committed(city: Client, own_city_url: str, change: str) -> None:
    document = "{ projects(first: 1000) { nodes { code stage issues { totalCount } } } }"
    first = await get(city, document)
    writer = await asyncpg.connect(own_city_url)
    try:
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute(CHANGES[change])
        assert (await get(city, document, if_none_match=first.headers["etag"])).status_code == 304
        await transaction.rollback()
        assert (await get(city, document, if_none_match=first.headers["etag"])).status_code == 304
        await writer.execute(CHANGES[change])
    finally:
        await writer.close()
    after = await get(city, document, if_none_match=first.headers["etag"])
    assert after.status_code == 200
    assert after.content != first.content


async def test_the_tag_moves_with_a_mutation(city: Client) -> None:
    code = (await city.data(PROJECTS))["projects"]["nodes"][0]["code"]
    document = "{ issues { totalCount } }"
    before = (await get(city, document)).headers["etag"]
    await city.data(REPORT, {"code": code}, role=Role.WRITER)
    assert (await get(city, document, if_none_match=before)).status_code == 200


ROUTE = f'{{ siteVisitRoute(input: {{ sites: {{ filter: {{}} }}, start: {HERE}, date: "2026-07-01" }}) {{ seconds }} }}'


@pytest.mark.parametrize(
    "document",
    [ROUTE, "{ viewer { subject } projects { totalCount } }", "{ layers { name } }", "{ nonsense }", "{"],
    ids=["a solver", "a resolver beside", "a resolver", "not valid", "not GraphQL"],
)
async def test_what_is_no_statement_alone_is_never_kept(service: Client, document: str) -> None:
    answer = await get(service, document)
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    starred = await get(service, document, if_none_match="*")
    assert (starred.status_code, starred.content) == (answer.status_code, answer.content)


async def test_a_document_a_value_and_a_media_type_each_have_their_tag(service: Client) -> None:
    def asked(document: str, variables: str, accept: str) -> Any:
        return service.http.get(
            "/graphql",
            params={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {token()}", "accept": accept},
        )

    document = "query ($n: Int) { projects(first: $n) { nodes { code } } }"
    one = "application/json"
    answers = [
        await asked(document, '{"n": 1}', one),
        await asked(document, '{"n": 2}', one),
        await asked(document, '{"n": 1}', "application/graphql-response+json"),
        await asked(document.replace("code", "c: code"), '{"n": 1}', one),
        await asked(document.replace("projects", "p: projects"), '{"n": 1}', one),
        await asked(document.replace("nodes", "n: nodes"), '{"n": 1}', one),
        await asked(document.replace("{ code }", "{ code } __typename"), '{"n": 1}', one),
    ]
    assert len({answer.headers["etag"] for answer in answers}) == len(answers)
    assert (await asked(document, '{"n": 1}', one)).headers["etag"] == answers[0].headers["etag"]


async def test_another_viewers_tag_does_not_say_that_nothing_changed(service: Client) -> None:
    reader, operator = await get(service, INSPECTIONS), await get(service, INSPECTIONS, role=Role.OPERATOR)
    assert len(operator.content) > len(reader.content), "the city has no unannounced inspection: nothing is shown"
    answer = await get(service, INSPECTIONS, if_none_match=operator.headers["etag"])
    assert (answer.status_code, answer.content) == (200, reader.content)
    # a writer sees what a reader sees, byte for byte
    assert (await get(service, INSPECTIONS, role=Role.WRITER, if_none_match=reader.headers["etag"])).status_code == 304


@dataclass
class Cache:
    """A cache that stores whatever RFC 9111 lets it, and says it holds all it has stored for an address (4.3.1)."""

    shared: bool
    stored: list[tuple[str, dict[str, str], httpx.Response]] = field(default_factory=list)

    async def get(self, client: Client, document: str, role: Role) -> bytes:
        held = [answer for address, _, answer in self.stored if address == document and "etag" in answer.headers]
        headers = {"if_none_match": ", ".join(one.headers["etag"] for one in held)} if held else {}
        answer = await get(client, document, role=role, **headers)
        if answer.status_code == 304:
            (found,) = (one for one in held if one.headers["etag"] == answer.headers["etag"])
            return found.content
        if self._may_store(answer):
            self.stored.append((document, dict(answer.request.headers), answer))
        return answer.content

    def _may_store(self, answer: httpx.Response) -> bool:
        directives = {one.strip() for one in answer.headers["cache-control"].split(",")}
        if "no-store" in directives or (self.shared and "private" in directives):
            return False
        # 3.5: answers to requests with Authorization need a leave of their own
        return not self.shared or bool(directives & {"public", "must-revalidate", "s-maxage"})


@pytest.mark.parametrize("shared", [True, False], ids=["between all", "of one browser"])
async def test_no_cache_shows_one_viewers_answer_to_another(service: Client, shared: bool) -> None:
    cache = Cache(shared)
    for role in (Role.OPERATOR, Role.READER, Role.OPERATOR, Role.READER):
        assert await cache.get(service, INSPECTIONS, role) == (await get(service, INSPECTIONS, role=role)).content
    assert len(cache.stored) == (0 if shared else 2)


async def test_each_coding_has_its_tag_and_all_are_held(service: Client) -> None:
    document = "{ projects(first: 100) { nodes { id code name stage } } }"
    answers = [await get(service, document, accept_encoding=one) for one in ("identity", "gzip", "br", "zstd")]
    tags = [answer.headers["etag"] for answer in answers]
    assert len(set(tags)) == 4
    for tag in tags:
        held = await get(service, document, accept_encoding="zstd, gzip", if_none_match=f'"x", W/{tag}')
        assert (held.status_code, held.headers["etag"]) == (304, tag)


TAG = Tags(b"k" * 32, "1").tag("application/json", "SELECT 1", [1, "a"], "7")


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        (f'"{TAG}"', f'"{TAG}"'),
        (f'W/"{TAG}"', f'"{TAG}"'),
        (f'"a","b" , W/"{TAG}.br"', f'"{TAG}.br"'),
        (f'"{TAG}.gzip", "{TAG}"', f'"{TAG}.gzip"'),
        (" * ", f'"{TAG}"'),
        (f',"a,b",, "{TAG}"', f'"{TAG}"'),
        (f'"{TAG}.lzma"', None),
        (f'"{TAG}-gzip"', None),
        (f'"{TAG}', None),
        (TAG, None),
        ('"*"', None),
        ("", None),
        (",", None),
        (f'"{TAG[:-1]}"', None),
    ],
)
def test_lists_of_tags_are_read_as_they_are_written(sent: str, held: str | None) -> None:
    assert entity_tag_held(sent, TAG) == held


def test_a_tag_stands_for_all_that_it_is_made_of() -> None:
    tags, made_from = Tags(b"k" * 32, "1"), ("application/json", "SELECT 1", [1, "a"], "7")
    others = [
        tags.tag("text/plain", *made_from[1:]),
        tags.tag(made_from[0], "SELECT 2", *made_from[2:]),
        tags.tag(*made_from[:2], ["1", "a"], "7"),
        tags.tag(*made_from[:3], "8"),
        Tags(b"k" * 32, "2").tag(*made_from),
        Tags(b"l" * 32, "1").tag(*made_from),
    ]
    assert tags.tag(*made_from) == TAG
    assert TAG not in others
    assert len(set(others)) == len(others)
    assert entity_tag(TAG, Coding.IDENTITY) == f'"{TAG}"'
    assert entity_tag(TAG, Coding.BROTLI) == f'"{TAG}.br"'


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
async def test_a_long_answer_goes_out_in_pieces_and_arrives_whole(service: Client, method: str) -> None:
    """It is not copied to put a few bytes around it; coded or explained it is the same."""
    document = """{
      first: projects(first: 400) { nodes { id code name stage location updatedAt region { id code name } } }
      second: projects(first: 400) { totalCount nodes { ...Long issues { nodes { title } } } }
    } fragment Long on Project { id code name stage location updatedAt totalInvestment }"""
    headers = {"authorization": f"Bearer {token(Role.OPERATOR)}", "accept-encoding": "identity"}
    given: dict[str, Any] = {"json": {"query": document}} if method == "POST" else {"params": {"query": document}}
    answer = await service.http.request(method, "/graphql", headers=headers, **given)
    coded = await service.http.request(method, "/graphql", headers=headers | {"accept-encoding": "gzip"}, **given)
    assert int(answer.headers["content-length"]) > LONG_RESPONSE
    if method == "HEAD":
        assert answer.content == coded.content == b""
        return
    assert len(answer.content) == int(answer.headers["content-length"])
    data = answer.json()["data"]
    assert len(data["first"]["nodes"]) == len(data["second"]["nodes"]) == data["second"]["totalCount"] == 400
    assert coded.content == answer.content
    if method == "POST":
        given["json"]["extensions"] = {"explain": True}
        explained = await service.http.post("/graphql", headers=headers, **given)
        assert explained.json()["data"] == data
        assert explained.json()["extensions"]["explain"]
