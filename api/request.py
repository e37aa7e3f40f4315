"""Reading a GraphQL request from HTTP: strict about what it takes, clear about what it refuses (GraphQL over HTTP)."""

import json
import math
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from schema.compiler.engine import Query
from schema.compiler.trusted import DocumentId
from schema.limits import Limits
from schema.problem import Problem, ProblemCode, limit_exceeded


async def read_query(scope: Scope, content_type: str, receive: Receive, limits: Limits) -> Query:
    """The request of a GET, HEAD or POST. Raises Problem; ClientDisconnect when the client is gone before its end."""
    if scope["method"] in ("GET", "HEAD"):
        return _from_query_string(Request(scope), limits)
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "Send the request as application/json.")
    return _from_object(decode_json(await _body(receive, limits.body_bytes)))


async def _body(receive: Receive, ceiling: int) -> bytes:
    """The body, refused as soon as it passes the ceiling."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size > ceiling:
            problem = limit_exceeded("The size of a request, in bytes,", ceiling, size, "Send less at a time.")
            problem.code = ProblemCode.PAYLOAD_TOO_LARGE
            raise problem
        chunks.append(chunk)
    return b"".join(chunks)


def decode_json(body: bytes) -> Any:
    """JSON, strictly: UTF-8, no NaN, no endless numbers, bounded nesting. Raises Problem."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(ProblemCode.BAD_REQUEST, "The body is not UTF-8.") from error
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise Problem(ProblemCode.BAD_REQUEST, "The body is nested too deeply.") from error
    except ValueError as error:
        raise Problem(ProblemCode.BAD_REQUEST, f"The body is not JSON: {error}.") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _integer(text: str) -> int:
    if len(text) > 40:
        raise ValueError("an integer has more than 40 digits")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if len(text) > 400 or not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_int=_integer, parse_float=_number)


def _from_object(value: Any) -> Query:
    if isinstance(value, list):
        raise Problem(ProblemCode.BAD_REQUEST, "Batches are not served; send one request at a time.")
    if not isinstance(value, dict):
        raise Problem(ProblemCode.BAD_REQUEST, 'The body must be a JSON object such as {"query": "…"}.')
    document, variables, name = value.get("query"), value.get("variables"), value.get("operationName")
    id_, extensions = value.get("documentId"), value.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise Problem(ProblemCode.BAD_REQUEST, "`extensions` must be an object.")
    document_id = _document_id(id_, extensions, document) if id_ is not None or extensions else None
    if not isinstance(document, str):
        if document is not None or document_id is None:
            raise Problem(ProblemCode.BAD_REQUEST, "`query` must be a string: the GraphQL document.")
        document = ""
    if variables is not None and not isinstance(variables, dict):
        raise Problem(ProblemCode.BAD_REQUEST, "`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise Problem(ProblemCode.BAD_REQUEST, "`operationName` must be a string.")
    # errors name the operation and its variables, and no answer can hold half a character
    for part, text in (("query", document), ("operationName", name or ""), ("variables", "".join(variables or ()))):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Problem(ProblemCode.BAD_REQUEST, f"`{part}` holds an unpaired surrogate.") from error
    return Query(document, variables or {}, name, document_id, _explain(extensions) if extensions else False)


def _document_id(id_: Any, extensions: Mapping[str, Any] | None, document: Any) -> DocumentId | None:
    """The id of a trusted document: ``documentId`` (GraphQL over HTTP), or else ``persistedQuery`` as Apollo sends it.

    Apollo's clients send text and hash together to have a text remembered; then the text is what counts.
    """
    if id_ is not None:
        if not isinstance(id_, str) or not id_:
            raise Problem(ProblemCode.BAD_REQUEST, "`documentId` must be a string: the id of a trusted document.")
        return DocumentId(id_)
    persisted = extensions.get("persistedQuery") if extensions else None
    if persisted is None or document is not None:
        return None
    found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(found, str) or not found:
        raise Problem(ProblemCode.BAD_REQUEST, "`extensions.persistedQuery` must have a `sha256Hash`, a string.")
    return DocumentId(found, apollo=True)


def _explain(extensions: Mapping[str, Any]) -> bool:
    asked = extensions.get("explain")
    if asked is not None and not isinstance(asked, bool):
        raise Problem(ProblemCode.BAD_REQUEST, "`extensions.explain` must be true or false.")
    return bool(asked)


def _from_query_string(request: Request, limits: Limits) -> Query:
    raw = request.url.query
    if len(raw) > limits.body_bytes:
        raise limit_exceeded("The length of an address", limits.body_bytes, len(raw), "Send the request by POST.")
    given: Mapping[str, str] = request.query_params
    value: dict[str, Any] = {"query": given.get("query"), "operationName": given.get("operationName") or None}
    value["documentId"] = given.get("documentId")
    for name in ("variables", "extensions"):
        if given.get(name):
            value[name] = decode_json(given[name].encode("utf-8", "surrogatepass"))
    return _from_object(value)
