"""The floor: a bare Starlette handler per workload that runs one statement written by hand and splices its JSON.

This is what someone who knows PostgreSQL well would write when nothing but speed counted: object texts joined with
``||`` and ``string_agg``, the KNN operator on geography, an index behind every condition, text received as raw bytes,
a pool that does not reset its connections. It answers what we answer, in the same order (by id unless asked
otherwise), to a reader, but knows no schema, no token, no limits and no other question.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench import statements

POOL_SIZE = 10
"""As many as the service's own: with two workers and two pools all contenders together stay below 100 connections."""


def number_of(opaque_id: str) -> int:
    """The bigint behind ``prj_<bigint>``."""
    return int(opaque_id.partition("_")[2])


@dataclass(frozen=True)
class Handwritten:
    """A statement, how the request's variables become its parameters, and whether each call deserves its own plan."""

    statement: str
    parameters: Callable[[dict[str, Any]], tuple[Any, ...]]
    custom_plan: bool = False


HANDWRITTEN: dict[str, Handwritten] = {
    "W1": Handwritten(statements.VIEWPORT, lambda v: (*v["bbox"], v["first"])),
    "W2": Handwritten(statements.NESTED, lambda v: (v["stage"], v["region"], v["first"])),
    "W3": Handwritten(statements.BIG_MAP, lambda v: (*v["bbox"], v["first"]), custom_plan=True),
    "W4": Handwritten(statements.ONE, lambda v: (number_of(v["id"]),)),
    "W5": Handwritten(statements.TOGETHER, lambda v: (*v["bbox"], v["first"])),
    "W6": Handwritten(statements.AGGREGATE, lambda v: ()),
    "W7": Handwritten(statements.TILE, lambda v: (v["z"], v["x"], v["y"])),
}
TILE_ROUTE = "/tiles/projects/{z:int}/{x:int}/{y:int}.mvt"


class KeptConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection whose session state never changes, so that the pool need not reset it (150 µs an acquire)."""

    def get_reset_query(self) -> str:
        return ""


async def receive_text_as_bytes(connection: Any) -> None:
    """Hand the answer over as PostgreSQL sent it: decoding it only to encode it again is half of Python's time."""
    await connection.set_type_codec("text", schema="pg_catalog", encoder=str.encode, decoder=bytes, format="binary")


async def _open_pool(url: str, plan_cache_mode: str) -> Any:
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=POOL_SIZE,
        connection_class=KeptConnection,
        init=receive_text_as_bytes,
        server_settings={"jit": "off", "timezone": "UTC", "plan_cache_mode": plan_cache_mode},
    )


def create(database_url: str) -> Starlette:
    """The application: ``POST /W1`` to ``/W6`` with the body of a GraphQL request (its variables are read), and W7."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.pools = {
            False: await _open_pool(database_url, "auto"),
            True: await _open_pool(database_url, "force_custom_plan"),
        }
        try:
            yield
        finally:
            for pool in app.state.pools.values():
                await pool.close()

    def endpoint(work: Handwritten) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            variables = orjson.loads(await request.body())["variables"]
            async with request.app.state.pools[work.custom_plan].acquire() as connection:
                body = await connection.fetchval(work.statement, *work.parameters(variables))
            return Response(body, media_type="application/json")

        return answer

    async def tile(request: Request) -> Response:
        work = HANDWRITTEN["W7"]
        async with request.app.state.pools[work.custom_plan].acquire() as connection:
            body = await connection.fetchval(work.statement, *work.parameters(request.path_params))
        return Response(body, media_type="application/vnd.mapbox-vector-tile")

    routes = [Route(f"/{name}", endpoint(work), methods=["POST"]) for name, work in HANDWRITTEN.items() if name != "W7"]
    routes.append(Route(TILE_ROUTE, tile))
    return Starlette(routes=routes, lifespan=lifespan)


def from_environment() -> Starlette:
    """The factory that uvicorn is given; reads ``LUODI_DATABASE_URL``."""
    return create(os.environ["LUODI_DATABASE_URL"])
