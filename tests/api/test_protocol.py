"""GraphQL over HTTP as it must not be spoken: documents that are bombs, bodies that are no requests, wrong methods."""

import asyncio
import contextlib
import datetime
import gc
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from schema.access.rules import Role
from schema.limits import Limits
from tests.api.client import GRAPHQL_JSON, NOW, Client, serving, token
from tests.api.hostile.verdict import judged

GOOD = "{ viewer { subject } regions(first: 1) { totalCount } }"
AT_ONCE_SECONDS = 0.5
GROWTH_BYTES = 100 * 2**20


def chain(levels: int, type_: str, body: str, end: str) -> str:
    """Fragments each of which spreads the next one twice."""
    links = (f"fragment f{n} on {type_} {{ {body.replace('NEXT', f'...f{n + 1}')} }}" for n in range(levels))
    return " ".join([*links, f"fragment f{levels} on {type_} {{ {end} }}"])


REGION = '{ region(by: { code: "210200" }) { ...f0 } } '
BOMBS = {
    "spreads": "{ viewer { ...f0 } } " + chain(24, "Viewer", "NEXT NEXT", "role"),
    "merged fields": REGION + chain(24, "Region", "parent { NEXT } ... on Region { parent { NEXT } }", "id"),
    "aliased fields": REGION + chain(24, "Region", "a: parent { NEXT } b: parent { NEXT }", "id"),
    "deep fragments": REGION + chain(60, "Region", "parent { NEXT }", "id"),
    "a cycle": "{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }",
    "aliases": "{ " + " ".join(f"a{n}: viewer {{ role }}" for n in range(10_000)) + " }",
    "aliases within the tokens": "{ " + " ".join(f"a{n}: viewer {{ role }}" for n in range(900)) + " }",
    "one field again and again": "{ viewer {" + " role" * 4_000 + " } }",
    "one fragment each": "{ viewer { "
    + " ".join(f"...f{n}" for n in range(400))
    + " } } "
    + " ".join(f"fragment f{n} on Viewer {{ role }}" for n in range(400)),
    "braces": "{" * 100_000,
    "nested fields": "{ region " * 3 + "{ parent " * 500 + "{ id }" + " }" * 503,
    "inline fragments": "{ viewer { " + "... { " * 600 + "role" + " }" * 602,
    "lists": "{ projects(filter: { location: { bbox: " + "[" * 2_000 + "]" * 2_000 + " } }) { totalCount } }",
    "directives": "{ viewer { role " + "@include(if: true) " * 700 + "} }",
    "introspection of itself": "{ __schema { types " + "{ fields { type " * 8 + "{ name }" + " } }" * 8 + " } }",
    "a byte order mark": "\ufeff{ viewer { role } }",
    "nothing": "",
    "a comment": "# nothing",
    "a control character": "{ viewer { role \x01 } }",
    "an unknown field": "{ viewer { password } }",
    "a subscription": "subscription { projectChanged { id } }",
    "a type": "type Query { id: ID }",
}
ANSWERED = {"spreads", "merged fields", "a byte order mark"}


