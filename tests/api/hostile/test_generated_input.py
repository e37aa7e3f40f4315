"""Hostile values at every place of the schema, as variables and as literals: refused in good form or answered."""

import json
from collections import defaultdict
from typing import Any

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLScalarType

from schema.access.rules import Role
from schema.root import model
from tests.api.client import Client, serving
from tests.api.hostile.places import Place, places
from tests.api.hostile.values import LONG_LIST, hostile
from tests.api.hostile.verdict import judged, judged_in_place
from tests.conftest import NewDatabase

THINNED = 9
"""The first place of a kind takes all its values; each further place takes one in so many, another one each time."""
LONGEST_LITERAL = 30_000
STATE = "{ projects { totalCount } issues { totalCount } inspections { totalCount } parcels { totalCount } }"


def attacks() -> dict[str, list[tuple[Place, list[Any]]]]:
    """By root field: the places beneath it with the values each of them gets."""
    met: dict[tuple[str, str], int] = defaultdict(int)
    found: dict[str, list[tuple[Place, list[Any]]]] = defaultdict(list)
    for place in places(model().graphql):
        known = kind(place.type), place.name if place.name in ("after", "before", "bbox") else ""
        values, times = hostile(place.type, place.name), met[known]
        found[place.root].append((place, values[(times - 1) % THINNED :: THINNED] if times else values))
        met[known] += 1
    return found


def kind(type_: Any) -> str:
    """What types have in common that are read alike: enums, input objects, lists of either, and each scalar."""
    if isinstance(type_, GraphQLNonNull):
        return kind(type_.of_type)
    if isinstance(type_, GraphQLList):
        return f"[{kind(type_.of_type)}]"
    return str(type_.name) if isinstance(type_, GraphQLScalarType) else type(type_).__name__


ATTACKS = attacks()


@pytest.fixture(scope="module")
async def attacked(new_database: NewDatabase, city_template: str) -> Any:
    """A service over a city that may be written to."""
    async with serving(await new_database(city_template)) as client:
        yield client


def test_the_attack_reaches_the_whole_schema() -> None:
    """Every root field with arguments, every input type, and the fields under the mutation are among the places."""
    graphql = model().graphql
    assert graphql.query_type is not None
    roots = {name for name, field in graphql.query_type.fields.items() if field.args}
    assert roots | {"reportIssue"} <= ATTACKS.keys()
    reached = {place.name for group in ATTACKS.values() for place, _ in group}
    assert {"bbox", "meters", "nearestTo", "under", "withinMeters", "precision", "idempotencyKey", "code"} <= reached


@pytest.mark.parametrize("root", sorted(ATTACKS))
async def test_hostile_values(attacked: Client, root: str) -> None:
    before = await attacked.data(STATE)
    for place, values in ATTACKS[root]:
        role = Role.WRITER if place.operation == "mutation" else Role.READER
        for value in values:
            sent = json.dumps(value)
            answer = await attacked.ask(place.by_variable(), {"it": place.filled(value)}, role=role)
            try:
                judged_in_place(answer, root, sent=sent)
                if len(sent) < LONGEST_LITERAL:
                    judged_in_place(await attacked.ask(place.by_literal(value), role=role), root, sent=sent)
            except AssertionError as error:
                error.add_note(f"at {place} with {sent[:200]}")
                raise
    assert await attacked.data(STATE) == before


async def test_long_lists_and_strings_are_refused_by_their_length(service: Client) -> None:
    ids = await service.ask("query ($ids: [ID!]!) { them: nodes(ids: $ids) { id } }", {"ids": ["prj_1"] * LONG_LIST})
    (error,) = judged_in_place(ids, "them")["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    document = "query ($code: String) { projects(filter: { code: { eq: $code } }) { totalCount } }"
    text = await service.ask(document, {"code": "x" * 900_000})
    (error,) = judged_in_place(text, "projects")["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert judged(await service.ask(document, {"code": "x" * 1_000_000}))["errors"][0]["extensions"]["code"] == (
        "PAYLOAD_TOO_LARGE"
    )
