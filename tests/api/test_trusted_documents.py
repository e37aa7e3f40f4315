"""Trusted documents over HTTP: by both forms of id, by GET and POST, and as the only ones answered."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from api.settings import Settings, SettingsError
from schema.access.rules import Role
from schema.compiler import document
from schema.limits import Limits
from tests.api.client import GRAPHQL_JSON, Client, serving, token
from tests.api.test_check import luodi

LARGEST = "query Largest($first: Int = 2) { projects(first: $first) { nodes { code } } }"
BOTH = "query First { viewer { role } } query Second { projects(first: 1) { nodes { id } } }"
REPORT = "mutation Report($input: ReportIssueInput!) { reportIssue(input: $input) { issue { id } } }"
DIGEST = hashlib.sha256(LARGEST.encode()).hexdigest()
MANIFEST = {DIGEST: LARGEST, "x-build:both": BOTH, "report": REPORT}
INTROSPECTION = "{ __schema { queryType { name } } }"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trusted") / "persisted-documents.json"
    path.write_text(json.dumps(MANIFEST))
    return path


@pytest.fixture(scope="module")
async def trusting(city_url: str, manifest: Path) -> AsyncIterator[Client]:
    async with serving(city_url, trusted_documents=manifest) as client:
        yield client


@pytest.fixture(scope="module")
async def strict(city_url: str, manifest: Path) -> AsyncIterator[Client]:
    async with serving(city_url, trusted_documents=manifest, trusted_documents_only=True) as client:
        yield client


async def by_get(client: Client, **parameters: Any) -> httpx.Response:
    query = urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in parameters.items()})
    headers = {"authorization": f"Bearer {token()}", "accept": GRAPHQL_JSON}
    return await client.http.get(f"/graphql?{query}", headers=headers)


async def by_post(client: Client, role: Role = Role.READER, accept: str = GRAPHQL_JSON, **body: Any) -> httpx.Response:
    return await client.post(json.dumps(body).encode(), role=role, accept=accept)


def apollo(hash_: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_}}


def refusal(answer: httpx.Response, status: int = 400) -> dict[str, Any]:
    """The one error of a request that did not begin."""
    body = answer.json()
    assert answer.status_code == status, body
    assert "data" not in body
    (error,) = body["errors"]
    return {"message": error["message"], **error["extensions"]}


@pytest.mark.parametrize("ask", [by_get, by_post])
@pytest.mark.parametrize(
    "named",
    [{"documentId": f"sha256:{DIGEST}"}, {"documentId": DIGEST}, {"extensions": apollo(DIGEST)}],
    ids=["prefixed", "bare", "apollo"],
)
async def test_an_id_stands_for_its_text(trusting: Client, ask: Any, named: dict[str, Any]) -> None:
    expected = await trusting.data(LARGEST, {"first": 3})
    assert len(expected["projects"]["nodes"]) == 3
    answer = await ask(trusting, **named, variables={"first": 3})
    assert answer.json() == {"data": expected}
    assert answer.status_code == 200


async def test_a_browsers_address_bar_may_hold_an_id(trusting: Client) -> None:
    headers = {"authorization": f"Bearer {token()}", "accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    expected = {"data": await trusting.data(LARGEST, {"first": 1})}
    for named in ({"documentId": DIGEST}, {"extensions": json.dumps(apollo(DIGEST))}):
        asked = {**named, "variables": '{"first": 1}'}
        answer = await trusting.http.get("/graphql", params=asked, headers=headers)
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json() == expected
    page = await trusting.http.get("/graphql", headers=headers)
    assert page.headers["content-type"].startswith("text/html")


async def test_neither_parsed_nor_validated_when_asked_by_id(
    city_url: str, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = {"parse": 0, "validate": 0}

    def counting(name: str) -> Any:
        original = getattr(document, name)

        def call(*arguments: Any, **named: Any) -> Any:
            counted[name] += 1
            return original(*arguments, **named)

        return call

    for name in counted:
        monkeypatch.setattr(document, name, counting(name))
    async with serving(city_url, trusted_documents=manifest) as client:
        assert counted == {"parse": 3, "validate": 3}
        for _ in range(3):
            assert (await by_post(client, documentId=DIGEST)).status_code == 200
            assert (await client.ask(LARGEST)).status_code == 200
        assert counted == {"parse": 3, "validate": 3}
        assert (await client.ask(LARGEST + " ")).status_code == 200
        assert counted == {"parse": 4, "validate": 4}


async def test_the_operation_is_chosen_by_its_name(trusting: Client) -> None:
    answer = await by_post(trusting, documentId="x-build:both", operationName="First")
    assert answer.json() == {"data": {"viewer": {"role": "READER"}}}
    assert refusal(await by_post(trusting, documentId="x-build:both"))["code"] == "OPERATION_RESOLUTION_FAILED"


async def test_variables_and_limits_hold_as_ever(trusting: Client, city_url: str, manifest: Path) -> None:
    assert refusal(await by_post(trusting, documentId=DIGEST, variables={"first": "x"}))["argument"] == "$first"
    async with serving(city_url, Limits(cost_ceiling=100), trusted_documents=manifest) as client:
        (error,) = (await by_post(client, documentId=DIGEST, variables={"first": 200})).json()["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert error["extensions"]["limit"] == 100


async def test_a_mutation_is_not_made_by_get(trusting: Client) -> None:
    assert refusal(await by_get(trusting, documentId="report"), 405)["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("ask", [by_get, by_post])
async def test_an_unknown_id_is_told_in_the_way_of_its_form(trusting: Client, ask: Any) -> None:
    error = refusal(await ask(trusting, documentId="sha256:" + "0" * 64))
    assert error["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert "manifest" in error["message"]
    error = refusal(await ask(trusting, extensions=apollo("0" * 64)))
    assert (error["code"], error["message"]) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert "manifest" in error["detail"]


async def test_apollos_link_reads_the_refusal_and_sends_the_text(trusting: Client) -> None:
    """Its clients take application/json, where a well-formed request that fails is 200; then hash and text come."""
    text = "{ projects(first: 1) { nodes { name } } }"
    hash_ = hashlib.sha256(text.encode()).hexdigest()
    first = await by_post(trusting, accept="application/json", extensions=apollo(hash_))
    assert refusal(first, 200)["code"] == "PERSISTED_QUERY_NOT_FOUND"
    second = await by_post(trusting, accept="application/json", query=text, extensions=apollo(hash_))
    assert second.json()["data"]["projects"]["nodes"]
    third = await by_post(trusting, accept="application/json", extensions=apollo(hash_))
    assert refusal(third, 200)["code"] == "PERSISTED_QUERY_NOT_FOUND", "what a client sends is not trusted"


async def test_without_a_manifest_apollos_link_is_told_to_stop_asking(service: Client) -> None:
    error = refusal(await by_post(service, extensions=apollo(DIGEST)))
    assert (error["code"], error["message"]) == ("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
    assert refusal(await by_post(service, documentId=DIGEST))["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"


async def test_id_and_text_must_agree(trusting: Client) -> None:
    assert (await by_post(trusting, documentId=DIGEST, query=LARGEST)).status_code == 200
    assert refusal(await by_post(trusting, documentId=DIGEST, query=BOTH))["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": 1},
        {"documentId": ""},
        {"documentId": ["a"]},
        {"documentId": DIGEST, "query": 1},
        {"extensions": {"persistedQuery": "x"}},
        {"extensions": {"persistedQuery": {}}},
        {"extensions": {"persistedQuery": {"sha256Hash": 1}}},
        {"extensions": {}},
        {},
    ],
)
async def test_what_is_no_id_is_refused(trusting: Client, body: dict[str, Any]) -> None:
    assert refusal(await by_post(trusting, **body))["code"] == "BAD_REQUEST"


async def test_an_id_of_half_a_character_is_answered(trusting: Client) -> None:
    assert refusal(await trusting.post(b'{"documentId": "\\ud800"}'))["documentId"] == "\\ud800"


@pytest.mark.parametrize("role", list(Role))
async def test_only_trusted_documents_are_answered_whoever_asks(strict: Client, role: Role) -> None:
    assert (await by_post(strict, role, documentId=DIGEST)).status_code == 200
    assert (await by_post(strict, role, query=LARGEST)).status_code == 200
    for text in (LARGEST + " ", INTROSPECTION, "{ __typename }", "}", "mutation { reportIssue }"):
        assert refusal(await by_post(strict, role, query=text))["code"] == "DOCUMENT_NOT_TRUSTED"
    assert refusal(await by_post(strict, role, documentId=DIGEST, query=BOTH))["code"] == "BAD_REQUEST"
    assert refusal(await by_post(strict, role, query=BOTH + " ", extensions=apollo(DIGEST)))["code"] == (
        "DOCUMENT_NOT_TRUSTED"
    )


async def test_introspection_is_answered_where_others_are(trusting: Client) -> None:
    assert (await trusting.data(INTROSPECTION)) == {"__schema": {"queryType": {"name": "Query"}}}


async def test_a_changed_file_counts_from_the_next_start(city_url: str, tmp_path: Path) -> None:
    path = tmp_path / "trusted.json"
    path.write_text(json.dumps({"a": LARGEST}))
    async with serving(city_url, trusted_documents=path, trusted_documents_only=True) as client:
        path.write_text(json.dumps({"b": LARGEST}))
        assert (await by_post(client, documentId="a")).status_code == 200
        assert refusal(await by_post(client, documentId="b"))["code"] == "PERSISTED_QUERY_NOT_FOUND"
    async with serving(city_url, trusted_documents=path, trusted_documents_only=True) as client:
        assert (await by_post(client, documentId="b")).status_code == 200


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"LUODI_TRUSTED_DOCUMENTS_ONLY": "yes"}, "neither true nor false"),
        ({"LUODI_TRUSTED_DOCUMENTS_ONLY": "true"}, "LUODI_TRUSTED_DOCUMENTS"),
    ],
)
def test_settings_that_cannot_be_meant(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Settings.from_environment(environ, uid=0)


def test_settings_that_can() -> None:
    given = {"LUODI_TRUSTED_DOCUMENTS": "/a/b.json", "LUODI_TRUSTED_DOCUMENTS_ONLY": "true"}
    settings = Settings.from_environment(given, uid=0)
    assert (settings.trusted_documents, settings.trusted_documents_only) == (Path("/a/b.json"), True)
    settings = Settings.from_environment(given | {"LUODI_TRUSTED_DOCUMENTS_ONLY": "false"}, uid=0)
    assert not settings.trusted_documents_only
    assert Settings.from_environment({"LUODI_TRUSTED_DOCUMENTS": ""}, uid=0).trusted_documents is None


async def test_the_command_line_tells_what_is_wrong_with_a_manifest(city_url: str, tmp_path: Path) -> None:
    path = tmp_path / "trusted.json"
    path.write_text(json.dumps({"good": LARGEST, "bad": "query Bad {\n  projcts { nodes { id } }\n}"}))
    environ = {"LUODI_DATABASE_URL": city_url, "LUODI_TRUSTED_DOCUMENTS": str(path)}
    for command, code in (("check", 1), ("serve", 2)):
        answer = await asyncio.to_thread(luodi, command, **environ)
        assert answer.returncode == code, answer.stderr
        said = answer.stdout + answer.stderr
        assert f"{path}: operation Bad (id bad), line 2, column 3: Cannot query field 'projcts'" in said
        assert "Traceback" not in said
    path.write_text(json.dumps(MANIFEST))
    answer = await asyncio.to_thread(luodi, "check", **environ)
    assert f"✓ trusted documents: 3 of {path}; others are answered too" in answer.stdout
    assert answer.returncode == 0
    gone = await asyncio.to_thread(luodi, "check", **environ | {"LUODI_TRUSTED_DOCUMENTS": str(path) + "x"})
    assert "cannot be read" in gone.stdout
