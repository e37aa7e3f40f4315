"""The city that is measured: an embedded database in a data folder of its own, loaded once and kept."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import asyncpg

from api.embedded import EmbeddedDatabase
from migrations.run import upgrade
from schema.sample.load import seed

SEED = 20230112


async def _projects(database_url: str) -> int:
    connection = await asyncpg.connect(database_url)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM project")
        return count
    finally:
        await connection.close()


@contextmanager
def loaded_city(folder: Path, projects: int, today: date) -> Iterator[str]:
    """The URL of a database with a sample city of ``projects`` as of ``today``; runs while the block lasts.

    Each size and day has its own folder below ``folder``, so that going back to a size loads nothing. Raises
    ``LookupError`` when a folder holds another number of projects, as after a load that was cut off.
    """
    with EmbeddedDatabase(folder / f"{projects}-{today:%Y%m%d}") as database:
        url = database.url
        upgrade(url)
        if asyncio.run(_projects(url)) == 0:
            seed(url, projects=projects, seed=SEED, today=today)
        if (found := asyncio.run(_projects(url))) != projects:
            raise LookupError(f"{database.data_dir} holds {found} projects, not {projects}: delete it and run again")
        yield url
