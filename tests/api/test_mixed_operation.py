"""Compiled fields and ordinary resolvers in one operation: one answer, in the order the document asks for."""

import pytest
from graphql import (
    build_client_schema,
    build_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    print_schema,
)

import schema.layer.types
from schema.access.rules import Role
from schema.problem import Problem, ProblemCode
from schema.root import sdl
from tests.api.client import Client

MIXED = """
query Mixed($who: Boolean = true) {
  z: regions(first: 1, orderBy: [{ field: CODE }]) { totalCount nodes { code } }
  me: viewer { s: subject role __typename }
  __schema { queryType { name } mutationType { name } }
  count: projects { totalCount }
  again: viewer @include(if: $who) { ...Who }
  layers { geometryType name entity }
  never: layers @skip(if: true) { name }
  project: __type(name: "Project") { kind interfaces { name } }
  __typename
  a: region(by: { code: "210200" }) { name }
  nobody: region(by: { code: "999999" }) { name }
}
fragment Who on Viewer { subject }
"""


async def test_all_kinds_of_fields_in_document_order(service: Client) -> None:
    data = await service.data(MIXED, role=Role.WRITER, subject="wang")
    assert list(data) == [
        "z",
        "me",
        "__schema",
        "count",
        "again",
        "layers",
        "project",
        "__typename",
        "a",
        "nobody",
    ]
    assert data["z"]["nodes"] == [{"code": "210200"}]
    assert data["me"] == {"s": "wang", "role": "WRITER", "__typename": "Viewer"}
    assert list(data["me"]) == ["s", "role", "__typename"]
    assert data["again"] == {"subject": "wang"}
    assert data["__schema"] == {"queryType": {"name": "Query"}, "mutationType": {"name": "Mutation"}}
    assert data["project"] == {"kind": "OBJECT", "interfaces": [{"name": "Node"}]}
    assert data["__typename"] == "Query"
    assert data["a"] == {"name": "大连市"}
    assert data["nobody"] is None
    assert data["count"]["totalCount"] == 400
    assert {"geometryType": "POINT", "name": "projects", "entity": "Project"} in data["layers"]


async def test_a_part_alone_is_what_it_is_in_the_whole(service: Client) -> None:
    whole = await service.data(MIXED)
    for alone in ("{ count: projects { totalCount } }", "{ layers { geometryType name entity } }"):
        for key, value in (await service.data(alone)).items():
            assert whole[key] == value


async def test_variables_reach_both_kinds(service: Client) -> None:
    assert "again" not in await service.data(MIXED, {"who": False})
    document = """
    query ($type: String!, $code: String!) { __type(name: $type) { name } region(by: { code: $code }) { code } }
    """
    data = await service.data(document, {"type": "Issue", "code": "210211"})
    assert data == {"__type": {"name": "Issue"}, "region": {"code": "210211"}}


async def test_introspection_tells_the_schema_as_it_is_published(service: Client) -> None:
    query = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    told = build_client_schema(await service.data(query))  # type: ignore[arg-type]
    assert print_schema(lexicographic_sort_schema(told)) == print_schema(lexicographic_sort_schema(build_schema(sdl())))


BESIDE = "{ regions { totalCount } layers { name geometryType } viewer { subject } }"


async def test_a_problem_of_a_resolver_has_its_code_and_path(service: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: object) -> None:
        raise Problem(ProblemCode.UNAVAILABLE, "The layers rest.", details={"until": "noon"})

    monkeypatch.setattr(schema.layer.types, "_layer", busy)
    answer = await service.ask(BESIDE)
    body = answer.json()
    assert body["data"] is None, "layers is non-null: what is beside it falls too"
    (problem,) = body["errors"]
    assert problem["message"] == "The layers rest."
    assert problem["path"] == ["layers"]
    assert problem["extensions"] == {"code": "UNAVAILABLE", "until": "noon"}


async def test_an_unexpected_error_of_a_resolver_is_masked_and_logged(
    service: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("password hunter2 of the table of /srv")

    monkeypatch.setattr(schema.layer.types, "_layer", broken)
    answer = await service.ask(BESIDE)
    assert "hunter2" not in answer.text
    (problem,) = answer.json()["errors"]
    assert problem["path"] == ["layers"]
    assert problem["extensions"]["code"] == "INTERNAL"
    assert "hunter2" in caplog.text
    assert problem["extensions"]["reference"] in caplog.text
    monkeypatch.undo()
    assert (await service.data(BESIDE))["layers"]
