"""What triggers and functions of the database hold: the closure of the regions, the append-only feed, identities."""

from collections.abc import Sequence

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COUNT = 7
Move = tuple[int, int | None]


@pytest.fixture(scope="module")
async def regions_url(new_database: object, migrated_template: str) -> str:
    return await new_database(migrated_template)  # type: ignore[operator]


def expected(parents: dict[int, int | None]) -> set[tuple[int, int, int]]:
    found = set()
    for region in parents:
        above: int | None = region
        depth = 0
        while above is not None:
            found.add((above, region, depth))
            above, depth = parents[above], depth + 1
    return found


def is_below(parents: dict[int, int | None], region: int | None, above: int) -> bool:
    while region is not None:
        if region == above:
            return True
        region = parents[region]
    return False


async def closure(connection: asyncpg.Connection) -> set[tuple[int, int, int]]:
    return {tuple(row) for row in await connection.fetch("SELECT ancestor_id, region_id, depth FROM region_closure")}


async def plant(connection: asyncpg.Connection, rows: Sequence[Move]) -> None:
    """Insert regions in one statement, in the order given: a child may come before its parent."""
    await connection.execute(
        "INSERT INTO region (id, parent_id, code, name, kind)"
        " SELECT id, parent, 'R' || id, 'R' || id, 'DISTRICT' FROM unnest($1::bigint[], $2::bigint[]) AS r(id, parent)",
        [region for region, _ in rows],
        [parent for _, parent in rows],
    )


parent_or_none = st.one_of(st.none(), st.integers(1, COUNT))
moves = st.lists(st.tuples(st.integers(1, COUNT), parent_or_none, st.booleans()), max_size=10)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    roots=st.lists(st.integers(0, COUNT), min_size=COUNT, max_size=COUNT),
    order=st.permutations(range(1, COUNT + 1)),
    moves=moves,
)
async def test_the_closure_equals_the_parents_after_any_moves(
    regions_url: str, roots: list[int], order: list[int], moves: list[tuple[int, int | None, bool]]
) -> None:
    # A parent of lower number makes a forest; 0 and higher ones stand for none.
    parents: dict[int, int | None] = {r: p if 0 < p < r else None for r, p in enumerate(roots, start=1)}
    connection = await asyncpg.connect(regions_url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await plant(connection, [(region, parents[region]) for region in order])
        assert await closure(connection) == expected(parents)
        for region, parent, delete in moves:
            if region not in parents or (parent is not None and parent not in parents):
                continue
            if delete and region not in parents.values():
                await connection.execute("DELETE FROM region WHERE id = $1", region)
                del parents[region]
            elif is_below(parents, parent, region):
                with pytest.raises(asyncpg.CheckViolationError):
                    async with connection.transaction():
                        await connection.execute("UPDATE region SET parent_id = $2 WHERE id = $1", region, parent)
            else:
                await connection.execute("UPDATE region SET parent_id = $2 WHERE id = $1", region, parent)
                parents[region] = parent
            assert await closure(connection) == expected(parents)
    finally:
        await transaction.rollback()
        await connection.close()


async def test_a_circle_is_refused_by_name_even_within_one_statement(connection: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with connection.transaction():
            await plant(connection, [(1, 3), (2, 1), (3, 2)])
    assert refused.value.constraint_name == "ck_region_acyclic"


async def test_two_moves_at_once_cannot_close_a_circle(empty_url: str) -> None:
    first, second = await asyncpg.connect(empty_url), await asyncpg.connect(empty_url)
    try:
        await plant(first, [(1, None), (2, None)])
        await second.execute("SET lock_timeout = '50ms'")
        async with first.transaction():
            await first.execute("UPDATE region SET parent_id = 2 WHERE id = 1")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await second.execute("UPDATE region SET parent_id = 1 WHERE id = 2")
        with pytest.raises(asyncpg.CheckViolationError):
            await second.execute("UPDATE region SET parent_id = 1 WHERE id = 2")
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            async with second.transaction(isolation="repeatable_read"):
                await second.execute("UPDATE region SET parent_id = NULL WHERE id = 1")
    finally:
        await first.close()
        await second.close()


@pytest.mark.parametrize("statement", ["UPDATE change SET actor = 'x'", "DELETE FROM change", "TRUNCATE change"])
async def test_the_change_feed_only_grows(connection: asyncpg.Connection, statement: str) -> None:
    await connection.execute(
        "INSERT INTO change (entity, entity_id, operation, version, actor) VALUES ('issue', 1, 'CREATED', 1, 'me')"
    )
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError, match="append-only"):
        async with connection.transaction():
            await connection.execute(statement)
    assert await connection.fetchval("SELECT count(*) FROM change") == 1


async def test_identities_are_52_random_bits(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch("SELECT luodi_new_id() AS id FROM generate_series(1, 4000)")
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert 0 < min(ids) < 2**44
    assert 2**51 < max(ids) < 2**52
    for bit in range(52):  # each bit is set about half the time: 4,000 tosses, more than ten standard deviations
        assert 1600 < sum(one >> bit & 1 for one in ids) < 2400, f"bit {bit}"


async def test_land_use_and_policy_have_their_first_values(connection: asyncpg.Connection) -> None:
    top = await connection.fetch("SELECT code, name FROM land_use WHERE length(code) = 2 ORDER BY code")
    assert [row["code"] for row in top] == [f"{number:02d}" for number in range(1, 25)]
    assert await connection.fetchval("SELECT name FROM land_use WHERE code = '1001'") == "工业用地"
    values = dict(await connection.fetch("SELECT name, value FROM policy_parameter"))
    assert values["issue.region_deadline_days"] == 15
    assert len(values) == 5


async def test_the_coordinate_functions_are_those_of_geo_today(connection: asyncpg.Connection) -> None:
    from geo.coordinate import CREATE_FUNCTIONS

    bodies = await connection.fetch("SELECT proname, prosrc FROM pg_proc WHERE proname ~ '^luodi_(gcj02|bd09)'")
    assert len(bodies) == len(CREATE_FUNCTIONS) == 4
    for row in bodies:
        assert any(row["prosrc"] in text for text in CREATE_FUNCTIONS), f"{row['proname']}: write a new revision"
