"""Investment projects (投资项目)."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Numeric,
    Table,
    UniqueConstraint,
    func,
)

from schema.database import (
    geometry_column,
    id_column,
    metadata,
    one_of,
    record_columns,
    record_constraints,
    text_column,
)
from schema.project.rules import PROJECT_CODE, ProjectStage

project = Table(
    "project",
    metadata,
    id_column(),
    text_column("code"),
    text_column("name"),
    text_column("stage"),
    Column("total_investment", Numeric(18, 2), nullable=False, comment="元"),
    geometry_column("location", "POINT", nullable=True),
    geometry_column("footprint", "MULTIPOLYGON", nullable=True),
    Column("region_id", BigInteger, ForeignKey("region.id"), nullable=False),
    Column("started_on", Date, nullable=True),
    *record_columns(),
    *record_constraints(),
    UniqueConstraint("code"),
    one_of("stage", ProjectStage),
    CheckConstraint(f"code ~ '{PROJECT_CODE}'", name="code"),
    CheckConstraint("name <> ''", name="name"),
    CheckConstraint("total_investment >= 0 AND total_investment <> 'NaN'", name="total_investment"),
    CheckConstraint(
        "NOT ST_IsEmpty(location) AND ST_X(location) BETWEEN -180 AND 180 AND ST_Y(location) BETWEEN -90 AND 90",
        name="location",
    ),
    CheckConstraint(
        "ST_IsValid(footprint) AND ST_IsPolygonCCW(footprint) AND NOT ST_IsEmpty(footprint)", name="footprint"
    ),
    CheckConstraint(
        "stage NOT IN ('PLANNED_RESERVE', 'PRELIMINARY_WORK') OR started_on IS NULL", name="not_started_yet"
    ),
    CheckConstraint(
        "stage NOT IN ('STARTED', 'UNDER_CONSTRUCTION', 'IN_OPERATION') OR started_on IS NOT NULL",
        name="started",
    ),
    CheckConstraint("isfinite(started_on)", name="started_on"),
    # unique so that these are columns of a key to PostgreSQL: whoever moves a project waits for those who write its
    # issues, and they for the move (migration 0007); other changes of the project neither wait nor are waited for
    Index("ix_project_region_id", "region_id", "stage", "total_investment", "id", unique=True),
    Index("ix_project_stage", "stage", "total_investment", "id"),
    Index("ix_project_total_investment", "total_investment", "id"),
    Index("ix_project_location", "location", postgresql_using="gist"),
    Index("ix_project_footprint", "footprint", postgresql_using="gist"),
    Index("ix_project_updated_at", "updated_at", "id"),
    Index("ix_project_started_on", "started_on", "id"),
    Index("ix_project_name", "name", "id"),
)

Index("ix_project_location_geography", func.geography(project.c.location), postgresql_using="gist")
Index("ix_project_footprint_geography", func.geography(project.c.footprint), postgresql_using="gist")
# NULL comes last whichever way an order goes: read backwards, the other index would give it first
Index("ix_project_started_on_desc", project.c.started_on.desc().nulls_last(), project.c.id.desc())
