"""Trusted documents: operations that a client's build has listed, kept parsed and validated for good.

A manifest is what the clients' own tools write: ``{"<id>": "<document>"}`` (graphql-codegen's client preset, Relay) or
Apollo's persisted query manifest. The manifest is the trust; ids are the tools' names for documents, whatever they are
a digest of. Only an id that says ``sha256:`` promises the digest of the text (GraphQL over HTTP, persisted documents).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from schema.compiler.document import Document, Documents, Refused
from schema.compiler.kept import Kept
from schema.problem import Problem, ProblemCode

APOLLO_FORMAT, APOLLO_VERSION = "apollo-persisted-query-manifest", 1
SHA256 = "sha256:"
TOLD_CEILING = 20
"""Faults told at once; a wrong schema makes every document of a manifest wrong."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAMED = re.compile(r"\b(?:query|mutation|subscription)\s+(\w+)")


class ManifestError(ValueError):
    """A manifest cannot be used; the message names the file, the operation and the place in it."""


class DocumentId(NamedTuple):
    """An id as a request gave it; ``apollo`` if in ``extensions.persistedQuery``, whose clients read messages."""

    value: str
    apollo: bool = False


@dataclass(frozen=True)
class Listed:
    """One entry of a manifest: the id clients send, the text it stands for, the name its tool gave."""

    id: str
    text: str
    name: str | None = None

    def __str__(self) -> str:
        found = _NAMED.search(self.text)
        name = self.name or (found[1] if found else None)
        return f"{f'operation {name}' if name else 'an operation without a name'} (id {self.id})"


@dataclass(frozen=True)
class Manifest:
    """The documents a service trusts; with ``only`` it answers no others. ``source`` names it in messages."""

    source: str
    listed: tuple[Listed, ...]
    only: bool = False


def parse_manifest(text: str, source: str, *, only: bool = False) -> Manifest:
    """A manifest from its JSON. Raises ManifestError; the documents themselves are not looked at yet."""
    try:
        value = json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{source}: it is no manifest: {error}") from error
    if not isinstance(value, dict):
        raise ManifestError(f'{source}: it is no manifest: write {{"<id>": "<document>"}} or Apollo\'s format.')
    apollo = "operations" in value or "format" in value
    listed = tuple(_apollo(value, source) if apollo else _map(value, source))
    if not listed:
        raise ManifestError(f"{source}: it lists no document.")
    return Manifest(source, listed, only)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found and found[key] != value:
            raise ValueError(f"'{key}' stands in it twice, with two values")
        found[key] = value
    return found


def _map(value: Mapping[str, Any], source: str) -> Iterator[Listed]:
    for id_, text in value.items():
        if not id_ or not isinstance(text, str):
            raise ManifestError(f"{source}: '{id_}' must be an id that stands for the text of a document.")
        yield Listed(id_, text)


def _apollo(value: Mapping[str, Any], source: str) -> Iterator[Listed]:
    if value.get("format") != APOLLO_FORMAT or value.get("version") != APOLLO_VERSION:
        raise ManifestError(
            f"{source}: its format is {value.get('format')!r}, version {value.get('version')!r}; "
            f"of such manifests '{APOLLO_FORMAT}', version {APOLLO_VERSION}, is read."
        )
    operations = value.get("operations")
    for index, one in enumerate(operations if isinstance(operations, list) else [operations]):
        members = one if isinstance(one, dict) else {}
        id_, text, name = members.get("id"), members.get("body"), members.get("name")
        if not (isinstance(id_, str) and id_ and isinstance(text, str) and (name is None or isinstance(name, str))):
            raise ManifestError(f"{source}: operations[{index}] must have an `id` and a `body`, both strings.")
        yield Listed(id_, text, name or None)


