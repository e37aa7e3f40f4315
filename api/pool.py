"""The way to the database while serving: a pool for reads, an engine for writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from schema.limits import Limits
from schema.problem import Problem, ProblemCode

READERS = 10
WRITERS = 5
ACQUIRE_SECONDS = 5.0
STATEMENTS = 500
"""Prepared statements kept per connection; a plan of the compiler is one."""

Connection = Any
"""An asyncpg connection; its generic parameter differs between pool and connection."""


class Database:
    """Open pools on one PostgreSQL. Reads are single statements in autocommit, on read-only sessions."""

    def __init__(self, readers: Any, writers: AsyncEngine) -> None:
        self._readers = readers
        self._writers = writers

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A read-only connection whose text columns are bytes. Raises Problem UNAVAILABLE when none is free in time."""
        connection = await self._acquire()
        try:
            yield connection
        finally:
            await self._readers.release(connection)

    async def _acquire(self) -> Connection:
        if self._readers.get_idle_size():
            return await self._readers.acquire()  # at once: watching the clock would cost more than taking it
        try:
            return await self._readers.acquire(timeout=ACQUIRE_SECONDS)
        except TimeoutError as error:
            raise Problem(ProblemCode.UNAVAILABLE, "The service is busy; try again in a moment.") from error

    async def fetchrow(self, query: str, *args: Any) -> Any:
        """The first row of one statement, on a connection taken for it alone."""
        connection = await self._acquire()
        try:
            return await connection.fetchrow(query, *args)
        finally:
            await self._readers.release(connection)

    async def fetch(self, query: str, *args: Any) -> Any:
        """The rows of one statement, on a connection taken for it alone."""
        async with self.read() as connection:
            return await connection.fetch(query, *args)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed when the block ends well, rolled back when it raises."""
        async with self._writers.begin() as connection:
            yield connection

    async def close(self) -> None:
        await self._readers.close()
        await self._writers.dispose()


async def open_database(url: str, limits: Limits) -> Database:
    """Pools on a database, by its ``postgresql://`` URL."""
    settings = {
        "application_name": "luodi",
        "jit": "off",
        "timezone": "UTC",
        "statement_timeout": str(int(limits.statement_timeout_seconds * 1000)),
    }
    readers = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=READERS,
        statement_cache_size=STATEMENTS,
        max_cached_statement_lifetime=0,
        max_inactive_connection_lifetime=0,
        server_settings={**settings, "default_transaction_read_only": "on"},
        init=_text_as_bytes,
        reset=_keep,
    )
    writers = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=WRITERS,
        max_overflow=0,
        pool_timeout=ACQUIRE_SECONDS,
        pool_pre_ping=True,  # after a restart the first writes would else fail of connections that died while idle
        connect_args={"server_settings": settings},
    )
    return Database(readers, writers)


async def _text_as_bytes(connection: Connection) -> None:
    """JSON made by PostgreSQL goes to the client as it is: decoding it and encoding it again costs half of the CPU."""
    await connection.set_type_codec(
        "text", schema="pg_catalog", encoder=lambda value: value.encode(), decoder=bytes, format="binary"
    )


async def _keep(_: Connection) -> None:
    """Reads leave nothing behind in a session, and the reset query would cost ten times the acquire itself."""
