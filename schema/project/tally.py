"""The tally of projects (项目合计): what triggers keep of them, so that a roll-up reads no project."""

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
