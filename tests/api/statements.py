"""What a service sends to PostgreSQL: reads as they are run, the rest as asyncpg's own query logger sees it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from api.prepared import PreparedStatements


@dataclass
class Statements:
    """The statements sent so far, by all services started while they are recorded."""

    texts: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def sent(self) -> AsyncIterator[list[str]]:
        """The statements sent while the block runs; complete after it."""
        seen: list[str] = []
        await asyncio.sleep(0)  # the driver tells its loggers by the loop
        before = len(self.texts)
        yield seen
        await asyncio.sleep(0)
        seen += self.texts[before:]


@contextmanager
def recorded_statements() -> Iterator[Statements]:
    """Records every statement of services that start while the block runs, but for settings of the session."""
    seen = Statements()

    def note(record: Any) -> None:
        if not record.query.startswith("SET "):
            seen.texts.append(record.query)

    connect = asyncpg.connect

    async def logged(*args: Any, **options: Any) -> Any:
        connection = await connect(*args, **options)
        if (options.get("server_settings") or {}).get("application_name") == "luodi":
            connection.add_query_logger(note)
        return connection

    def noted(run: Any) -> Any:
        def call(self: PreparedStatements, query: str, *args: Any) -> Any:
            asyncio.get_running_loop().call_soon(seen.texts.append, query)
            return run(self, query, *args)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg, "connect", logged)
        for name in ("fetchrow", "fetch"):
            patch.setattr(PreparedStatements, name, noted(getattr(PreparedStatements, name)))
        yield seen
