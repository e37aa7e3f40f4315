"""Which aggregates read the tally, and that nobody can tell by the answer."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import pytest
from sqlalchemy import literal_column

from schema.access.rules import Role
from schema.access.visible import Viewer
from schema.access.visible import visible as everything
from schema.compiler.engine import Engine, Query
from schema.issue.table import issue
from schema.limits import Limits
from schema.project.table import project
from schema.root import model

READER = Viewer("kim", Role.READER)
MEASURES = "projectCount totalInvestment openIssueCount"
ROWS = '{ and: [{ code: { ne: "-" } }, FILTER] }'
"""The same filter for those who must read the rows: it looks at a column that the tally does not have."""

TALLIED = [
    (f"projectStats(by: [REGION] filter: FILTER) {{ region {{ code }} {MEASURES} }}", "{}"),
    (f"projectStats(by: [STAGE, REGION] filter: FILTER) {{ stage region {{ name }} {MEASURES} }}", "{}"),
    (f"projectStats(by: [] filter: FILTER) {{ {MEASURES} stage }}", "{}"),
    (f"projectStats(by: [] filter: FILTER) {{ {MEASURES} }}", '{ region: { code: { eq: "none" } } }'),
    (f"projectStats(by: [STAGE] filter: FILTER) {{ stage {MEASURES} }}", '{ region: { under: "210200" } }'),
    ("projectStats(by: [STAGE] filter: FILTER) { stage projectCount }", "{ not: { stage: { in: [STARTED] } } }"),
    (
        "projectStats(by: [REGION] filter: FILTER) { region { code } }",
        '{ or: [{ region: { code: { eq: "210211" } } }] }',
    ),
    ("projectStats(by: [REGION, REGION] filter: FILTER) { __typename totalInvestment }", "{ stage: { eq: STARTED } }"),
]
UNTALLIED = [
    "projectStats(by: [STARTED_YEAR]) { startedYear projectCount }",
    "projectStats(by: [REGION], filter: { totalInvestment: { gte: 1000000 } }) { projectCount }",
    "projectStats(by: [REGION], filter: { issues: { some: { status: { eq: OPEN } } } }) { projectCount }",
    'projectStats(by: [], filter: { region: { code: { eq: "210202" } }, name: { contains: "区" } }) { projectCount }',
]


def compiled(document: str, visible: Callable[..., Any] = everything) -> tuple[str, Callable[..., Any]]:
    engine = Engine(model(), visible, Limits())
    node, operation = engine.operation(Query(document, {}, None))
    variables = engine.variables(node, operation, {})
    (one,) = engine.compile(node, operation, variables, READER)

    async def read(connection: asyncpg.Connection) -> Any:
        (data,) = await engine.read(one, variables, READER, connection, [])
        return json.loads(data)["data"]

    return one.statement.text, read


def reads_tally(text: str) -> bool:
    assert ("project_tally AS" in text) != ("project AS" in text)
    return "project_tally AS" in text


@pytest.fixture
async def changed(connection: asyncpg.Connection) -> asyncpg.Connection:
    """The city after changes that leave a group empty, another without investment, and several slots."""
    await connection.execute(
        "UPDATE project SET stage = 'IN_OPERATION', started_on = '2020-01-01' WHERE stage = 'STARTED';"
        "UPDATE project SET total_investment = 0 WHERE stage = 'PLANNED_RESERVE';"
        "UPDATE issue SET status = 'OPEN' WHERE id % 3 = 0;"
        "INSERT INTO project_tally SELECT region_id, stage, 1, 5, 0.25, -3 FROM project_tally;"
        "INSERT INTO project_tally SELECT region_id, stage, 2, -5, -0.25, 3 FROM project_tally WHERE slot = 1"
    )
    return connection


@pytest.mark.parametrize(("field", "given"), TALLIED)
async def test_the_tally_answers_as_the_rows_would(changed: asyncpg.Connection, field: str, given: str) -> None:
    text, read = compiled("{ " + field.replace("FILTER", given) + " }")
    assert reads_tally(text)
    plain, read_rows = compiled("{ " + field.replace("FILTER", ROWS.replace("FILTER", given)) + " }")
    assert not reads_tally(plain)
    assert await read(changed) == await read_rows(changed)


@pytest.mark.parametrize("field", UNTALLIED)
def test_what_the_tally_cannot_tell_is_read_from_the_rows(field: str) -> None:
    assert not reads_tally(compiled(f"{{ {field} }}")[0])


async def test_a_region_sums_up_all_below_it_from_the_tally(changed: asyncpg.Connection) -> None:
    text, read = compiled(f"{{ regions(first: 50) {{ nodes {{ code stats {{ {MEASURES} }} }} }} }}")
    assert reads_tally(text)
    for region in (await read(changed))["regions"]["nodes"]:
        given = f'{{ region: {{ under: "{region["code"]}" }}, code: {{ ne: "-" }} }}'
        _, read_rows = compiled(f"{{ projectStats(by: [], filter: {given}) {{ {MEASURES} }} }}")
        assert [region["stats"]] == (await read_rows(changed))["projectStats"]


def seeing(**conditions: str) -> Callable[..., Any]:
    """``visible`` for someone who sees only the rows of a table in which a column has one value."""

    def visible(_: str) -> Callable[..., Sequence[Any]]:
        def of_table(table: Any, row: Any, parameter: Any) -> Sequence[Any]:
            return [
                row(table.c[column]) == literal_column(value)
                for one in (project, issue)
                for column, value in [conditions.get(one.name, "").partition("=")[::2]]
                if table is one and column
            ]

        return of_table

    return visible


BY_STAGE = f"{{ projectStats(by: [STAGE]) {{ stage {MEASURES} }} }}"
COUNTS = "{ projectStats(by: [STAGE]) { stage projectCount } }"


async def test_a_viewer_of_one_region_keeps_the_tally(changed: asyncpg.Connection) -> None:
    region = await changed.fetchval("SELECT region_id FROM project GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
    visible = seeing(project=f"region_id={region}")
    text, read = compiled(BY_STAGE, visible)
    assert reads_tally(text)
    rows_text, read_rows = compiled(BY_STAGE.replace("[STAGE]", '[STAGE], filter: { code: { ne: "-" } }'), visible)
    assert not reads_tally(rows_text)
    answer = await read(changed)
    assert answer == await read_rows(changed)
    assert answer != await compiled(BY_STAGE)[1](changed)


def test_what_is_hidden_by_another_column_is_not_read_from_the_tally() -> None:
    assert not reads_tally(compiled(BY_STAGE, seeing(project="origin='SAMPLE'"))[0])
    assert not reads_tally(compiled(BY_STAGE, seeing(issue="severity='MINOR'"))[0])
    assert reads_tally(compiled(COUNTS, seeing(issue="severity='MINOR'"))[0])
