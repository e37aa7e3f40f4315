"""Land parcels (地块) and the code table of land use."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Table,
    Text,
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
from schema.land.rules import ParcelKind, ParcelStatus

land_use = Table(
    "land_use",
    metadata,
    Column("code", Text, primary_key=True),
    text_column("name"),
    text_column("standard"),
    CheckConstraint("code ~ '^[0-9]{2,6}$'", name="code"),
    CheckConstraint("name <> ''", name="name"),
    comment="国土空间调查、规划、用途管制用地用海分类 (2023): a code table, not an enum.",
)

parcel = Table(
    "parcel",
    metadata,
    id_column(),
    text_column("code"),
    text_column("kind"),
    text_column("status"),
    Column("land_use", Text, ForeignKey("land_use.code"), nullable=False),
    Column("area_hectares", Float(53), nullable=False, comment="公顷, on the ellipsoid"),
    geometry_column("geometry", "MULTIPOLYGON", nullable=False),
    Column("region_id", BigInteger, ForeignKey("region.id"), nullable=False),
    *record_columns(),
    *record_constraints(),
    UniqueConstraint("code"),
    one_of("kind", ParcelKind),
    one_of("status", ParcelStatus),
    CheckConstraint("code ~ '^[0-9A-Z][0-9A-Z-]{1,31}$'", name="code"),
    CheckConstraint("area_hectares > 0 AND area_hectares < 'Infinity'", name="area_hectares"),
    CheckConstraint("ST_IsValid(geometry) AND ST_IsPolygonCCW(geometry) AND NOT ST_IsEmpty(geometry)", name="geometry"),
    Index("ix_parcel_region_id", "region_id", "status", "id"),
    Index("ix_parcel_land_use", "land_use"),
    Index("ix_parcel_geometry", "geometry", postgresql_using="gist"),
)

Index("ix_parcel_geometry_geography", func.geography(parcel.c.geometry), postgresql_using="gist")
