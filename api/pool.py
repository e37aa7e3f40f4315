"""The way to the database while serving: connections for reads, an engine for writes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from api.metrics import Metrics
from api.prepared import PreparedReader
from api.readers import Connection, Readers
from schema.limits import Limits
from schema.problem import Problem, ProblemCode

READERS = 10
WRITERS = 5
WRITERS_STATEMENTS = 20
"""Prepared statements kept for each connection that writes: long ones are heavy (``api.prepared``)."""


class Database:
    """Open connections to one PostgreSQL. Reads are single statements in autocommit, on read-only sessions.

    Every method that needs a connection raises Problem UNAVAILABLE when none is free in time. Given up (its task
    cancelled), a read stops its statement in the server too.
    """

    def __init__(self, readers: Readers, writers: AsyncEngine, limits: Limits, metrics: Metrics) -> None:
        self.readers = readers
        self._writers = writers
        self._limits = limits
        self._metrics = metrics
        self._writing = 0

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A read-only connection whose text columns are bytes."""
        connection = await self.readers.take()
        begun = perf_counter()
        try:
            yield connection
        except BaseException as reason:
            self._give_up(connection, reason, begun)
            raise
        self.readers.give(connection)

    async def fetchrow(self, query: str, *args: Any) -> Any:
        """The first row of one statement, on a connection taken for it alone."""
        connection = await self.readers.take()
        begun = perf_counter()
        try:
            row = await connection.statements.fetchrow(query, *args)
        except BaseException as reason:
            self._give_up(connection, reason, begun)
            raise
        self._metrics.statement(perf_counter() - begun)
        self.readers.give(connection)
        return row

    def _give_up(self, connection: Connection, reason: BaseException, begun: float) -> None:
        if isinstance(reason, asyncio.CancelledError):
            self._metrics.cancelled()
        self.readers.mend(connection, reason)
        self._name_timeout(reason, begun)

    def _name_timeout(self, reason: BaseException, begun: float) -> None:
        """Raises Problem TIMEOUT if that is what the database stopped a statement for."""
        seconds = self._limits.statement_timeout_seconds
        # the same SQLSTATE says that an operator has stopped it
        if isinstance(reason, asyncpg.QueryCanceledError) and perf_counter() - begun >= seconds:
            message = f"The statement ran for {seconds:g} s, the most it may, and was stopped."
            advice = "Ask for less at a time: a smaller page, a narrower filter, fewer lists within lists."
            raise Problem(ProblemCode.TIMEOUT, f"{message} {advice}", details={"limit": seconds}) from reason

    async def fetch(self, query: str, *args: Any) -> Any:
        """The rows of one statement, on a connection taken for it alone."""
        async with self.read() as connection:
            return await connection.statements.fetch(query, *args)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed when the block ends well, rolled back when it raises."""
        if self._writing >= WRITERS + self._limits.waiting_requests:
            raise Problem(ProblemCode.UNAVAILABLE, "The service is busy, too many changes wait already; try again.")
        self._writing += 1
        begun = perf_counter()
        try:
            async with self._writers.begin() as connection:
                yield connection
        except asyncpg.QueryCanceledError as error:
            self._name_timeout(error, begun)
            raise
        except DBAPIError as error:
            self._name_timeout(getattr(error.orig, "__cause__", None) or error, begun)
            raise
        except PoolTimeout as error:
            message = f"The service is busy, nothing could be written within {self._limits.waiting_seconds:g} s"
            raise Problem(ProblemCode.UNAVAILABLE, f"{message}; try again in a moment.") from error
        finally:
            self._writing -= 1

    async def close(self) -> None:
        await self.readers.close()
        await self._writers.dispose()


async def open_database(url: str, limits: Limits, metrics: Metrics | None = None) -> Database:
    """Connections to a database, by its ``postgresql://`` URL; statements are counted in ``metrics``."""
    settings = {
        "application_name": "luodi",
        "jit": "off",
        "timezone": "UTC",
        "statement_timeout": str(int(limits.statement_timeout_seconds * 1000)),
    }

    async def open_reader() -> Connection:
        connection = await asyncpg.connect(
            url,
            connection_class=PreparedReader,
            statement_cache_size=0,  # statements are kept by PreparedReader, bounded by their length
            # workers of PostgreSQL's own would make one request quicker, and those beside it slower
            server_settings={
                **settings,
                "default_transaction_read_only": "on",
                "max_parallel_workers_per_gather": "0",
            },
        )
        await _text_as_bytes(connection)
        return connection

    readers = Readers(
        open_reader, size=READERS, waiting_ceiling=limits.waiting_requests, seconds=limits.waiting_seconds
    )
    readers.give(await readers.take())  # fails now, not at the first request, when there is no database
    writers = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=WRITERS,
        max_overflow=0,
        pool_timeout=limits.waiting_seconds,
        pool_pre_ping=True,  # after a restart the first writes would else fail of connections that died while idle
        connect_args={"server_settings": settings, "prepared_statement_cache_size": WRITERS_STATEMENTS},
    )
    return Database(readers, writers, limits, metrics or Metrics())


async def _text_as_bytes(connection: Connection) -> None:
    """JSON made by PostgreSQL goes to the client as it is: decoding it and encoding it again costs half of the CPU."""
    await connection.set_type_codec(
        "text", schema="pg_catalog", encoder=lambda value: value.encode(), decoder=bytes, format="binary"
    )
