"""Bindings: what a field of a Strawberry type means in the database.

A concept's ``types.py`` declares its types with the functions below; each puts one binding into the Strawberry field's
metadata, and the compiler reads it from the schema. A binding holds columns and SQL expressions, never behaviour.
"""

import enum
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import strawberry
from sqlalchemy import Column, ColumnElement, Table
from strawberry.types.field import StrawberryField

METADATA_KEY = "luodi"

T = TypeVar("T")

RowSql = Callable[[Callable[[Column[Any]], ColumnElement[Any]]], ColumnElement[Any]]
"""An SQL expression over one row: given a function from column to its reference, returns the expression."""


@dataclass(frozen=True)
class IdBinding:
    """The opaque global id: the entity's prefix and its primary key."""


@dataclass(frozen=True)
class ColumnBinding:
    column: Column[Any]


@dataclass(frozen=True)
class GeometryBinding:
    """A geometry column in WGS 84, read as GeoJSON."""

    column: Column[Any]


@dataclass(frozen=True)
class ToOneBinding:
    """The entity whose primary key this column holds."""

    column: Column[Any]


@dataclass(frozen=True)
class ToManyBinding:
    """The entities whose ``remote`` column holds this row's key, or, ``through`` a closure table, the key of any
    row below it (``through`` = the closure's (ancestor, descendant) columns). With ``via``, ``remote`` holds the key
    of a row between, whose column ``via`` holds this row's."""

    remote: Column[Any]
    through: tuple[Column[Any], Column[Any]] | None = None
    via: Column[Any] | None = None

    @property
    def parent(self) -> Column[Any]:
        """The primary key of this row's table, to which ``via`` or else ``remote`` refers."""
        (foreign_key,) = (self.remote if self.via is None else self.via).foreign_keys
        return foreign_key.column


@dataclass(frozen=True)
class NearbyBinding:
    """Entities whose ``geometry`` lies within the argument ``withinMeters`` of this row's ``origin``, nearest first."""

    geometry: Column[Any]
    origin: Column[Any]


@dataclass(frozen=True)
class AlongBinding:
    """Entities whose ``geometry`` lies within the enclosing field's argument ``meters`` of this row's ``line``."""

    geometry: Column[Any]
    line: Column[Any]


@dataclass(frozen=True)
class NestedBinding:
    """An object that is this very row seen as another type; its fields may use the arguments given here."""

    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class RecordsBinding:
    """A list of at most ``ceiling`` records held as JSON in this column, in the order of the record's first column."""

    column: Column[Any]
    ceiling: int


@dataclass(frozen=True)
class StatsBinding:
    """Aggregates of an entity: ``by`` argument's dimensions at the root, or one row for a region and all below."""

    source: str
    related: ToManyBinding | None = None


@dataclass(frozen=True)
class DimensionBinding:
    """What rows are grouped by; NULL in answers that are not grouped by it."""

    name: str
    sql: RowSql
    to_one: bool = False


@dataclass(frozen=True)
class MeasureBinding:
    """An aggregate over the grouped rows, or, with ``related``, over their children that satisfy ``where``.

    ``tally`` is the column of the entity's tally whose sum it is.
    """

    sql: RowSql
    related: Column[Any] | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    empty: str = "0"
    tally: Column[Any] | None = None


@dataclass(frozen=True)
class LookupBinding:
    """One entity by the single given key of a ``@oneOf`` input in the argument ``by``."""


@dataclass(frozen=True)
class NodeBinding:
    """Any entity by its global id (Relay's ``node``), or several in the order of ``ids`` (``nodes``)."""

    many: bool


@dataclass(frozen=True)
class ConnectionBinding:
    """All entities of the type, as a root connection."""


Prepare = Callable[[Any, Any], Awaitable[Mapping[str, Any]]]
"""(context, ``schema.compiler.engine.Call``) → one record: the values of the payload type's columns."""


@dataclass(frozen=True)
class PreparedBinding:
    """A root field whose record is first made by Python (a solver, a mutation) and then read like any row."""

    prepare: Prepare
    arguments: Mapping[str, Any]


Binding = (
    IdBinding
    | ColumnBinding
    | GeometryBinding
    | ToOneBinding
    | ToManyBinding
    | NearbyBinding
    | AlongBinding
    | NestedBinding
    | RecordsBinding
    | StatsBinding
    | DimensionBinding
    | MeasureBinding
    | LookupBinding
    | NodeBinding
    | ConnectionBinding
    | PreparedBinding
)


@dataclass(frozen=True)
class ExtraFilter:
    """A filter member that is no field: its input type and the SQL it stands for."""

    annotation: Any
    sql: Callable[[Callable[[Column[Any]], ColumnElement[Any]], ColumnElement[Any]], ColumnElement[bool]]
    description: str


@dataclass(frozen=True)
class Tally:
    """Sums over an entity's rows, kept by their writers: for each value of ``keys``, columns of the entity that stand
    in ``table`` under the same names, the sums of one row or several. ``rows`` is the number of the entity's rows."""

    table: Table
    keys: tuple[Column[Any], ...]
    rows: Column[Any]


