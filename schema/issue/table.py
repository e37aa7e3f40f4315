"""Issues (问题) of projects."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Table, UniqueConstraint, func

from schema.database import (
    geometry_column,
    id_column,
    metadata,
    one_of,
    record_columns,
    record_constraints,
    text_column,
)
from schema.issue.rules import IssueLevel, IssueSeverity, IssueStatus

issue = Table(
    "issue",
    metadata,
    id_column(),
    Column("project_id", BigInteger, ForeignKey("project.id"), nullable=False),
    text_column("title"),
    text_column("description", nullable=True),
    text_column("status"),
    text_column("level"),
    text_column("severity"),
    Column("deadline", Date, nullable=True),
    geometry_column("affected_area", "MULTIPOLYGON", nullable=True),
    text_column("reported_by"),
    text_column("idempotency_key", nullable=True),
    *record_columns(),
    *record_constraints(),
    UniqueConstraint("reported_by", "idempotency_key"),
    one_of("status", IssueStatus),
    one_of("level", IssueLevel),
    one_of("severity", IssueSeverity),
    CheckConstraint("title <> ''", name="title"),
    CheckConstraint("level <> 'REGION' OR deadline IS NOT NULL", name="region_deadline"),
    CheckConstraint("isfinite(deadline)", name="deadline"),
    CheckConstraint(
        "ST_IsValid(affected_area) AND ST_IsPolygonCCW(affected_area) AND NOT ST_IsEmpty(affected_area)",
        name="affected_area",
    ),
    Index("ix_issue_project_id", "project_id", "status", "id"),
    Index("ix_issue_status", "status", "deadline", "id"),
    Index("ix_issue_deadline", "deadline", "id"),
    Index("ix_issue_created_at", "created_at", "id"),
    Index("ix_issue_idempotency_key", "idempotency_key"),
    Index("ix_issue_affected_area", "affected_area", postgresql_using="gist"),
)

Index("ix_issue_affected_area_geography", func.geography(issue.c.affected_area), postgresql_using="gist")
# NULL comes last whichever way an order goes: read backwards, the other index would give it first
Index("ix_issue_deadline_desc", issue.c.deadline.desc().nulls_last(), issue.c.id.desc())
