"""S52: for everyone but an operator, an unannounced inspection that has not started is as if it were not there.

Shown by a second database from which those rows are deleted: the answers must be equal byte for byte.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from graphql import OperationDefinitionNode, parse, print_ast

from schema.access.rules import Role
from tests.api.client import Client, serving
from tests.conftest import NewDatabase, execute

START = {"type": "Point", "coordinates": [121.6147, 38.914]}
SECRET = {"kind": {"eq": "UNANNOUNCED"}, "startedAt": {"isNull": True}}
OPERATIONS = [
    node
    for node in parse(Path(__file__).with_name("visible.graphql").read_text()).definitions
    if isinstance(node, OperationDefinitionNode)
]
HIDDEN = "SELECT id FROM inspection WHERE kind = 'UNANNOUNCED' AND started_at IS NULL ORDER BY id"
DELETE_HIDDEN = "DELETE FROM inspection WHERE kind = 'UNANNOUNCED' AND started_at IS NULL"
# The sample knows the place of an inspection from its start on.
PLACE_HIDDEN = """
UPDATE inspection SET location = ST_SetSRID(ST_Point(121.6, 38.9), 4326)
WHERE kind = 'UNANNOUNCED' AND started_at IS NULL
"""
START_ONE = "UPDATE inspection SET started_at = '2026-06-30 03:00Z' WHERE id = $1"


@pytest.fixture(scope="module")
async def whole_url(new_database: NewDatabase, city_template: str) -> str:
    url = await new_database(city_template)
    await execute(url, PLACE_HIDDEN)
    return url


@pytest.fixture(scope="module")
async def whole(whole_url: str) -> AsyncIterator[Client]:
    """The city as it is."""
    async with serving(whole_url) as client:
        yield client


@pytest.fixture(scope="module")
async def without(new_database: NewDatabase, city_template: str) -> AsyncIterator[Client]:
    """The city in which nobody plans an unannounced inspection."""
    url = await new_database(city_template)
    await execute(url, DELETE_HIDDEN)
    async with serving(url) as client:
        yield client


@pytest.fixture(scope="module")
async def hidden(whole_url: str) -> list[str]:
    """Global ids of what must not be learnt of."""
    connection = await asyncpg.connect(whole_url)
    try:
        rows = await connection.fetch(HIDDEN)
    finally:
        await connection.close()
    assert len(rows) > 5
    return [f"ins_{row['id']}" for row in rows]


async def both(whole: Client, without: Client, role: Role, document: str, **variables: Any) -> tuple[bytes, bytes]:
    one, other = [await city.ask(document, variables, role=role) for city in (whole, without)]
    assert one.status_code == other.status_code == 200, one.text
    assert "errors" not in one.json(), one.text
    return one.content, other.content


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name.value)
async def test_readers_and_writers_learn_nothing(
    whole: Client, without: Client, hidden: list[str], operation: OperationDefinitionNode
) -> None:
    every = {"secret": SECRET, "start": START, "id": hidden[0], "ids": hidden}
    variables = {
        definition.variable.name.value: every[definition.variable.name.value]
        for definition in operation.variable_definitions or ()
    }
    document = print_ast(operation)
    for role in (Role.READER, Role.WRITER):
        ours, theirs = await both(whole, without, role, document, **variables)
        assert ours == theirs
        assert not [one for one in hidden if one.encode() in ours]
    # An operator sees the difference, so the request is one that could have told.
    ours, theirs = await both(whole, without, Role.OPERATOR, document, **variables)
    assert ours != theirs


async def test_an_operators_cursor_tells_a_reader_nothing(whole: Client, without: Client, hidden: list[str]) -> None:
    page = """
    query ($after: String, $filter: InspectionFilter) {
      inspections(first: 5, filter: $filter, after: $after, orderBy: [{ field: PLANNED_ON, direction: DESC }]) {
        edges { cursor node { id } }
        pageInfo { hasPreviousPage }
      }
    }
    """
    seen = await whole.data(page, {"filter": {"id": {"eq": hidden[0]}}}, role=Role.OPERATOR)
    (edge,) = seen["inspections"]["edges"]
    ours, theirs = await both(whole, without, Role.READER, page, after=edge["cursor"])
    assert ours == theirs
    assert len(json.loads(ours)["data"]["inspections"]["edges"]) == 5


async def test_a_plan_made_for_an_operator_is_not_used_for_a_reader(whole: Client) -> None:
    document = "query InTurn { inspections { totalCount } }"
    operator, reader, again, writer = [
        (await whole.data(document, role=role))["inspections"]["totalCount"]
        for role in (Role.OPERATOR, Role.READER, Role.OPERATOR, Role.WRITER)
    ]
    assert operator == again > reader == writer


async def test_what_a_mutation_reads_back_tells_nothing(
    whole: Client, without: Client, whole_url: str, hidden: list[str]
) -> None:
    connection = await asyncpg.connect(whole_url)
    code = await connection.fetchval(
        "SELECT code FROM project JOIN inspection ON project_id = project.id WHERE inspection.id = $1",
        int(hidden[0].removeprefix("ins_")),
    )
    await connection.close()
    document = """
    mutation ($input: ReportIssueInput!) {
      reportIssue(input: $input) { issue { project { inspections(first: 50) { totalCount nodes { id } } } } }
    }
    """
    given = {"idempotencyKey": "a writer's", "project": {"code": code}, "title": "a title"}
    ours, theirs = await both(whole, without, Role.WRITER, document, input=given)
    assert ours == theirs
    given["idempotencyKey"] = "an operator's"
    ours, theirs = await both(whole, without, Role.OPERATOR, document, input=given)
    assert ours != theirs


async def test_once_started_everyone_sees_it(own_city_url: str) -> None:
    count = "{ inspections { totalCount } }"
    connection = await asyncpg.connect(own_city_url)
    async with serving(own_city_url) as service:
        before = (await service.data(count))["inspections"]["totalCount"]
        await connection.execute(START_ONE, await connection.fetchval(HIDDEN))
        assert (await service.data(count))["inspections"]["totalCount"] == before + 1
    await connection.close()
