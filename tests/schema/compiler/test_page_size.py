"""A plan is made by the magnitude of a page's size; whatever the size, the page holds just so many rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.arguments import MAGNITUDES, magnitude
from schema.compiler.engine import Engine, Query
from schema.limits import Limits
from schema.root import model
from tests.api.client import Client

SIZES = [0, 1, 2, 7, 8, 9, 49, 50, 51, 61, 250, 251, 499, 10_000]
DOCUMENT = """
query ($n: Int!, $m: Int!) {
  projects(first: $n) {
    nodes { code issues(first: $m) { nodes { id } } nearbyParcels(withinMeters: 20000, first: $m) { nodes { id } } }
  }
  last: projects(last: $n) { nodes { code } pageInfo { hasPreviousPage } }
}
"""


@given(st.integers(min_value=-10, max_value=20_000))
def test_a_magnitude_is_never_less_than_its_number(number: int) -> None:
    found = magnitude(number)
    if number > MAGNITUDES[-1]:
        assert found is None
    else:
        assert found in MAGNITUDES
        assert found >= number
        assert magnitude(found) == found


async def test_pages_of_every_size_through_one_document(city: Client) -> None:
    total = (await city.data("{ projects { totalCount } }"))["projects"]["totalCount"]
    everything = [
        node["code"] for node in (await city.data("{ projects(first: 10000) { nodes { code } } }"))["projects"]["nodes"]
    ]
    for size in SIZES:
        found = await city.data(DOCUMENT, {"n": size, "m": 1})
        assert [node["code"] for node in found["projects"]["nodes"]] == everything[:size]
        assert [node["code"] for node in found["last"]["nodes"]] == everything[max(0, total - size) :]
        assert found["last"]["pageInfo"]["hasPreviousPage"] is (size < total)


@pytest.mark.parametrize("size", [size for size in SIZES if size <= 251])
async def test_nested_pages_of_every_size(city: Client, size: int) -> None:
    """The same document with sizes on both sides of a magnitude, the greatest first: what is kept must not cut."""
    most = (await city.data(DOCUMENT, {"n": 3, "m": 300}))["projects"]["nodes"]
    found = (await city.data(DOCUMENT, {"n": 3, "m": size}))["projects"]["nodes"]
    for node, whole in zip(found, most, strict=True):
        assert node["issues"]["nodes"] == whole["issues"]["nodes"][:size]
        assert node["nearbyParcels"]["nodes"] == whole["nearbyParcels"]["nodes"][:size]


def test_only_sizes_of_pages_are_told_by_their_magnitude() -> None:
    engine = Engine(model(), visible, Limits())
    document = "query ($n: Int!, $v: Int!) { projects(first: $n, filter: { version: { gte: $v } }) { nodes { code } } }"

    def plans(sizes: list[int], versions: list[int]) -> int:
        kept: dict[int, object] = {}
        for size in sizes:
            for version in versions:
                node, operation = engine.operation(Query(document, {"n": size, "v": version}, None))
                variables = engine.variables(node, operation, {"n": size, "v": version})
                plan = engine.compile(node, operation, variables, Viewer("kim", Role.READER))
                kept[id(plan)] = plan
        return len(kept)

    assert plans([50], list(range(1, 400, 7))) == 1
    assert plans([41, 45, 50], [1]) == 1
    assert plans([50, 51], [1]) == 2
    assert plans([251, 3_000, 10_000], [1]) == 1
