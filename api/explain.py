"""The statements of an operation and PostgreSQL's plans of them, for an operator who asks in a request."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

import orjson
from graphql import OperationType
from sqlalchemy.ext.asyncio import AsyncConnection

from api.masking import problem_to_tell
from api.pool import Database
from api.readers import Connection
from schema.access.rules import Role
from schema.access.visible import Viewer
from schema.compiler.document import Refused
from schema.compiler.engine import Answer, Engine, Query
from schema.problem import Problem, ProblemCode


@dataclass(frozen=True)
class Sent:
    """One statement as it was, or would be, sent: its text and the values of ``$1``, ``$2`` and so on."""

    text: str
    values: Sequence[Any]


class Recording:
    """A database that remembers the reads it is sent."""

    def __init__(self, database: "Database | Recording") -> None:
        self._database = database
        self.sent: list[Sent] = []

    def read(self) -> AbstractAsyncContextManager[Connection]:
        return self._database.read()

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._database.transaction()

    async def fetchrow(self, query: str, *args: Any) -> Any:
        self.sent.append(Sent(query, args))
        return await self._database.fetchrow(query, *args)

    async def fetch(self, query: str, *args: Any) -> Any:
        self.sent.append(Sent(query, args))
        return await self._database.fetch(query, *args)


async def plan_of(
    connection: Connection, sent: Sent, *, analyze: bool = False, generic: bool = False, as_json: bool = False
) -> Any:
    """PostgreSQL's plan of a statement: its lines, or with ``as_json`` the one object of ``FORMAT JSON``.

    ``analyze`` runs the statement and tells time and buffers. ``generic`` is the plan made for any values, which
    PostgreSQL may change to after some runs; it is made for none, so it cannot be run. Without it the plan is the one
    made for these values. The connection must be outside a failed transaction; nothing is left on it.
    """
    options = ["SETTINGS", *(["ANALYZE", "BUFFERS"] if analyze else []), f"FORMAT {'JSON' if as_json else 'TEXT'}"]
    explain = f"EXPLAIN ({', '.join(options)}) "
    if generic:
        if analyze:
            raise ValueError("a generic plan is made for no values, so it cannot be run")
        rows = await _generic(connection, explain, sent)
    else:
        rows = await (await connection.prepare(explain + sent.text)).fetch(*sent.values)
    lines = [_text(row[0]) for row in rows]
    return orjson.loads("\n".join(lines))[0] if as_json else lines


async def _generic(connection: Connection, explain: str, sent: Sent) -> Any:
    nulls = ", ".join(["NULL"] * len(sent.values))  # a plan made for any values looks at none
    async with connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE luodi_explained AS {sent.text}")
        try:
            return await connection.fetch(f"{explain} EXECUTE luodi_explained{f'({nulls})' if nulls else ''}")
        finally:
            await connection.execute("DEALLOCATE luodi_explained")


async def explained(
    engine: Engine,
    database: Database | Recording,
    query: Query,
    viewer: Viewer,
    answer: Callable[[Recording, Query], Awaitable[Answer]],
) -> Answer:
    """The answer to a request that asked for ``extensions.explain``, with each statement it ran and its plan.

    For operators and queries only; anyone and anything else is refused before it runs. The statements are the ones
    that ran; their plans are made anew, for the same values, and not run again.
    """
    try:
        if viewer.role is not Role.OPERATOR:
            raise Problem(ProblemCode.FORBIDDEN, "`extensions.explain` is for operators; leave it out.")
        _, operation = engine.operation(query)
        if operation.operation is not OperationType.QUERY:
            message = (
                "Only queries are explained beside their data; `luodi explain` shows a mutation without making it."
            )
            raise Problem(ProblemCode.BAD_REQUEST, message)
    except Problem as problem:
        return Answer(None, (problem,))
    except Refused as refused:
        return Answer(None, tuple(refused.problems))
    recording = Recording(database)
    answered = await answer(recording, replace(query, explain=False))
    try:
        async with database.read() as connection:
            told = [{"statement": one.text, "plan": await plan_of(connection, one)} for one in recording.sent]
    except Exception as error:  # noqa: BLE001 - the edge: logged whole, masked for the caller
        return Answer(None, (problem_to_tell(error),))
    return replace(answered, extensions=orjson.dumps({"explain": told}))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
