"""Inspections (检查) of projects, planned and done."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, ForeignKey, Index, Table, func

from schema.database import (
    geometry_column,
    id_column,
    metadata,
    one_of,
    record_columns,
    record_constraints,
    text_column,
)
from schema.inspection.rules import InspectionKind, InspectionResult

inspection = Table(
    "inspection",
    metadata,
    id_column(),
    Column("project_id", BigInteger, ForeignKey("project.id"), nullable=False),
    text_column("kind"),
    Column("planned_on", Date, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=True),
    text_column("result", nullable=True),
    geometry_column("location", "POINT", nullable=True),
    text_column("findings", nullable=True),
    *record_columns(),
    *record_constraints(),
    one_of("kind", InspectionKind),
    one_of("result", InspectionResult),
    CheckConstraint("result IS NULL OR started_at IS NOT NULL", name="result_needs_start"),
    CheckConstraint("isfinite(started_at) AND isfinite(planned_on)", name="started_at"),
    CheckConstraint(
        "NOT ST_IsEmpty(location) AND ST_X(location) BETWEEN -180 AND 180 AND ST_Y(location) BETWEEN -90 AND 90",
        name="location",
    ),
    Index("ix_inspection_project_id", "project_id", "started_at", "id"),
    Index("ix_inspection_started_at", "started_at", "id"),
    Index("ix_inspection_location", "location", postgresql_using="gist"),
)

Index("ix_inspection_location_geography", func.geography(inspection.c.location), postgresql_using="gist")
# NULL comes last whichever way an order goes: read backwards, the other index would give it first
Index("ix_inspection_started_at_desc", inspection.c.started_at.desc().nulls_last(), inspection.c.id.desc())
