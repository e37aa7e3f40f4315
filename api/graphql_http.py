"""GraphQL over HTTP: who asks, what is asked, and the answer in the media type the client prefers.

An ASGI application of its own, because a framework's request and response objects cost a quarter of a small query.
"""

import asyncio
import datetime
from collections.abc import Callable, Sequence
from functools import lru_cache
from time import perf_counter

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from api import graphiql
from api.abandoning import Waiting, Watch
from api.authentication import Authentication
from api.conditional import Conditional, Tags, entity_tag
from api.encoding import Coding, encode, takes_a_coding
from api.graphql import Answering, Run
from api.metrics import Metrics, Outcome, Surface
from api.request import read_query
from schema.compiler.engine import Answer
from schema.limits import Limits
from schema.problem import Problem, ProblemCode

Clock = Callable[[], datetime.datetime]
JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"

_READ = {b"accept", b"accept-encoding", b"authorization", b"content-type", b"if-none-match"}
_LISTS = {b"accept", b"accept-encoding", b"if-none-match"}
_ASKING = {"query", "documentId", "extensions"}
_VARY = (b"vary", b"Accept, Accept-Encoding, Authorization")
_REVALIDATED = (b"cache-control", b"private, no-cache")
"""Kept by the client alone, and shown only after asking us."""
_NOT_MODIFIED = (_VARY, _REVALIDATED)
_STATUS = {
    ProblemCode.UNAUTHENTICATED: 401,
    ProblemCode.METHOD_NOT_ALLOWED: 405,
    ProblemCode.NOT_ACCEPTABLE: 406,
    ProblemCode.PAYLOAD_TOO_LARGE: 413,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ProblemCode.UNAVAILABLE: 503,
}


class GraphQLOverHTTP:
    """Serves ``/graphql``; a browser that asks for a page is shown GraphiQL.

    Queries by GET or HEAD are conditional (``api.conditional``); no other answer may be kept by anyone.
    """

    answering: Answering | None = None
    """Set when the database is open."""

    def __init__(
        self, authentication: Authentication, clock: Clock, limits: Limits, tags: Tags, metrics: Metrics
    ) -> None:
        self._authentication = authentication
        self._clock = clock
        self._limits = limits
        self._tags = tags
        self._metrics = metrics
        self._watch = Watch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        headers: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                text = value.decode("latin-1")
                headers[name] = f"{headers[name]},{text}" if name in headers and name in _LISTS else text
        accept = headers.get(b"accept", "*/*")
        is_get = scope["method"] in ("GET", "HEAD")
        if is_get and _prefers_html(accept):
            request = Request(scope, receive)
            if _ASKING.isdisjoint(request.query_params):
                page = await graphiql.page(request)
                return await page(scope, receive, send)
        media_type = _media_type(accept)
        end: str = ProblemCode.INTERNAL
        sent = 0
        waiting: Waiting | None = None
        try:
            run, status = await self._begin(scope, headers, media_type, receive, is_get)
            if isinstance(run, Answer):
                conditional = Conditional(run, None, None)
            else:
                if run.is_query:  # a mutation is finished even when nobody waits for it
                    waiting = self._watch.begin(receive)
                if is_get:
                    if_none_match = headers.get(b"if-none-match")
                    conditional = await run.conditional(self._tags, media_type or JSON, if_none_match)
                else:
                    conditional = Conditional(await run.answer(), None, None)
            answer = conditional.answer
            pieces: Sequence[bytes]
            if answer is None:
                end, pieces = Outcome.NOT_MODIFIED, (b"",)
                head = [*_NOT_MODIFIED, (b"etag", (conditional.held or "").encode("latin-1"))]
                status = 304
            else:
                end = answer.problems[0].code if answer.problems else Outcome.ANSWERED
                status = status or _status(answer, media_type or JSON)
                pieces, coding = answer.pieces(), Coding.IDENTITY
                if (accept_encoding := headers.get(b"accept-encoding")) is not None:
                    body, coding = await encode(pieces[0] if len(pieces) == 1 else b"".join(pieces), accept_encoding)
                    pieces = (body,)
                head = [*_headers(status, media_type or JSON, coding, conditional.tag is not None)]
                if conditional.tag is not None:
                    head.append((b"etag", entity_tag(conditional.tag, coding).encode()))
                head.append((b"content-length", b"%d" % sum(map(len, pieces))))
                if scope["method"] == "HEAD":
                    pieces = (b"",)
            await send({"type": "http.response.start", "status": status, "headers": head})
            for piece in pieces[:-1]:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": pieces[-1]})
            sent = sum(map(len, pieces))
        except ClientDisconnect:
            end = Outcome.ABANDONED
        except asyncio.CancelledError:
            end = Outcome.ABANDONED
            if waiting is None or not waiting.was_abandoned():
                raise
        finally:
            if waiting is not None:
                self._watch.end(waiting)
            self._metrics.request(Surface.GRAPHQL, end, perf_counter() - begun, sent)

    async def _begin(
        self, scope: Scope, headers: dict[bytes, str], media_type: str | None, receive: Receive, is_get: bool
    ) -> tuple[Run | Answer, int | None]:
        """The operation ready to run; or the answer, with its status where that is not the answer's own.

        Raises ClientDisconnect when nobody waits for it any more.
        """
        try:
            if media_type is None:
                raise Problem(ProblemCode.NOT_ACCEPTABLE, f"Answers come as {GRAPHQL_JSON} or {JSON}.")
            if not takes_a_coding(headers.get(b"accept-encoding")):
                headers.pop(b"accept-encoding")
                raise Problem(ProblemCode.NOT_ACCEPTABLE, f"Answers come in these codings: {', '.join(Coding)}.")
            if not is_get and scope["method"] != "POST":
                raise Problem(ProblemCode.METHOD_NOT_ALLOWED, "Send GraphQL by POST, or a query by GET.")
            now = self._clock()
            viewer = self._authentication.viewer(headers.get(b"authorization", ""), now)
            query = await read_query(scope, headers.get(b"content-type", ""), receive, self._limits)
        except Problem as problem:
            return Answer(None, (problem,)), _STATUS.get(problem.code, 400)
        assert self.answering is not None, "requests come after the start"
        if query.explain:
            return await self.answering.answer(query, viewer, now, only_query=is_get), None
        return self.answering.begin(query, viewer, now, only_query=is_get, versioned=is_get), None


def _status(answer: Answer, media_type: str) -> int:
    if not answer.has_data:
        # the legacy media type answers 200 to well-formed requests that fail, so that old clients read the errors
        return _STATUS.get(answer.problems[0].code, 400 if media_type == GRAPHQL_JSON else 200)
    return 503 if answer.problems and answer.problems[0].code is ProblemCode.UNAVAILABLE else 200


@lru_cache(maxsize=128)
def _headers(status: int, media_type: str, coding: Coding, is_tagged: bool) -> tuple[tuple[bytes, bytes], ...]:
    headers = [(b"content-type", f"{media_type}; charset=utf-8".encode()), _VARY]
    headers.append(_REVALIDATED if is_tagged else (b"cache-control", b"no-store"))
    if coding is not Coding.IDENTITY:
        headers.append((b"content-encoding", coding.encode()))
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="luodi"'))
    elif status == 405:
        headers.append((b"allow", b"GET, HEAD, POST"))
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
