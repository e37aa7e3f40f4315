"""Regions (地区): the city, its districts and its pioneer zones, and who lies under whom."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
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
from schema.region.rules import RegionKind

region = Table(
    "region",
    metadata,
    id_column(),
    text_column("code"),
    text_column("name"),
    text_column("kind"),
    Column("parent_id", BigInteger, ForeignKey("region.id"), nullable=True),
    geometry_column("geometry", "MULTIPOLYGON", nullable=True),
    *record_columns(),
    *record_constraints(),
    UniqueConstraint("code"),
    one_of("kind", RegionKind),
    CheckConstraint("code ~ '^[0-9A-Z][0-9A-Z-]{1,31}$'", name="code"),
    CheckConstraint("name <> ''", name="name"),
    CheckConstraint("parent_id <> id", name="parent_id"),
    CheckConstraint("ST_IsValid(geometry) AND ST_IsPolygonCCW(geometry) AND NOT ST_IsEmpty(geometry)", name="geometry"),
    Index("ix_region_parent_id", "parent_id"),
    Index("ix_region_geometry", "geometry", postgresql_using="gist"),
)

region_closure = Table(
    "region_closure",
    metadata,
    Column("ancestor_id", BigInteger, ForeignKey("region.id", ondelete="CASCADE"), primary_key=True),
    Column("region_id", BigInteger, ForeignKey("region.id", ondelete="CASCADE"), primary_key=True),
    Column("depth", Integer, nullable=False),
    CheckConstraint("depth >= 0", name="depth"),
    CheckConstraint("(depth = 0) = (ancestor_id = region_id)", name="self"),
    Index("ix_region_closure_region_id", "region_id"),
    comment="Every region with itself (depth 0) and each region above it; kept by a trigger on region, "
    "which also refuses a cycle.",
)
