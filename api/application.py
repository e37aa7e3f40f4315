"""The application as a function of its settings: routes and lifespan."""

import datetime
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api import graphiql
from api.authentication import Authentication
from api.conditional import Tags, release
from api.exposition import Exposition, keep_sampling, own_gauges
from api.graphql import Answering
from api.graphql_http import Clock, GraphQLOverHTTP
from api.metrics import Metrics
from api.pool import Database, open_database
from api.settings import Settings
from api.tiles import Tiles
from api.token import signing_key
from api.trusted import read_manifest
from geo.route import warm_solver
from schema.access.visible import visible
from schema.change.version import version_of
from schema.compiler.engine import Engine
from schema.root import model

log = logging.getLogger("luodi")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def create(settings: Settings, *, clock: Clock = _now) -> Starlette:
    """The service for its settings; the database is opened when the application starts.

    ``settings.database_url`` must be set: whoever owns an embedded database starts it first (``api.serving``).
    """
    engine = Engine(model(), visible, settings.limits, read_manifest(settings), version_of)
    key = signing_key(settings)
    authentication = Authentication(key)
    metrics = Metrics(settings.metrics_dir)
    tags = Tags(key, release())
    graphql = GraphQLOverHTTP(authentication, clock, settings.limits, tags, metrics)
    tiles = Tiles(authentication, clock, settings.limits, tags, metrics, settings.public_url)
    opened: list[Database] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        assert settings.database_url is not None, "the database is started before the application"
        database = await open_database(settings.database_url, settings.limits, metrics)
        own_gauges(metrics, engine, database.readers)
        opened.append(database)
        graphql.answering = Answering(engine, database)
        tiles.database = database
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_warm_solver)
                tasks.start_soon(keep_sampling, metrics)
                yield
                tasks.cancel_scope.cancel()
        finally:
            opened.remove(database)
            await database.close()

    async def ready(_: Request) -> Response:
        return await _ready(opened[0])

    return Starlette(
        routes=[
            Route("/graphql", graphql),
            Route("/tiles/{rest:path}", tiles),
            Route("/healthz", _alive),
            Route("/readyz", ready),
            Route("/metrics", Exposition(metrics, authentication, clock)),
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


async def _ready(database: Database) -> Response:
    """Whether the database answers too."""
    try:
        async with database.read() as reader:
            await reader.fetchval("SELECT 1")
    except Exception:
        log.exception("the database does not answer")
        return JSONResponse({"status": "unavailable"}, 503, {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})
