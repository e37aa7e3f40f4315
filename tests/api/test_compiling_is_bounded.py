"""What is small to send and large to compile: the process answers nobody else while it compiles."""

from time import process_time
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.hostile.verdict import judged

SECONDS = 5.0
"""Of this process, and several times what it takes here. Unbounded, the first of these took 43."""

QUANTIFIED = {one: {"title": {"contains": "x"}} for one in ("some", "none", "every")}
PAGES = " ".join(f"p{n}: projects(filter: $filter) {{ totalCount nodes {{ id }} }}" for n in range(90))
FRAGMENT = """fragment Whole on Project {
  code name stage totalInvestment location footprint region { code parent { code } } inspections { nodes { kind } }
  issues { nodes { title project { code region { code } nearbyParcels(withinMeters: 1) { nodes { code } } } } }
}"""


@pytest.mark.parametrize(
    ("document", "variables", "argument"),
    [
        (
            f"query ($filter: ProjectFilter) {{ {PAGES} }}",
            {"filter": {"or": [{"issues": QUANTIFIED}] * 100}},
            "filter.or",
        ),
        ("{" + " ".join(f"p{n}: projects {{ nodes {{ ...Whole }} }}" for n in range(99)) + "}" + FRAGMENT, {}, None),
    ],
)
async def test_refused_before_long(
    service: Client, document: str, variables: dict[str, Any], argument: str | None
) -> None:
    began = process_time()
    (error,) = judged(await service.ask(document, variables))["errors"]
    assert process_time() - began < SECONDS
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert str(error["extensions"].get("argument", "None")).startswith(str(argument))
    assert error["path"][0].startswith("p")


async def test_four_hundred_viewports_are_not_too_many(service: Client) -> None:
    boxes = [{"location": {"bbox": [121, 38, 122, 39]}}] * 400
    document = "query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount nodes { code } } }"
    found = await service.data(document, {"filter": {"or": boxes}})
    assert found["projects"]["totalCount"] > 0