class TrustedDocuments:
    """Where the document of a request comes from: the manifest's, ready since the start, or else its text.

    Without a manifest every text is read, and no id is known. A text that equals a trusted one is that one.
    """

    def __init__(self, documents: Documents, manifest: Manifest | None) -> None:
        """Reads every document of the manifest. Raises ManifestError naming each that does not fit the schema."""
        self._documents = documents
        self._listed = manifest is not None
        self._only = manifest is not None and manifest.only
        self._by_text: dict[str, Document] = {}
        self._by_id: dict[str, Document] = {}
        if manifest is not None:
            self._keep(manifest)

    @property
    def kept(self) -> Kept[Document]:
        """The documents that were read of their text; those of the manifest are apart."""
        return self._documents.kept

    def read(self, text: str, id_: DocumentId | None) -> Document:
        """The document of a request that sent a text (or ``""``), an id, or both. Raises Refused."""
        if id_ is None:
            if not self._listed:
                return self._documents.read(text)
            found = self._by_text.get(text)
            if found is None and self._only:
                raise Refused([_not_trusted()])
            return found or self._documents.read(text)
        found = self._by_id.get(id_.value)
        if found is None:
            raise Refused([_not_found(id_, self._only) if self._listed else _not_supported(id_)])
        if text and text != found.text:
            message = "`query` is not the document that `documentId` stands for; send one of them."
            raise Refused([Problem(ProblemCode.BAD_REQUEST, message)])
        return found

    def _keep(self, manifest: Manifest) -> None:
        faults: list[str] = []
        for listed in manifest.listed:
            if listed.text not in self._by_text:
                try:
                    self._by_text[listed.text] = self._documents.parsed(listed.text)
                except Refused as refused:
                    faults += [f"{listed}{_place(problem)}: {problem.message}" for problem in refused.problems]
                    continue
            document = self._by_text[listed.text]
            for id_ in _ids(listed, manifest.source):
                other = self._by_id.setdefault(id_, document)
                if other is not document:
                    faults.append(f"{listed}: the id {id_} stands for another document too")
        if faults:
            told = [f"{manifest.source}: {fault}" for fault in faults[:TOLD_CEILING]]
            if len(faults) > TOLD_CEILING:
                told.append(f"{manifest.source}: {len(faults) - TOLD_CEILING} more")
            raise ManifestError("\n".join(told))


def _ids(listed: Listed, source: str) -> Iterator[str]:
    """Every id that clients may send for an entry: its own, and the digest of its text, each with and without prefix.

    A bare id need not be the digest: that of older graphql-codegens is SHA-1, Relay's MD5, and a tool that formats
    documents anew may take its digest before it does.
    """
    digest = hashlib.sha256(listed.text.encode("utf-8", "surrogatepass")).hexdigest()
    given = listed.id.removeprefix(SHA256)
    if given != listed.id and given != digest:
        raise ManifestError(
            f"{source}: {listed}: its text has the SHA-256 {digest}; it was changed after its id was made."
        )
    yield listed.id
    if _DIGEST.fullmatch(given):
        yield from {given, SHA256 + given} - {listed.id}
    if digest != given:
        yield from (digest, SHA256 + digest)


def _place(problem: Problem) -> str:
    return "".join(f", line {at['line']}, column {at['column']}" for at in problem.locations[:1])


def _not_trusted() -> Problem:
    return Problem(
        ProblemCode.DOCUMENT_NOT_TRUSTED,
        "This service answers only the documents of its manifest; add this one to the client's build, and the "
        "manifest to the service.",
    )


def _not_found(id_: DocumentId, only: bool) -> Problem:
    way = "bring the manifest up to date" if only else "send the document's text, or bring the manifest up to date"
    said = f"No document of the manifest has this id; {way}."
    return _told(ProblemCode.PERSISTED_QUERY_NOT_FOUND, said, id_, "PersistedQueryNotFound")


def _not_supported(id_: DocumentId) -> Problem:
    said = "This service knows no documents by id; send the document's text in `query`."
    return _told(ProblemCode.PERSISTED_QUERY_NOT_SUPPORTED, said, id_, "PersistedQueryNotSupported")


def _told(code: ProblemCode, said: str, id_: DocumentId, message: str) -> Problem:
    """What is wrong with an id. Apollo's mobile clients know the case by its message alone, so theirs is exactly it."""
    details = {"documentId": id_.value.encode("utf-8", "backslashreplace").decode()[:200]}
    return (
        Problem(code, message, details=details | {"detail": said})
        if id_.apollo
        else Problem(code, said, details=details)
    )
