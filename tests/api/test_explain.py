"""An operation's statements and PostgreSQL's plans of them, beside the data for operators or on the command line."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from api.explain_command import ExplainRefused, Explanation, Wish, as_json, as_text, explain_operation
from schema.access.rules import Role
from schema.compiler.engine import Query
from schema.limits import Limits
from tests.api.client import NOW, Client
from tests.api.round_trip import DAY, ZHONGSHAN_SQUARE
from tests.api.test_check import luodi

ONE = "query One($code: String!) { project(by: { code: $code }) { name issues(first: 2) { nodes { title } } } }"
MIXED = "{ viewer { role } projects(first: 2) { nodes { code } } }"
ROUTE = """query Route($start: GeoJSON!, $day: Date!) { siteVisitRoute(
  input: { sites: { filter: { region: { under: "210200" } } }, limit: 2, start: $start, date: $day }
) { stops { project { code } } } }"""
REPORT = """mutation Report($code: String!) { reportIssue(
  input: { idempotencyKey: "explained", project: { code: $code }, title: "施工用电未接入", severity: MAJOR }
) { issue { id level project { code } } } }"""
HERE = {"start": ZHONGSHAN_SQUARE, "day": DAY}
REPORTED = "SELECT count(*) FROM issue WHERE idempotency_key = 'explained'"


@pytest.fixture(scope="module")
async def code(city_url: str) -> str:
    return str(await fetchval(city_url, "SELECT code FROM project ORDER BY id LIMIT 1"))


async def fetchval(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def ask(client: Client, document: str, role: Role = Role.OPERATOR, **variables: Any) -> httpx.Response:
    body = {"query": document, "variables": variables, "extensions": {"explain": True}}
    return await client.post(json.dumps(body).encode(), role=role)


async def explanation(url: str, document: str, wish: Wish = Wish(), **variables: Any) -> list[Explanation]:  # noqa: B008
    query = Query(document, variables, None)
    return await explain_operation(url, Limits(), query, Role.READER, NOW, wish)


@pytest.mark.parametrize("document", [ONE, MIXED, ROUTE])
async def test_an_operator_is_shown_each_statement_and_its_plan_beside_the_data(
    service: Client, code: str, document: str
) -> None:
    variables: dict[str, dict[str, Any]] = {ONE: {"code": code}, MIXED: {}, ROUTE: HERE}
    given = variables[document]
    body = (await ask(service, document, **given)).json()
    assert body["data"] == await service.data(document, given, role=Role.OPERATOR)
    assert set(body) == {"data", "extensions"}
    shown = body["extensions"]["explain"]
    assert len(shown) == (2 if document is ROUTE else 1), "a route's sites are read before the answer"
    for one in shown:
        assert set(one) == {"statement", "plan"}
        assert "project AS project_1" in one["statement"]
        assert any("Scan" in line for line in one["plan"])
        assert not any("actual time" in line for line in one["plan"]), "it is not run again"


@pytest.mark.parametrize("role", [Role.READER, Role.WRITER])
@pytest.mark.parametrize("document", [ONE, "{ nothing }", "}"])
async def test_nobody_else_is_shown_anything(service: Client, code: str, role: Role, document: str) -> None:
    body = (await ask(service, document, role, code=code)).json()
    (error,) = body["errors"]
    assert set(body) == {"errors"}
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_a_mutation_is_not_made_to_be_explained(own_service: Client, own_city_url: str, code: str) -> None:
    body = (await ask(own_service, REPORT, code=code)).json()
    (error,) = body["errors"]
    assert set(body) == {"errors"}
    assert error["extensions"]["code"] == "BAD_REQUEST"
    (only,) = await explanation(own_city_url, REPORT, code=code)
    assert "nothing was changed" in only.about
    assert "json_to_record($1::json)" in only.statement
    assert any("pk_issue" in line for line in only.plan)
    with pytest.raises(ExplainRefused, match="mutation"):
        await explanation(own_city_url, REPORT, Wish(analyze=True), code=code)
    assert await fetchval(own_city_url, REPORTED) == 0


async def test_what_is_wrong_is_told_as_ever(service: Client) -> None:
    body = (await ask(service, "{ nothing }")).json()
    assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    body = (await ask(service, "query ($n: Int!) { projects(first: $n) { nodes { id } } }", n=10_001)).json()
    assert body["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert body["extensions"] == {"explain": []}


@pytest.mark.parametrize("given", ["true", 1, {}, []])
async def test_explain_is_true_or_false(service: Client, given: object) -> None:
    request = {"query": MIXED, "extensions": {"explain": given}}
    answer = await service.post(json.dumps(request).encode(), role=Role.OPERATOR)
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_nothing_is_shown_unasked(service: Client) -> None:
    for extensions in (None, {}, {"explain": False}, {"explain": None}, {"another": 1}):
        body = json.dumps({"query": MIXED, "extensions": extensions}).encode()
        assert set((await service.post(body, role=Role.READER)).json()) == {"data"}


async def test_the_command_tells_parameters_by_place_type_and_value(city_url: str, code: str) -> None:
    (only,) = await explanation(city_url, ONE, code=code)
    assert only.about == "the whole answer"
    told = {(one.type, one.value) for one in only.parameters}
    assert told == {("text", code), ("int8", 2)}
    assert [one.position for one in only.parameters] == [1, 2]
    assert any(line.startswith("Settings: ") for line in only.plan)
    text = as_text([only])
    assert f'text = "{code}"' in text
    assert only.statement in text


async def test_analyze_runs_the_statement_and_tells_time_and_buffers(city_url: str, code: str) -> None:
    (only,) = await explanation(city_url, ONE, Wish(analyze=True), code=code)
    for said in ("actual time=", "Buffers: ", "Execution Time: "):
        assert any(said in line for line in only.plan), said


async def test_a_generic_plan_holds_no_values(city_url: str, code: str) -> None:
    (custom,) = await explanation(city_url, ONE, code=code)
    (generic,) = await explanation(city_url, ONE, Wish(generic=True), code=code)
    assert any(code in line for line in custom.plan)
    assert not any(code in line for line in generic.plan)
    assert any("$1" in line for line in generic.plan)


async def test_json_is_postgresqls_own(city_url: str) -> None:
    found = json.loads(as_json(await explanation(city_url, ROUTE, Wish(as_json=True), **HERE)))
    assert [one["about"] for one in found][1] == "the whole answer"
    for one in found:
        assert set(one) == {"about", "statement", "parameters", "plan"}
        assert one["plan"]["Plan"]["Node Type"]


async def test_what_no_statement_answers_is_said(city_url: str) -> None:
    (only,) = await explanation(city_url, MIXED)
    assert "without viewer" in only.about
    assert "No statement" in as_text(await explanation(city_url, "{ viewer { role } }"))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "GRAPHQL_PARSE_FAILED: line 1, column 2"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED: line 1, column 3"),
        (ONE, r"BAD_USER_INPUT: .*code"),
        ('{ projects(after: "x") { nodes { id } } }', r"BAD_USER_INPUT: .*\(after\)"),
        ("{ projects(first: 10000) { nodes { issues(first: 10000) { nodes { id } } } } }", "LIMIT_EXCEEDED"),
    ],
)
async def test_what_cannot_be_explained_is_refused_in_words(city_url: str, document: str, said: str) -> None:
    with pytest.raises(ExplainRefused, match=said):
        await explanation(city_url, document)


async def test_the_command_line(city_url: str, code: str, tmp_path: Path) -> None:
    document, variables = tmp_path / "one.graphql", tmp_path / "variables.json"
    document.write_text(f"{ONE} query Two {{ viewer {{ role }} }}")
    variables.write_text(json.dumps({"code": code}))
    arguments = ("explain", str(document), "--operation", "One", "--variables", f"@{variables}")
    environ = {"LUODI_DATABASE_URL": city_url}

    async def run(*more: str) -> tuple[int, str]:
        answer = await asyncio.to_thread(luodi, *arguments, *more, **environ)
        assert "Traceback" not in answer.stderr
        return answer.returncode, answer.stdout + answer.stderr

    exit_code, said = await run("--role", "operator")
    assert exit_code == 0, said
    assert f'text = "{code}"' in said
    exit_code, said = await run("--json", "--analyze")
    assert json.loads(said)[0]["plan"]["Execution Time"] > 0
    for wrong in (("--operation", "Three"), ("--variables", "{"), ("--variables", "[]"), ("--generic", "--analyze")):
        exit_code, said = await run(*wrong)
        assert exit_code == 2, said
        assert "Error: " in said
