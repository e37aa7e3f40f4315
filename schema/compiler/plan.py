"""Stage 2, plan: what to read, typed and checked, without SQL. Made from a selection and the bindings of its fields.

Every node can be printed; ``statement`` turns it into SQLAlchemy Core.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column

from schema.compiler.arguments import Tree, Value, Variables
from schema.compiler.entity import (
    AlongBinding,
    ColumnBinding,
    DimensionBinding,
    Entity,
    IdBinding,
    MeasureBinding,
    NearbyBinding,
    PreparedBinding,
    ToManyBinding,
)
from schema.compiler.ordering import Key
from schema.compiler.selection import ResponsePath, Selected

Cost = Callable[[Variables], float]


@dataclass(frozen=True)
class Constant:
    """JSON known from the document alone: ``__typename``."""

    json: str


@dataclass(frozen=True)
class Scalar:
    binding: IdBinding | ColumnBinding
    leaf: str


@dataclass(frozen=True)
class GeometryText:
    column: Column[Any]
    crs: str
    simplify: Value | None
    precision: Value | None
    path: ResponsePath


@dataclass(frozen=True)
class ReadObject:
    """One row as an object: its members in the order of the response."""

    entity: Entity
    members: tuple[tuple[str, "Member"], ...]


@dataclass(frozen=True)
class ToOne:
    column: Column[Any]
    target: ReadObject


@dataclass(frozen=True)
class Window:
    """Which rows of the ordered whole a page holds."""

    size: Value
    backward: bool
    after: Value | None
    before: Value | None


@dataclass(frozen=True)
class EdgeParts:
    """``edges { … }``: (key, "cursor" | "distance" | constant | node)."""

    parts: tuple[tuple[str, "str | Constant | ReadObject"], ...]


@dataclass(frozen=True)
class InfoParts:
    """``pageInfo { … }``: (key, field name or constant)."""

    parts: tuple[tuple[str, "str | Constant"], ...]


@dataclass(frozen=True)
class TotalCount:
    pass


@dataclass(frozen=True)
class Nodes:
    target: ReadObject


@dataclass(frozen=True)
class Within:
    """The distance limit of a nearby or along relation, in metres, as a leaf."""

    binding: NearbyBinding | AlongBinding
    meters: Value


@dataclass(frozen=True)
class ReadConnection:
    entity: Entity
    relation: ToManyBinding | Within | None
    filter: Tree
    keys: tuple[Key, ...]
    window: Window
    outputs: tuple[tuple[str, "EdgeParts | InfoParts | Nodes | TotalCount | Constant"], ...]
    path: ResponsePath


@dataclass(frozen=True)
class ReadRecords:
    column: Column[Any]
    target: ReadObject


@dataclass(frozen=True)
class Nested:
    """The same row as another type; ``meters`` is handed to the relations beneath."""

    target: ReadObject


@dataclass(frozen=True)
class StatPart:
    binding: DimensionBinding | MeasureBinding
    leaf: str
    target: ReadObject | None


@dataclass(frozen=True)
class ReadStats:
    entity: Entity
    filter: Tree
    by: tuple[str, ...]
    dimensions: Mapping[str, DimensionBinding]
    related: ToManyBinding | None
    parts: tuple[tuple[str, "StatPart | Constant"], ...]
    path: ResponsePath


@dataclass(frozen=True)
class Lookup:
    target: ReadObject
    column: Column[Any]
    value: Value
    path: ResponsePath


@dataclass(frozen=True)
class ReadNodes:
    """``node`` and ``nodes``: the object of each possible type; the ids decide which is read."""

    many: bool
    ids: Value
    targets: Mapping[str, ReadObject]
    path: ResponsePath


@dataclass(frozen=True)
class Prepared:
    """A record made before the statement runs: ``place`` is its index among the prepared of the operation."""

    place: int
    binding: PreparedBinding
    arguments: Mapping[str, Tree]
    target: ReadObject
    path: ResponsePath


Member = Constant | Scalar | GeometryText | ToOne | ReadConnection | ReadRecords | Nested | ReadStats
BoundRoot = ReadConnection | ReadStats | Lookup | ReadNodes | Prepared
Root = Constant | BoundRoot


@dataclass(frozen=True)
class Plan:
    """A whole operation's compiled part; ``resolved`` are the root keys left to ordinary resolvers."""

    roots: tuple[tuple[str, Root], ...]
    resolved: tuple[Selected, ...]
    keys: tuple[str, ...]
    cost: Cost

    @cached_property
    def prepared(self) -> tuple[Prepared, ...]:
        return tuple(root for _, root in self.roots if isinstance(root, Prepared))
