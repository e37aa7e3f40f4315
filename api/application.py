"""The application as a function of its settings: routes, lifespan, and who may enter."""

import datetime
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api import graphiql
from api.graphql import Answering
from api.pool import Database, open_database
from api.request import read_query
from api.settings import Settings
from api.token import Identity, TokenRefused, signing_key, verify_token
from geo.route import warm_solver
from schema.access.visible import Viewer, visible
from schema.compiler.engine import Answer, Engine
from schema.problem import Problem, ProblemCode
from schema.root import model

log = logging.getLogger("luodi")

Clock = Callable[[], datetime.datetime]
VERIFIED_CEILING = 10_000
"""Tokens remembered as verified until they expire: checking a signature costs as much as a small query."""
JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"

_STATUS = {
    ProblemCode.UNAUTHENTICATED: 401,
    ProblemCode.METHOD_NOT_ALLOWED: 405,
    ProblemCode.NOT_ACCEPTABLE: 406,
    ProblemCode.PAYLOAD_TOO_LARGE: 413,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ProblemCode.UNAVAILABLE: 503,
}


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Service:
    """What the routes share: settings, key, clock, and once started the database."""

    def __init__(self, settings: Settings, key: bytes, clock: Clock) -> None:
        self.settings = settings
        self.key = key
        self.clock = clock
        self.engine = Engine(model(), visible, settings.limits)
        self.database: Database | None = None
        self.answering: Answering | None = None
        self._verified: dict[str, Identity] = {}

    async def start(self, url: str) -> None:
        self.database = await open_database(url, self.settings.limits)
        self.answering = Answering(self.engine, self.database)

    def viewer(self, request: Request) -> Viewer:
        """Who the bearer token says is asking. Raises Problem UNAUTHENTICATED."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem(
                ProblemCode.UNAUTHENTICATED, "Send a token as `Authorization: Bearer …`; `luodi token` makes one."
            )
        now = self.clock()
        identity = self._verified.get(token)
        if identity is None or now >= identity.expires_at:
            try:
                identity = verify_token(self.key, token.strip(), now)
            except TokenRefused as refused:
                self._verified.pop(token, None)
                raise Problem(ProblemCode.UNAUTHENTICATED, f"The token is refused: {refused}") from refused
            if len(self._verified) >= VERIFIED_CEILING:
                self._verified.clear()
            self._verified[token] = identity
        return Viewer(identity.subject, identity.role)


def create(settings: Settings, *, clock: Clock = _now) -> Starlette:
    """The service for its settings; the database is opened when the application starts.

    ``settings.database_url`` must be set: whoever owns an embedded database starts it first (``api.serving``).
    """
    service = Service(settings, signing_key(settings), clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        assert settings.database_url is not None, "the database is started before the application"
        await service.start(settings.database_url)
        assert service.database is not None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_warm_solver)
                yield
                tasks.cancel_scope.cancel()
        finally:
            await service.database.close()

    async def graphql(request: Request) -> Response:
        return await _graphql(service, request)

    async def ready(_: Request) -> Response:
        return await _ready(service)

    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]),
            Route("/healthz", _alive),
            Route("/readyz", ready),
            *graphiql.routes(),
        ],
        lifespan=lifespan,
    )


async def _warm_solver() -> None:
    """Start the solver beside the first requests, not before them; should it fail, the first route says so."""
    try:
        await warm_solver()
    except Exception:
        log.exception("the solver did not start")


def from_environment() -> Starlette:
    """The application for uvicorn's ``--factory``: settings from the environment, LUODI_DATABASE_URL needed."""
    return create(Settings.from_environment(os.environ))


async def _alive(_: Request) -> Response:
    """Whether the process answers."""
    return JSONResponse({"status": "ok"})


async def _ready(service: Service) -> Response:
    """Whether the database answers too."""
    assert service.database is not None
    try:
        async with service.database.read() as reader:
            await reader.fetchval("SELECT 1")
    except Exception:
        log.exception("the database does not answer")
        return JSONResponse({"status": "unavailable"}, 503, {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})


async def _graphql(service: Service, request: Request) -> Response:
    """GraphQL over HTTP; a browser that asks for a page is shown GraphiQL."""
    accept = request.headers.get("accept", "*/*")
    if request.method in ("GET", "HEAD") and "query" not in request.query_params and _prefers_html(accept):
        return await graphiql.page(request)
    media_type = _media_type(accept)
    if media_type is None:
        problem = Problem(ProblemCode.NOT_ACCEPTABLE, f"Answers come as {GRAPHQL_JSON} or {JSON}.")
        return _refusal(problem, JSON)
    if request.method not in ("GET", "POST"):
        problem = Problem(ProblemCode.METHOD_NOT_ALLOWED, "Send GraphQL by POST, or a query by GET.")
        return _refusal(problem, media_type)
    assert service.answering is not None
    try:
        viewer = service.viewer(request)
        query = await read_query(request, service.settings.limits)
    except Problem as problem:
        return _refusal(problem, media_type)
    except ClientDisconnect:
        return Response(status_code=400)
    answer = await service.answering.answer(query, viewer, service.clock(), only_query=request.method == "GET")
    return _response(answer, media_type)


def _response(answer: Answer, media_type: str) -> Response:
    status = 200
    if answer.data is None:
        code = answer.problems[0].code
        # the legacy media type answers 200 to well-formed requests that fail, so that old clients read the errors
        status = _STATUS.get(code, 400 if media_type == GRAPHQL_JSON else 200)
    elif answer.problems and answer.problems[0].code is ProblemCode.UNAVAILABLE:
        status = 503
    return Response(answer.body(), status, _headers(status), f"{media_type}; charset=utf-8")


def _refusal(problem: Problem, media_type: str) -> Response:
    """A request that is no GraphQL request, or nobody's."""
    status = _STATUS.get(problem.code, 400)
    return Response(Answer(None, (problem,)).body(), status, _headers(status), f"{media_type}; charset=utf-8")


def _headers(status: int) -> dict[str, str]:
    headers = {"Vary": "Accept, Authorization", "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="luodi"'
    elif status == 405:
        headers["Allow"] = "GET, POST"
    elif status == 503:
        headers["Retry-After"] = "1"
    return headers


def _prefers_html(accept: str) -> bool:
    """Whether a browser asks: it names HTML, which no GraphQL client does."""
    return "text/html" in accept.lower()


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