@dataclass(frozen=True)
class Entity:
    """What a Strawberry object type reads from.

    ``prefix`` begins the global id; ``place`` is the geometry column that ``nearestTo`` orders by. A record
    (``is_record``) is no table: its rows are given to the statement as JSON and its columns say how to read them.
    Of an entity with ``few`` rows (hundreds), all are read once rather than each looked up. An aggregate that asks for
    no more than its ``tally`` holds reads that instead of the rows.
    """

    name: str
    table: Table
    prefix: str | None = None
    place: Column[Any] | None = None
    is_record: bool = False
    extra_filters: Mapping[str, ExtraFilter] = field(default_factory=dict)
    few: bool = False
    tally: Tally | None = None


def entity(
    table: Table,
    *,
    prefix: str,
    description: str,
    place: Column[Any] | None = None,
    extra_filters: Mapping[str, ExtraFilter] | None = None,
    few: bool = False,
    tally: Tally | None = None,
) -> Callable[[type[T]], type[T]]:
    """Declare a Strawberry object type whose rows are the rows of ``table``."""
    extra = extra_filters or {}

    def declare(cls: type[T]) -> type[T]:
        declared = strawberry.type(cls, description=description)
        setattr(declared, METADATA_KEY, Entity(cls.__name__, table, prefix, place, False, extra, few, tally))
        return declared

    return declare


def record(table: Table, *, description: str) -> Callable[[type[T]], type[T]]:
    """Declare a Strawberry object type whose rows are made by Python and handed to the statement as JSON."""

    def declare(cls: type[T]) -> type[T]:
        declared = strawberry.type(cls, description=description)
        setattr(declared, METADATA_KEY, Entity(cls.__name__, table, is_record=True))
        return declared

    return declare


def graphql_enum(*classes: type[enum.Enum]) -> None:
    """Make enums of the rules, which know no framework, GraphQL's: the docstring's first paragraph describes them."""
    for cls in classes:
        description = (inspect.getdoc(cls) or "").partition("\n\n")[0].replace("\n", " ")
        strawberry.enum(cls, description=description or None)


def entity_of(cls: Any) -> Entity | None:
    """The entity a Strawberry class was declared with, if any."""
    found = getattr(cls, METADATA_KEY, None)
    return found if isinstance(found, Entity) else None


def binding_of(strawberry_field: StrawberryField) -> Binding | None:
    """The binding in a field's metadata; a field without one is an ordinary resolver."""
    found: Binding | None = strawberry_field.metadata.get(METADATA_KEY)
    return found


def _bound(binding: Binding, description: str | None) -> Any:
    return strawberry.field(description=description, metadata={METADATA_KEY: binding})


def global_id() -> Any:
    return _bound(IdBinding(), "Opaque, global: give it back as it came.")


def column(source: Column[Any], description: str) -> Any:
    """A field that is a column: filterable, and orderable by name."""
    return _bound(ColumnBinding(source), description)


def geometry(source: Column[Any], description: str) -> Any:
    """A field that is a geometry column; takes ``crs``, ``simplifyMeters`` and ``precision``."""
    return _bound(GeometryBinding(source), description)


def to_one(source: Column[Any], description: str) -> Any:
    return _bound(ToOneBinding(source), description)


def to_many(
    remote: Column[Any],
    description: str,
    *,
    through: tuple[Column[Any], Column[Any]] | None = None,
    via: Column[Any] | None = None,
) -> Any:
    return _bound(ToManyBinding(remote, through, via), description)


def nearby(target: Column[Any], origin: Column[Any], description: str) -> Any:
    return _bound(NearbyBinding(target, origin), description)


def along(target: Column[Any], line: Column[Any], description: str) -> Any:
    return _bound(AlongBinding(target, line), description)


def nested(description: str, **arguments: Any) -> Any:
    """An object over the same row; ``arguments`` are Python annotations by (snake case) name."""
    return _bound(NestedBinding(arguments), description)


def records(source: Column[Any], description: str, *, ceiling: int) -> Any:
    """A list of records; ``ceiling`` is what its cost is reckoned by."""
    return _bound(RecordsBinding(source, ceiling), description)


def dimension(name: str, sql: RowSql, description: str, *, to_one: bool = False) -> Any:
    return _bound(DimensionBinding(name, sql, to_one), description)


def measure(
    sql: RowSql,
    description: str,
    *,
    related: Column[Any] | None = None,
    where: Mapping[str, str] | None = None,
    empty: str = "0",
    tally: Column[Any] | None = None,
) -> Any:
    return _bound(MeasureBinding(sql, related, where or {}, empty, tally), description)


def stats(source: str, description: str, *, related: ToManyBinding | None = None) -> Any:
    return _bound(StatsBinding(source, related), description)


def lookup(description: str) -> Any:
    return _bound(LookupBinding(), description)


def by_global_id(description: str, *, many: bool = False) -> Any:
    return _bound(NodeBinding(many), description)


def connection(description: str) -> Any:
    return _bound(ConnectionBinding(), description)


def prepared(prepare: Prepare, description: str, **arguments: Any) -> Any:
    """A root field whose record ``prepare`` makes; ``arguments`` are Python annotations by (snake case) name."""
    return _bound(PreparedBinding(prepare, arguments), description)
