"""The database's own conventions: naming, identity, origin and version, used by every room's ``table.py``.

Geometry is stored in WGS 84 (EPSG:4326, longitude before latitude), rings right-handed (RFC 7946), money in 元 as
exact decimals, areas in hectares, instants as ``timestamptz`` in UTC.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    MetaData,
    Text,
    text,
)

WGS84_SRID = 4326

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class DataOrigin(StrEnum):
    """Where a row comes from: entered for real, or made up for the sample city."""

    REGISTERED = "REGISTERED"
    SAMPLE = "SAMPLE"


def id_column() -> Column[int]:
    """Primary key of 52 random bits: neither order nor gaps tell anyone of rows they may not see."""
    return Column("id", BigInteger, primary_key=True, autoincrement=False, server_default=text("luodi_new_id()"))


def text_column(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=nullable)


def geometry_column(name: str, geometry_type: str, *, nullable: bool) -> Column[Any]:
    """A WGS 84 geometry. Its GiST index is declared beside the table: GeoAlchemy2's own would be made twice."""
    return Column(
        name,
        Geometry(geometry_type, srid=WGS84_SRID, spatial_index=False, nullable=nullable),
        nullable=nullable,
    )


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A check that holds a text column to the members of an enum."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def record_columns() -> list[Column[Any]]:
    """What every record that people change carries: origin, creation, last change and version (from 1)."""
    return [
        Column("origin", Text, nullable=False, server_default=DataOrigin.REGISTERED.value),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("version", Integer, nullable=False, server_default=text("1")),
    ]


def record_constraints() -> list[CheckConstraint]:
    return [one_of("origin", DataOrigin), CheckConstraint("version >= 1", name="version")]
