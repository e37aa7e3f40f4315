"""Many writers at once, in one hot region, and a recount at every moment."""

import asyncio

import asyncpg

from bench.storm import storm
from schema.project.tally import tally_differences


async def test_the_tally_is_exact_through_a_storm_of_writers(own_city_url: str) -> None:
    watcher = await asyncpg.connect(own_city_url)
    try:
        async with asyncio.TaskGroup() as group:
            raging = group.create_task(storm(own_city_url, writers=8, transactions=2_000, seed=20260630))
            looked = 0
            while not raging.done():
                assert await tally_differences(watcher) == []
                looked += 1
        ended = raging.result()
        assert await tally_differences(watcher) == []
        assert looked > 20
        assert ended["committed"] > 1_000
        assert ended["rolled back"] > 100
        assert ended["statements"] > 4_000
    finally:
        await watcher.close()
