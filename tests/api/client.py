"""The application in this process, its lifespan run by hand, and a client that speaks HTTP to it."""

import asyncio
import dataclasses
import datetime
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from api.application import create
from api.graphql_http import Clock
from api.settings import Settings
from api.token import issue_token
from schema.access.rules import Role
from schema.limits import Limits

KEY = b"a key of the tests, of no use elsewhere"
NOW = datetime.datetime(2026, 6, 30, 4, tzinfo=datetime.UTC)
"""The service's one instant: noon of the sample city's last day, in Asia/Shanghai."""
GRAPHQL_JSON = "application/graphql-response+json"
LIFESPAN_SECONDS = 30.0


def token(role: Role = Role.READER, *, subject: str = "kim", now: datetime.datetime = NOW, key: bytes = KEY) -> str:
    """A token good for an hour from ``now``."""
    return issue_token(key, role=role, subject=subject, now=now, lifetime=datetime.timedelta(hours=1))


@dataclass(frozen=True)
class Client:
    """Speaks to one running application; an exception that leaves the application fails the test."""

    http: httpx.AsyncClient

    async def post(
        self, body: bytes, *, role: Role = Role.READER, subject: str = "kim", **headers: str
    ) -> httpx.Response:
        """A POST of raw bytes; headers are given with underscores."""
        given = {
            "authorization": f"Bearer {token(role, subject=subject)}",
            "content-type": "application/json",
            "accept": GRAPHQL_JSON,
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post("/graphql", content=body, headers=given)

    async def ask(
        self,
        document: str,
        variables: dict[str, Any] | None = None,
        *,
        role: Role = Role.READER,
        subject: str = "kim",
        operation_name: str | None = None,
    ) -> httpx.Response:
        """One GraphQL request, with what ``json`` can write, unpaired surrogates and NaN too."""
        request: dict[str, Any] = {"query": document}
        if variables is not None:
            request["variables"] = variables
        if operation_name is not None:
            request["operationName"] = operation_name
        return await self.post(json.dumps(request).encode(), role=role, subject=subject)

    async def data(self, document: str, variables: dict[str, Any] | None = None, **asking: Any) -> dict[str, Any]:
        """The data of a request that must succeed."""
        answer = await self.ask(document, variables, **asking)
        body = answer.json()
        assert answer.status_code == 200, body
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data


def settings(url: str, limits: Limits | None = None) -> Settings:
    """Settings of a service on a database that runs already."""
    return Settings(
        host="127.0.0.1",
        port=8000,
        public_url="http://127.0.0.1:8000",
        data_dir=Path("/nonexistent"),
        database_url=url,
        token_key=KEY,
        token_key_file=Path("/nonexistent/token.key"),
        limits=limits or Limits(),
    )


@asynccontextmanager
async def serving(
    url: str, limits: Limits | None = None, clock: Clock = lambda: NOW, **changed: Any
) -> AsyncIterator[Client]:
    """A service on a database, started, and stopped at the end; ``changed`` are other settings than the usual."""
    application = create(dataclasses.replace(settings(url, limits), **changed), clock=clock)
    async with _lifespan(application):
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=30) as http:
            yield Client(http)


@asynccontextmanager
async def _lifespan(application: Starlette) -> AsyncIterator[None]:
    """The lifespan in a task of its own: a cancel scope must be left by the task that entered it, fixtures are not."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with application.router.lifespan_context(application):
            started.set()
            await stop.wait()

    life = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({life, waiting}, timeout=LIFESPAN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if not started.is_set():
        waiting.cancel()
        life.cancel()
        await life  # raises why it did not start
    try:
        yield
    finally:
        stop.set()
        await life
