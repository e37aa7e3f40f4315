"""GraphQL over HTTP: who asks, what is asked, and the answer in the media type the client prefers.

An ASGI application of its own, because a framework's request and response objects cost a quarter of a small query.
"""

import datetime
from collections.abc import Callable
from functools import lru_cache

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from api import graphiql
from api.authentication import Authentication
from api.graphql import Answering
from api.request import read_query
from schema.compiler.engine import Answer
from schema.limits import Limits
from schema.problem import Problem, ProblemCode

Clock = Callable[[], datetime.datetime]
JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"

_READ = {b"accept", b"authorization", b"content-type"}
_STATUS = {
    ProblemCode.UNAUTHENTICATED: 401,
    ProblemCode.METHOD_NOT_ALLOWED: 405,
    ProblemCode.NOT_ACCEPTABLE: 406,
    ProblemCode.PAYLOAD_TOO_LARGE: 413,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ProblemCode.UNAVAILABLE: 503,
}


class GraphQLOverHTTP:
    """Serves ``/graphql``; a browser that asks for a page is shown GraphiQL."""

    answering: Answering | None = None
    """Set when the database is open."""

    def __init__(self, authentication: Authentication, clock: Clock, limits: Limits) -> None:
        self._authentication = authentication
        self._clock = clock
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                headers.setdefault(name, value.decode("latin-1"))
        accept = headers.get(b"accept", "*/*")
        if scope["method"] in ("GET", "HEAD") and _prefers_html(accept):
            request = Request(scope, receive)
            if "query" not in request.query_params:
                page = await graphiql.page(request)
                return await page(scope, receive, send)
        media_type = _media_type(accept)
        try:
            answer, status = await self._answer(scope, headers, media_type, receive)
        except ClientDisconnect:
            return None
        body = answer.body()
        length = (b"content-length", str(len(body)).encode())
        head = [*_headers(status, media_type or JSON), length]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, scope: Scope, headers: dict[bytes, str], media_type: str | None, receive: Receive
    ) -> tuple[Answer, int]:
        """The answer and its status. Raises ClientDisconnect when nobody waits for it any more."""
        method = scope["method"]
        try:
            if media_type is None:
                raise Problem(ProblemCode.NOT_ACCEPTABLE, f"Answers come as {GRAPHQL_JSON} or {JSON}.")
            if method not in ("GET", "POST"):
                raise Problem(ProblemCode.METHOD_NOT_ALLOWED, "Send GraphQL by POST, or a query by GET.")
            now = self._clock()
            viewer = self._authentication.viewer(headers.get(b"authorization", ""), now)
            query = await read_query(scope, headers.get(b"content-type", ""), receive, self._limits)
        except Problem as problem:
            return Answer(None, (problem,)), _STATUS.get(problem.code, 400)
        assert self.answering is not None, "requests come after the start"
        answer = await self.answering.answer(query, viewer, now, only_query=method == "GET")
        return answer, _status(answer, media_type)


def _status(answer: Answer, media_type: str) -> int:
    if answer.data is None:
        # the legacy media type answers 200 to well-formed requests that fail, so that old clients read the errors
        return _STATUS.get(answer.problems[0].code, 400 if media_type == GRAPHQL_JSON else 200)
    return 503 if answer.problems and answer.problems[0].code is ProblemCode.UNAVAILABLE else 200


@lru_cache(maxsize=64)
def _headers(status: int, media_type: str) -> tuple[tuple[bytes, bytes], ...]:
    headers = [
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"vary", b"Accept, Authorization"),
        (b"cache-control", b"no-store"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="luodi"'))
    elif status == 405:
        headers.append((b"allow", b"GET, POST"))
    elif status == 503:
        headers.append((b"retry-after", b"1"))
    return tuple(headers)


def _prefers_html(accept: str) -> bool:
    """Whether a browser asks: it names HTML, which no GraphQL client does."""
    return "text/html" in accept.lower()


@lru_cache(maxsize=256)
def _media_type(accept: str) -> str | None:
    """The first of our media types the client takes, by its own order of preference; None when it takes neither."""
    ranked: list[tuple[float, int, str]] = []
    for place, item in enumerate(accept.split(",")):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        ours = {GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, "*/*": JSON, "application/*": JSON, "": JSON}.get(name)
        if ours is not None and quality > 0:
            ranked.append((-quality, place, ours))
    return min(ranked)[2] if ranked else None