@pytest.mark.parametrize("name", BOMBS)
async def test_documents(service: Client, name: str) -> None:
    """Each is settled before anyone notices, and the next request is answered."""
    begun = time.perf_counter()
    bomb = asyncio.create_task(service.ask(BOMBS[name]))
    await asyncio.sleep(0)
    assert (await service.http.get("/healthz")).status_code == 200
    assert time.perf_counter() - begun < AT_ONCE_SECONDS
    body = judged(await bomb)
    assert ("data" in body) == (name in ANSWERED)
    await service.data(GOOD)


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "BAD_REQUEST"),
    "null": (b"null", "BAD_REQUEST"),
    "a number": (b"5", "BAD_REQUEST"),
    "a string": (b'"{ viewer { role } }"', "BAD_REQUEST"),
    "an array": (b"[]", "BAD_REQUEST"),
    "a batch": (b'[{"query": "{ viewer { role } }"}, null]', "BAD_REQUEST"),
    "an object without a query": (b"{}", "BAD_REQUEST"),
    "a query that is null": (b'{"query": null}', "BAD_REQUEST"),
    "a query that is a list": (b'{"query": ["{ viewer { role } }"]}', "BAD_REQUEST"),
    "variables that are a list": (b'{"query": "{ viewer { role } }", "variables": []}', "BAD_REQUEST"),
    "variables that are text": (b'{"query": "{ viewer { role } }", "variables": "{}"}', "BAD_REQUEST"),
    "extensions that are text": (b'{"query": "{ viewer { role } }", "extensions": "x"}', "BAD_REQUEST"),
    "a name that is a number": (b'{"query": "{ viewer { role } }", "operationName": 1}', "BAD_REQUEST"),
    "half a document": (b'{"query": "{ viewer', "BAD_REQUEST"),
    "something after it": (b'{"query": "{ viewer { role } }"} x', "BAD_REQUEST"),
    "bad UTF-8": (b'{"query": "{ viewer \xff { role } }"}', "BAD_REQUEST"),
    "UTF-16": ('{"query": "{ viewer { role } }"}'.encode("utf-16"), "BAD_REQUEST"),
    "a byte order mark": (b'\xef\xbb\xbf{"query": "{ viewer { role } }"}', "BAD_REQUEST"),
    "a surrogate": (b'{"query": "{ viewer { role } } # \\ud800"}', "BAD_REQUEST"),
    "a surrogate for a name": (b'{"query": "{ viewer { role } }", "operationName": "\\ud800"}', "BAD_REQUEST"),
    "a surrogate for a variable": (
        b'{"query": "{ viewer { role } }", "variables": {"\\ud800": ' + b"[" * 130 + b"]" * 130 + b"}}",
        "BAD_REQUEST",
    ),
    "deep arrays": (b"[" * 100_000, "BAD_REQUEST"),
    "deep objects": (b'{"a":' * 100_000, "BAD_REQUEST"),
    "deep variables": (
        b'{"query": "query ($a: Int) { viewer { role } }", "variables": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "many digits": (b'{"query": "{ viewer { role } }", "variables": {"a": ' + b"9" * 5_000 + b"}}", "BAD_REQUEST"),
    "five megabytes": (b'{"query": "' + b" " * 5_000_000 + b'{ viewer { role } }"}', "PAYLOAD_TOO_LARGE"),
    "two operations": (b'{"query": "query a { viewer { role } } query b { viewer { role } }"}', "OPERATION_RESOLUTION"),
    "an unknown operation": (b'{"query": "query a { viewer { role } }", "operationName": "b"}', "OPERATION_RESOLUTION"),
}


@pytest.mark.parametrize("name", BODIES)
async def test_bodies(service: Client, name: str) -> None:
    sent, code = BODIES[name]
    for accept in (GRAPHQL_JSON, "application/json"):
        answer = await service.post(sent, accept=accept)
        body = judged(answer)
        assert "data" not in body
        assert body["errors"][0]["extensions"]["code"].startswith(code)
        assert answer.headers["content-type"].startswith(accept)
        assert answer.status_code in ((400, 413, 422) if accept == GRAPHQL_JSON else (200, 400, 413))
    await service.data(GOOD)


async def test_the_last_of_duplicate_members_counts(service: Client) -> None:
    """As JSON.parse has it, so that proxies that look into the body see what we see."""
    answer = await service.post(b'{"query": "{ nope }", "query": "{ viewer { role } }"}')
    assert answer.json() == {"data": {"viewer": {"role": "READER"}}}


@pytest.mark.parametrize(
    ("method", "headers", "query", "status"),
    [
        ("PUT", {}, {}, 405),
        ("PATCH", {}, {}, 405),
        ("DELETE", {}, {}, 405),
        ("GET", {}, {"query": "mutation { __typename }"}, 405),
        ("GET", {}, {}, 400),
        ("GET", {}, {"query": "{ viewer { role } }", "variables": "{"}, 400),
        ("GET", {}, {"query": "{ viewer { role } }", "variables": "[]"}, 400),
        ("GET", {}, {"query": "{ viewer { role } }"}, 200),
        ("POST", {"content-type": "text/plain"}, {}, 415),
        ("POST", {"content-type": "application/x-www-form-urlencoded"}, {}, 415),
        ("POST", {"content-type": ""}, {}, 415),
        ("POST", {"content-type": "Application/JSON; charset=utf-8"}, {}, 200),
        ("POST", {"accept": "image/png"}, {}, 406),
        ("POST", {"accept": "application/json;q=0"}, {}, 406),
        ("POST", {"accept": "application/json;q=x"}, {}, 406),
        ("POST", {"accept": "*/*"}, {}, 200),
        ("POST", {"accept": "," * 5_000}, {}, 200),
    ],
)
async def test_methods_and_media_types(
    service: Client, method: str, headers: dict[str, str], query: dict[str, str], status: int
) -> None:
    given = {"authorization": f"Bearer {token()}", "content-type": "application/json", "accept": GRAPHQL_JSON} | headers
    content = json.dumps({"query": "{ viewer { role } }"}).encode() if method == "POST" else None
    answer = await service.http.request(method, "/graphql", params=query, headers=given, content=content)
    judged(answer)
    assert answer.status_code == status
    assert ("allow" in answer.headers) == (status == 405)


async def test_head_is_answered_without_a_body(service: Client) -> None:
    answer = await service.http.head("/graphql", headers={"authorization": f"Bearer {token()}"})
    assert answer.status_code < 500


TOKENS = {
    "none": None,
    "no scheme": token(),
    "another scheme": "Basic a2ltOmtpbQ==",
    "nothing": "Bearer ",
    "nonsense": "Bearer abc",
    "not signed": "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJraW0iLCJyb2xlIjoiT1BFUkFUT1IifQ.",
    "another key": f"Bearer {token(key=b'another key, of no use here whatsoever')}",
    "tampered": f"Bearer {token()[:-4]}AAAA",
    "expired": f"Bearer {token(now=NOW - datetime.timedelta(hours=2))}",
    "of tomorrow": f"Bearer {token(now=NOW + datetime.timedelta(days=1))}",
    "endless": "Bearer " + "x" * 20_000,
}


@pytest.mark.parametrize("name", TOKENS)
async def test_nobody_enters_without_a_token(service: Client, name: str) -> None:
    given = TOKENS[name]
    headers = {"content-type": "application/json"} | ({"authorization": given} if given is not None else {})
    answer = await service.http.post("/graphql", content=json.dumps({"query": GOOD}).encode(), headers=headers)
    body = judged(answer)
    assert (answer.status_code, body["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "data" not in body


async def test_a_token_ends_while_it_is_remembered(city_url: str) -> None:
    """A verified token is not verified again before it expires, but it does expire."""
    now = NOW
    content = json.dumps({"query": GOOD}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token()}"}
    async with serving(city_url, clock=lambda: now) as client:
        for passed, status in ((0, 200), (3_599, 200), (3_600, 401), (3_599, 200)):
            now = NOW + datetime.timedelta(seconds=passed)
            assert (await client.http.post("/graphql", content=content, headers=headers)).status_code == status


@contextlib.asynccontextmanager
async def watching(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of our own, to watch those of the service by."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


DEAR = "{ projects(first: 5000) { nodes { issues(first: 1000) { nodes { id } } } } }"


async def test_a_dear_request_never_reaches_the_database(own_city_url: str) -> None:
    """The database itself says when the service last asked it anything."""
    async with serving(own_city_url) as client, watching(own_city_url) as connection:
        await client.data(GOOD)
        started = await last_statement(connection)
        (error,) = judged(await client.ask(DEAR))["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert error["extensions"]["value"] > error["extensions"]["limit"]
        assert await last_statement(connection) == started
        await client.data(GOOD)
        assert await last_statement(connection) > started


async def last_statement(connection: asyncpg.Connection) -> datetime.datetime:
    """When the service's newest statement began."""
    found: datetime.datetime = await connection.fetchval(
        """SELECT max(query_start) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'luodi'"""
    )
    return found


async def test_a_statement_that_takes_too_long_is_stopped(city_url: str) -> None:
    slow = """{ regions { nodes { projects(first: 50) { totalCount nodes {
        nearbyParcels(withinMeters: 2000000, first: 20) { totalCount } } } } } }"""
    async with serving(city_url, Limits(statement_timeout_seconds=0.02)) as client:
        (error,) = judged(await client.ask(slow))["errors"]
        assert error["extensions"]["code"] == "TIMEOUT"
        assert error["path"] == ["regions"]
        await client.data("{ viewer { role } }")


REPORT = """mutation ($input: ReportIssueInput!) {
    reportIssue(input: $input) { issue { id title status level deadline project { code } } } }"""


async def test_more_writers_at_once_than_connections(own_service: Client) -> None:
    """Twenty retries of one report are one issue and one answer, and reads go on beside them."""
    project = (await own_service.data("{ projects(first: 1) { nodes { code } } }"))["projects"]["nodes"][0]
    given = {"idempotencyKey": "at once", "project": project, "title": "施工用电未接入", "severity": "MINOR"}
    asked = [own_service.data(REPORT, {"input": given}, role=Role.WRITER) for _ in range(20)]
    *answers, viewer = await asyncio.gather(*asked, own_service.data(GOOD))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["reportIssue"]["issue"]["level"] == "REGION"
    assert viewer["viewer"] == {"subject": "kim"}
    found = await own_service.data('{ issues(filter: { idempotencyKey: { eq: "at once" } }) { totalCount } }')
    assert found == {"issues": {"totalCount": 1}}


async def test_hostile_requests_leave_no_memory_behind(service: Client) -> None:
    """Distinct documents, long strings and new shapes of variables, none of which may be kept for ever."""
    await service.data(GOOD)
    before = resident_bytes()
    for number in range(60):
        conditions = ",".join(f'{{ code: {{ ne: "{number}_{one}" }} }}' for one in range(120))
        await service.data(f"{{ projects(first: 1, filter: {{ and: [{conditions}] }}) {{ totalCount }} }}")
        judged(
            await service.ask(
                f'{{ projects(filter: {{ code: {{ eq: "{number}{"x" * 900_000}" }} }}) {{ totalCount }} }}'
            )
        )
        filter_ = {"and": [{"code" if number >> bit & 1 else "name": {"ne": "x"}} for bit in range(60)]}
        await service.data("query ($f: ProjectFilter) { projects(filter: $f) { totalCount } }", {"f": filter_})
        judged(await service.ask(GOOD, role=Role.WRITER, subject=f"someone {number}"))
    gc.collect()
    assert resident_bytes() - before < GROWTH_BYTES


def resident_bytes() -> int:
    """What this process holds, from Linux's own account of it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmRSS"))
    return int(kilobytes) * 1024
