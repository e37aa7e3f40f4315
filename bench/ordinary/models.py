"""Declarative classes over the product's tables, with the columns the documents ask for."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

COORDINATE_DIGITS = 7


class Base(DeclarativeBase):
    type_annotation_map = {int: BigInteger}  # noqa: RUF012 - SQLAlchemy's own protocol


class Region(Base):
    __tablename__ = "region"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]


class Project(Base):
    __tablename__ = "project"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    stage: Mapped[str]
    total_investment: Mapped[Decimal]
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    started_on: Mapped[date | None]
    updated_at: Mapped[datetime]
    location: Mapped[Any | None] = mapped_column(Geometry("POINT", srid=4326), deferred=True)
    location_json: Mapped[str | None] = column_property(func.ST_AsGeoJSON(location, COORDINATE_DIGITS, 0))
    region: Mapped[Region] = relationship(lazy="raise")


class Issue(Base):
    __tablename__ = "issue"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    title: Mapped[str]
    status: Mapped[str]
    level: Mapped[str]
    severity: Mapped[str]
    deadline: Mapped[date | None]
    created_at: Mapped[datetime]


class Inspection(Base):
    __tablename__ = "inspection"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str]
    started_at: Mapped[datetime | None]
    result: Mapped[str | None]


class Parcel(Base):
    __tablename__ = "parcel"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    geometry: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=4326), deferred=True)
    geometry_json: Mapped[str] = column_property(func.ST_AsGeoJSON(geometry, COORDINATE_DIGITS, 0))


def parsed(geojson: str | None) -> Any:
    """PostGIS hands GeoJSON over as text; the answer needs it as an object."""
    return None if geojson is None else orjson.loads(geojson)
