"""Connections that read, handed from request to request.

A pool made for any use settles each connection between its users: a task, a trip through the loop and a proxy, which
cost as much as the driver's own work on a small statement (35 of 100 µs). Reads are single statements in autocommit on
read-only sessions, so nothing is left to settle, but where a request was given up in the middle of its statement.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import asyncpg

from schema.problem import Problem, ProblemCode

Connection = Any
"""An asyncpg connection; the driver ships no types."""

MENDING_SECONDS = 5.0
CLOSING_SECONDS = 5.0


class Readers:
    """At most ``size`` connections, opened when needed. Who finds none free waits in line, first come, first served.

    ``waiting_ceiling`` bounds the line, ``seconds`` the wait; beyond either the request is refused as UNAVAILABLE.
    """

    def __init__(
        self, opener: Callable[[], Awaitable[Connection]], *, size: int, waiting_ceiling: int, seconds: float
    ) -> None:
        self._opener = opener
        self._size = size
        self._waiting_ceiling = waiting_ceiling
        self._seconds = seconds
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        self._opening = 0
        self._waiting: deque[asyncio.Future[Connection]] = deque()
        self._background: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> int:
        """Connections there are."""
        return len(self._all)

    @property
    def idle(self) -> int:
        """Connections nobody uses."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """Requests in line."""
        return len(self._waiting)

    async def take(self) -> Connection:
        """A connection, to be given back by ``give`` or ``mend``.

        Raises Problem UNAVAILABLE when none is free in time, and what the driver raises when none can be opened.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._all.discard(connection)
        if len(self._all) + self._opening >= self._size:
            return await self._wait()
        self._opening += 1
        try:
            return await self._open()
        except BaseException:
            self._replace()  # whoever came meanwhile counted on this place
            raise

    def give(self, connection: Connection) -> None:
        """Give back a connection whose last statement has ended."""
        if connection.is_closed():
            self._all.discard(connection)
            self._replace()
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._idle.append(connection)

    def mend(self, connection: Connection, reason: BaseException) -> None:
        """Give back a connection after an exception: at once when the database itself refused the statement.

        Else the driver may still be telling the server to stop; the connection serves again when that is over.
        """
        if isinstance(reason, asyncpg.InternalClientError):
            # the server has said that it ends this session, and not yet hung up: the driver can neither use the
            # connection nor reset it
            connection.terminate()
        if isinstance(reason, asyncpg.PostgresError) or connection.is_closed():
            self.give(connection)
        else:
            self._spawn(self._mend(connection))

    async def close(self) -> None:
        """Close all connections; those in use are cut off."""
        for connection in self._all.difference(self._idle):
            connection.terminate()
        self._idle.clear()
        await asyncio.gather(*self._background)
        await asyncio.gather(*(one.close(timeout=CLOSING_SECONDS) for one in self._all if not one.is_closed()))
        self._all.clear()

    async def _open(self) -> Connection:
        """A connection for a place that the caller has counted in ``_opening``."""
        try:
            connection = await self._opener()
        finally:
            self._opening -= 1
        self._all.add(connection)
        return connection

    async def _wait(self) -> Connection:
        if len(self._waiting) >= self._waiting_ceiling:
            raise _busy("too many requests wait already")
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Connection] = loop.create_future()
        self._waiting.append(waiter)
        timer = loop.call_later(self._seconds, _expire, waiter, self._seconds)
        try:
            return await waiter
        except BaseException:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif not waiter.cancelled() and waiter.exception() is None:
                self.give(waiter.result())  # it was handed over in the moment the request was given up
            raise
        finally:
            timer.cancel()

    async def _mend(self, connection: Connection) -> None:
        try:
            try:
                await connection.reset(timeout=MENDING_SECONDS)
            except asyncpg.QueryCanceledError:  # the cancellation came late, and met this statement instead
                await connection.reset(timeout=MENDING_SECONDS)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError):
            connection.terminate()
        self.give(connection)

    def _replace(self) -> None:
        """A place is free: someone in line may have it."""
        if self._waiting:
            self._opening += 1  # now: whoever comes before the task begins must not take the same place
            self._spawn(self._open_for_one())

    async def _open_for_one(self) -> None:
        try:
            connection = await self._open()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            while self._waiting:
                waiter = self._waiting.popleft()
                if not waiter.done():
                    waiter.set_exception(error)
                    break
            self._replace()
        else:
            self.give(connection)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _expire(waiter: "asyncio.Future[Connection]", seconds: float) -> None:
    if not waiter.done():
        waiter.set_exception(_busy(f"no connection came free within {seconds:g} s"))


def _busy(why: str) -> Problem:
    return Problem(ProblemCode.UNAVAILABLE, f"The service is busy, {why}; try again in a moment.")
