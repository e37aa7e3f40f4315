"""Manifests as clients' tools write them, and the documents they list."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.compiler import document
from schema.compiler.document import Document, Documents, Refused
from schema.compiler.trusted import DocumentId, ManifestError, TrustedDocuments, parse_manifest
from schema.limits import Limits
from schema.root import model

ONE = "query One($id: ID!) {\n  project(by: {id: $id}) {\n    id\n  }\n}"
TWO = "query Two { projects(first: 1) { nodes { id } } }"
OTHER = "{ projects { nodes { code } } }"
SHA1, MD5, SHA256 = (hashlib.new(name, ONE.encode()).hexdigest() for name in ("sha1", "md5", "sha256"))


def apollo(*operations: dict[str, str]) -> str:
    return json.dumps({"format": "apollo-persisted-query-manifest", "version": 1, "operations": list(operations)})


def trusted(manifest: str, *, only: bool = False) -> TrustedDocuments:
    return TrustedDocuments(Documents(model().graphql, Limits()), parse_manifest(manifest, "trusted.json", only=only))


def read(documents: TrustedDocuments, id_: str, text: str = "") -> Document:
    return documents.read(text, DocumentId(id_))


def refusal(documents: TrustedDocuments, text: str, id_: DocumentId | None) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        documents.read(text, id_)
    (problem,) = refused.value.problems
    return problem.code.value, problem.message


@pytest.mark.parametrize("id_", [SHA1, MD5, SHA256, f"sha256:{SHA256}", "x-build:7", "4711", "a" * 64, "一"])
def test_a_document_is_found_by_the_id_its_tool_gave_and_by_its_digest(id_: str) -> None:
    for manifest in (json.dumps({id_: ONE}), apollo({"id": id_, "name": "One", "type": "query", "body": ONE})):
        documents = trusted(manifest)
        for asked in (id_, SHA256, f"sha256:{SHA256}"):
            assert read(documents, asked).text == ONE
        assert refusal(documents, "", DocumentId("b" * 64))[0] == "PERSISTED_QUERY_NOT_FOUND"


def test_a_bare_id_of_64_digits_is_found_with_the_prefix_too() -> None:
    documents = trusted(json.dumps({"a" * 64: ONE}))
    assert read(documents, "sha256:" + "a" * 64).text == ONE
    documents = trusted(json.dumps({"x-build:" + "a" * 64: ONE}))
    assert refusal(documents, "", DocumentId("a" * 64))[0] == "PERSISTED_QUERY_NOT_FOUND"


def test_two_ids_of_one_text_are_one_document() -> None:
    documents = trusted(json.dumps({"1": ONE, "2": ONE}))
    assert read(documents, "1") is read(documents, "2")


def test_a_trusted_document_is_read_when_the_service_starts_and_never_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(document, "KEPT_CHARACTERS", 200)  # room for the last two or three texts
    documents = Documents(model().graphql, Limits())
    parse = documents.parsed

    def counted(text: str) -> Document:
        parsed.append(text)
        return parse(text)

    monkeypatch.setattr(documents, "parsed", counted)
    manifest = parse_manifest(json.dumps({"1": ONE, "2": TWO}), "trusted.json")
    source = TrustedDocuments(documents, manifest)
    assert parsed == [ONE, TWO]
    for n in range(50):  # others come and go
        source.read(f"query Q{n} {OTHER}", None)
    del parsed[:]
    assert read(source, "1") is source.read(ONE, None)
    assert read(source, "2") is source.read(TWO, None)
    assert parsed == []


def test_without_a_manifest_texts_are_read_and_no_id_is_known() -> None:
    documents = TrustedDocuments(Documents(model().graphql, Limits()), None)
    assert documents.read(ONE, None).text == ONE
    code, message = refusal(documents, "", DocumentId(SHA256))
    assert code == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert "`query`" in message


def test_apollos_clients_are_told_by_the_message_they_look_for() -> None:
    documents = trusted(json.dumps({"1": ONE}))
    assert refusal(documents, "", DocumentId("2", apollo=True)) == (
        "PERSISTED_QUERY_NOT_FOUND",
        "PersistedQueryNotFound",
    )
    none = TrustedDocuments(Documents(model().graphql, Limits()), None)
    assert refusal(none, "", DocumentId("2", apollo=True)) == (
        "PERSISTED_QUERY_NOT_SUPPORTED",
        "PersistedQueryNotSupported",
    )


@pytest.mark.parametrize(("only", "advised"), [(False, True), (True, False)])
def test_nobody_is_advised_to_send_a_text_that_would_be_refused(only: bool, advised: bool) -> None:
    documents = trusted(json.dumps({"1": ONE}), only=only)
    code, message = refusal(documents, "", DocumentId("2"))
    assert code == "PERSISTED_QUERY_NOT_FOUND"
    assert ("send the document's text" in message) is advised
    assert "manifest up to date" in message


def test_an_id_and_a_text_must_be_the_same_document() -> None:
    documents = trusted(json.dumps({"1": ONE, "2": TWO}))
    assert read(documents, "1", ONE).text == ONE
    for text in (TWO, OTHER, ONE + "\n"):
        assert refusal(documents, text, DocumentId("1"))[0] == "BAD_REQUEST"
    assert refusal(documents, OTHER, DocumentId("3"))[0] == "PERSISTED_QUERY_NOT_FOUND"


def test_only_trusted_documents_are_answered_if_so_told() -> None:
    documents = trusted(json.dumps({"1": ONE}), only=True)
    assert documents.read(ONE, None).text == ONE
    for text in (TWO, "", ONE + " ", "{ __schema { queryType { name } } }", "}"):
        assert refusal(documents, text, None)[0] == "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no manifest"),
        ("[]", "no manifest"),
        ("[" * 100_000, "no manifest"),
        ('{"1": ', "no manifest"),
        ("{}", "lists no document"),
        (apollo(), "lists no document"),
        ('{"1": 2}', "'1' must be an id"),
        ('{"": "{ __typename }"}', "'' must be an id"),
        ('{"1": "{ a }", "1": "{ b }"}', "'1' stands in it twice"),
        ('{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}', "version 2"),
        ('{"format": "another", "version": 1, "operations": []}', "'another'"),
        ('{"format": "apollo-persisted-query-manifest", "version": 1}', r"operations\[0\] must have"),
        (apollo({"id": "1", "body": ONE}, {"id": "2"}), r"operations\[1\] must have"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, said: str) -> None:
    with pytest.raises(ManifestError, match=f"^trusted.json: .*{said}"):
        parse_manifest(text, "trusted.json")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (
            json.dumps({"1": TWO, "2": "query Bad {\n  projcts { nodes { id } }\n}"}),
            r"operation Bad \(id 2\), line 2, ",
        ),
        (apollo({"id": "7", "name": "Named", "body": "{ projects("}), r"operation Named \(id 7\), line 1, column"),
        (json.dumps({"1": "{ a }"}), r"an operation without a name \(id 1\), line 1, column 3: Cannot query field 'a'"),
        (json.dumps({"1": "query Deep " + "{ a " * 40 + "}" * 40}), r"operation Deep \(id 1\): The depth"),
        (json.dumps({f"sha256:{SHA256}": TWO}), "changed after its id was made"),
        (json.dumps({SHA256: TWO, "1": ONE}), "stands for another document too"),
        (apollo({"id": "1", "body": ONE}, {"id": "1", "body": TWO}), "the id 1 stands for another document too"),
        (json.dumps({str(n): f"query Q{n} {{ nothing }}" for n in range(30)}), "trusted.json: 10 more"),
    ],
)
def test_a_document_that_cannot_be_answered_is_told_with_its_place(manifest: str, said: str) -> None:
    with pytest.raises(ManifestError, match=said) as error:
        trusted(manifest)
    assert all(line.startswith("trusted.json: ") for line in str(error.value).splitlines())


@given(st.text())
def test_no_text_passes_for_a_manifest_without_being_one(text: str) -> None:
    try:
        manifest = parse_manifest(text, "trusted.json")
    except ManifestError:
        return
    assert manifest.listed
