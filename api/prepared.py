"""Statements prepared on one connection, bounded by the length of their texts.

The driver's own cache counts statements. PostgreSQL keeps 50 to 105 bytes for each character of a prepared statement of
ours, parsed, rewritten and planned (measured: 64 KiB for one of 965 characters, 392 KiB for one of 3,892), in every
connection: five hundred long ones in ten connections would be gigabytes.
"""

import itertools
from typing import Any

import asyncpg

from schema.compiler.kept import Kept

CHARACTERS = 300_000
"""Of all statements kept on a connection: about 30 MB in PostgreSQL, and some hundred statements of an application."""
LONGEST = 25_000
"""A longer one is prepared for each execution."""
LEAST = 300
"""What the shortest statement is reckoned as."""


class PreparedStatements:
    """The statements of one connection, the least recently used let go when their texts exceed ``CHARACTERS``.

    For one request at a time, as a connection is.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.kept: Kept[Any] = Kept(CHARACTERS, LONGEST)

    async def fetchrow(self, query: str, *args: Any) -> Any:
        """The first row of a statement, None when there is none; raises what the driver raises."""
        statement = self.kept.get(query)
        if statement is None:
            statement = await self._prepared(query)
        try:
            return await statement.fetchrow(*args)
        except asyncpg.InvalidCachedStatementError:  # a migration has changed the types of what it reads
            return await (await self._prepared(query)).fetchrow(*args)

    async def fetch(self, query: str, *args: Any) -> Any:
        """All rows of a statement; raises what the driver raises."""
        statement = self.kept.get(query)
        if statement is None:
            statement = await self._prepared(query)
        try:
            return await statement.fetch(*args)
        except asyncpg.InvalidCachedStatementError:
            return await (await self._prepared(query)).fetch(*args)

    async def _prepared(self, query: str) -> Any:
        # the driver closes what nobody refers to any more when it next prepares one: at the next eviction
        # by a name, or each would take the place of the one before
        statement = await self._connection.prepare(query, name=f"luodi_{next(self._numbers)}")
        self.kept.put(query, statement, len(query) + LEAST)
        return statement


class PreparedReader(asyncpg.Connection):  # type: ignore[misc]
    """A connection with its prepared statements."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.statements = PreparedStatements(self)
