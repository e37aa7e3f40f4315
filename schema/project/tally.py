"""The tally of projects (项目合计): what triggers keep of them, so that a roll-up reads no project."""

from decimal import Decimal
from typing import NamedTuple

import asyncpg
from sqlalchemy import BigInteger, Column, Numeric, Table, Text

from schema.database import metadata

project_tally = Table(
    "project_tally",
    metadata,
    Column("region_id", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", Text, primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("projects", BigInteger, nullable=False),
    Column("total_investment", Numeric, nullable=False, comment="元"),
    Column("open_issues", BigInteger, nullable=False),
    comment="The tally of a region's projects of a stage is the sum over its slots, of which some may be negative; "
    "kept by triggers on project and issue.",
    info={"versioned_by": ("project", "issue")},
    # half of each page is left free for new versions of its rows, which then need no new entry in the index
    postgresql_with={"fillfactor": 50, "autovacuum_vacuum_threshold": 500, "autovacuum_vacuum_scale_factor": 0},
)


class Sums(NamedTuple):
    """What the tally holds of a region's projects of a stage; ``total_investment`` in 元."""

    projects: int
    total_investment: Decimal
    open_issues: int


class TallyDifference(NamedTuple):
    """Where the tally is not what its rows are."""

    region_id: int
    stage: str
    tallied: Sums
    counted: Sums


# One statement, so one snapshot: it finds nothing at any moment, however many are writing.
DIFFERENCES = """
    WITH tallied AS (
        SELECT region_id, stage, sum(projects)::bigint AS projects, sum(total_investment) AS total_investment,
               sum(open_issues)::bigint AS open_issues
        FROM project_tally GROUP BY region_id, stage
    ), opened AS (
        SELECT project_id, count(*) AS issues FROM issue WHERE status = 'OPEN' GROUP BY project_id
    ), counted AS (
        SELECT region_id, stage, count(*) AS projects, sum(total_investment) AS total_investment,
               coalesce(sum(issues), 0)::bigint AS open_issues
        FROM project LEFT JOIN opened ON opened.project_id = project.id GROUP BY region_id, stage
    )
    SELECT region_id, stage,
           coalesce(tallied.projects, 0), coalesce(tallied.total_investment, 0), coalesce(tallied.open_issues, 0),
           coalesce(counted.projects, 0), coalesce(counted.total_investment, 0), coalesce(counted.open_issues, 0)
    FROM tallied FULL JOIN counted USING (region_id, stage)
    WHERE (coalesce(tallied.projects, 0), coalesce(tallied.total_investment, 0), coalesce(tallied.open_issues, 0))
        <> (coalesce(counted.projects, 0), coalesce(counted.total_investment, 0), coalesce(counted.open_issues, 0))
    ORDER BY region_id, stage
"""


async def tally_differences(connection: "asyncpg.Connection[asyncpg.Record]") -> list[TallyDifference]:
    """Every group whose tally differs from a recount of projects and issues; empty when all is well.

    Reads every project and every open issue: a second for a million. ``SELECT luodi_recount_projects()`` mends it.
    """
    rows = await connection.fetch(DIFFERENCES)
    return [TallyDifference(row[0], row[1], Sums(*row[2:5]), Sums(*row[5:8])) for row in map(tuple, rows)]
