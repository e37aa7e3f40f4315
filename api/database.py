"""The database a command works on: the one LUODI_DATABASE_URL names, or our own; then made ready for use."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import asyncpg

from api.embedded import EmbeddedDatabase
from api.ending import unwinding_when_told_to_stop
from api.settings import Settings, masked

# Any constant will do; all services of one database must use the same one.
PREPARATION_LOCK = 0x4C554F4449  # "LUODI"


class DatabaseUnreachable(Exception):
    """The database does not answer; the message shows its address without the password."""


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The URL of the database, running as long as the block does; signals unwind the block.

    For the main thread. Raises ``EmbeddedDatabaseError``.
    """
    with unwinding_when_told_to_stop():
        if settings.database_url is not None:
            yield settings.database_url
            return
        with EmbeddedDatabase(settings.data_dir, user=settings.postgres_user) as embedded:
            yield embedded.url


async def connect(url: str, *, seconds: float = 10.0) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection of one's own. Raises ``DatabaseUnreachable``."""
    try:
        return await asyncpg.connect(url, timeout=seconds)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise DatabaseUnreachable(
            f"The database {masked(url)} does not answer ({reason}): see that it runs and that "
            "LUODI_DATABASE_URL is right, then ask `luodi check`."
        ) from error


def prepare(url: str, *, sample: bool, today: date, tell: Callable[[str], None]) -> None:
    """Bring the database up to date and, with ``sample``, fill an empty one with the sample city.

    Services that start together on one database do this one after the other.
    """
    from migrations.run import pending, upgrade

    with asyncio.Runner() as runner:
        connection = runner.run(connect(url))
        try:
            runner.run(connection.execute("SELECT pg_advisory_lock($1)", PREPARATION_LOCK))
            if missing := pending(url):
                tell(f"Migrating the database ({len(missing)} to go)")
                upgrade(url)
            if sample and runner.run(connection.fetchval("SELECT NOT EXISTS (SELECT FROM region)")):
                from schema.sample.load import seed

                tell("Loading the sample city")
                seed(url, today=today)
        finally:
            runner.run(connection.close())


def any_project_code(url: str) -> str | None:
    """The code of some project, ``None`` when there is none."""

    async def ask() -> str | None:
        connection = await connect(url)
        try:
            code: str | None = await connection.fetchval("SELECT code FROM project ORDER BY code LIMIT 1")
            return code
        finally:
            await connection.close()

    return asyncio.run(ask())
