"""What every field of the contract means, written down by hand: a wrong binding in ``schema`` is found against it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Id:
    """The global id: prefix, underscore, primary key."""

    column: str = "id"
    kind: str = "id"


@dataclass(frozen=True)
class Column:
    """A column and how its values are written: text (enums too), int, float, decimal, date, datetime."""

    column: str
    kind: str


@dataclass(frozen=True)
class Place:
    """A geometry column."""

    column: str


@dataclass(frozen=True)
class One:
    """The row of the target whose id this column holds."""

    column: str
    target: str


@dataclass(frozen=True)
class Many:
    """The rows of the target whose column holds this row's id, or with ``below`` that of any region beneath it;
    ``via`` a type, those that belong to its rows."""

    target: str
    column: str
    below: bool = False
    via: "Many | None" = None


@dataclass(frozen=True)
class Near:
    """The rows of the target whose geometry lies within some metres of this row's own."""

    target: str
    geometry: str
    origin: str


Field = Id | Column | Place | One | Many | Near

RECORD: Mapping[str, Field] = {
    "id": Id(),
    "origin": Column("origin", "text"),
    "updatedAt": Column("updated_at", "datetime"),
    "version": Column("version", "int"),
}

TYPES: Mapping[str, Mapping[str, Field]] = {
    "Project": {
        **RECORD,
        "code": Column("code", "text"),
        "name": Column("name", "text"),
        "stage": Column("stage", "text"),
        "totalInvestment": Column("total_investment", "decimal"),
        "startedOn": Column("started_on", "date"),
        "location": Place("location"),
        "footprint": Place("footprint"),
        "region": One("region_id", "Region"),
        "issues": Many("Issue", "project_id"),
        "inspections": Many("Inspection", "project_id"),
        "nearbyParcels": Near("Parcel", "geometry", "location"),
    },
    "Region": {
        **RECORD,
        "code": Column("code", "text"),
        "name": Column("name", "text"),
        "kind": Column("kind", "text"),
        "geometry": Place("geometry"),
        "parent": One("parent_id", "Region"),
        "children": Many("Region", "parent_id"),
        "projects": Many("Project", "region_id", below=True),
        "issues": Many("Issue", "project_id", via=Many("Project", "region_id", below=True)),
        "parcels": Many("Parcel", "region_id", below=True),
    },
    "Issue": {
        **RECORD,
        "project": One("project_id", "Project"),
        "title": Column("title", "text"),
        "description": Column("description", "text"),
        "status": Column("status", "text"),
        "level": Column("level", "text"),
        "severity": Column("severity", "text"),
        "deadline": Column("deadline", "date"),
        "affectedArea": Place("affected_area"),
        "reportedBy": Column("reported_by", "text"),
        "idempotencyKey": Column("idempotency_key", "text"),
        "createdAt": Column("created_at", "datetime"),
    },
    "Inspection": {
        **RECORD,
        "project": One("project_id", "Project"),
        "kind": Column("kind", "text"),
        "plannedOn": Column("planned_on", "date"),
        "startedAt": Column("started_at", "datetime"),
        "result": Column("result", "text"),
        "location": Place("location"),
        "findings": Column("findings", "text"),
    },
    "Parcel": {
        **RECORD,
        "code": Column("code", "text"),
        "kind": Column("kind", "text"),
        "landUse": Column("land_use", "text"),
        "status": Column("status", "text"),
        "areaHectares": Column("area_hectares", "float"),
        "geometry": Place("geometry"),
        "region": One("region_id", "Region"),
        "nearbyProjects": Near("Project", "location", "geometry"),
    },
}

PREFIX = {"Project": "prj", "Region": "reg", "Issue": "iss", "Inspection": "ins", "Parcel": "prc"}
PLACE = {"Project": "location", "Region": "geometry", "Inspection": "location", "Parcel": "geometry"}
"""The geometry that ``nearestTo`` measures from; issues have none."""


def field_of_order(type_: str, member: str) -> Id | Column:
    """The field an order's member stands for: ``TOTAL_INVESTMENT`` is ``totalInvestment``."""
    first, *rest = member.lower().split("_")
    found = TYPES[type_][first + "".join(part.capitalize() for part in rest)]
    assert isinstance(found, (Id, Column))
    return found
