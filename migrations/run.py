"""Bring a database up to date, take it back, or say what is pending.

Alembic's configuration is made here, so that an installed package migrates without any file beside it.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util.exc import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

Answer = TypeVar("Answer")

INSUFFICIENT_PRIVILEGE = "42501"

# Alembic's current environment is a global of its module: within a process, one migration after the other.
_alembic = threading.Lock()


class MigrationError(Exception):
    """The database could not be migrated; the message says how to mend it."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at ``url`` up to ``revision``, in one transaction.

    ``url`` is neutral: ``postgresql://user@/database?host=/socket/folder``. Two processes may call this at once: the
    second waits for the first and finds nothing left to do. Opens its own event loop, so call it from a thread when
    one is already running. Raises :class:`MigrationError`.
    """
    if revision == "head" and not pending(url):
        return
    with _alembic:
        _finish(_with_connection(url, lambda connection: command.upgrade(_config(connection), revision)))


def downgrade(url: str, revision: str) -> None:
    """Take the database back to ``revision`` (``base`` for none), in one transaction.

    The extension PostGIS stays: other schemas of the same database may live on it. Raises :class:`MigrationError`.
    """
    with _alembic:
        _finish(_with_connection(url, lambda connection: command.downgrade(_config(connection), revision)))


def pending(url: str) -> list[str]:
    """Revisions that the database at ``url`` still lacks, oldest first; empty when it is up to date."""

    def missing(connection: Connection) -> list[str]:
        script = ScriptDirectory.from_config(_config(connection))
        applied = MigrationContext.configure(connection).get_current_heads()
        newest_first = script.iterate_revisions(tuple(script.get_heads()), applied or "base")
        return [revision.revision for revision in newest_first][::-1]

    return _finish(_with_connection(url, missing))


def _config(connection: Connection) -> Config:
    config = Config()
    folder = str(Path(__file__).parent).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def _with_connection(url: str, work: Callable[[Connection], Answer]) -> Answer:
    # asyncpg reads the address itself, so every client of ours understands the same addresses in the same way.
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _finish(work: Coroutine[None, None, Answer]) -> Answer:
    try:
        return asyncio.run(work)
    except (CommandError, RevisionError) as error:
        raise MigrationError(
            f"{error}: the database was migrated by another version of luodi; run that version or a newer one"
        ) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
            raise
        raise MigrationError(
            f"{error.orig}: the role needs CREATE on the schema, and a superuser must once run "
            "CREATE EXTENSION postgis in this database"
        ) from error
