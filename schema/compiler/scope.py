"""Subqueries under construction, and what their parts ask of the statement they belong to."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, ColumnElement, Text, literal_column
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.types import NullType

from schema.compiler.arguments import Tree
from schema.compiler.entity import Entity
from schema.compiler.json_text import Chain
from schema.compiler.plan import ReadObject
from schema.compiler.predicate import Binds, Condition, Row
from schema.compiler.values import ValueType


@dataclass(frozen=True)
class ToOneJoin:
    """A to-one relation of a scope: the rows it may lead to as JSON, and the scope's column that leads there."""

    name: str
    rows: Any
    id: ColumnElement[Any]
    key: ColumnElement[Any]
    key_name: str
    of_few: bool


class Scope:
    """A subquery under construction: hands out references to its columns and remembers which were used.

    A ``shared`` scope makes the JSON of a to-one relation once for all rows that lead to the same one; otherwise it is
    looked up row by row.
    """

    def __init__(self, name: str, *, shared: bool = False) -> None:
        self.name = name
        self.used: dict[str, Column[Any]] = {}
        self.shared = shared
        self.joins: list[ToOneJoin] = []

    def row(self, source: Column[Any]) -> ColumnElement[Any]:
        self.used[source.name] = source
        return reference(self.name, source)

    def text(self, name: str) -> ColumnElement[Any]:
        return literal_column(f"{self.name}.{name}", Text())


def reference(alias: str, source: Column[Any]) -> ColumnElement[Any]:
    """A column of a FROM element by its alias; geometry is typed as nothing, so that no driver conversion wraps it."""
    type_ = NullType() if hasattr(source.type, "geometry_type") else source.type
    return literal_column(f"{alias}.{source.name}", type_)


class Building(Binds, Protocol):
    """The statement, as connections and aggregates see it."""

    def once(self, key: Hashable, make: Callable[[], ValueType]) -> ValueType: ...

    def object(self, target: ReadObject, scope: Scope) -> Chain: ...

    def to_one(
        self, target: ReadObject, key: ColumnElement[Any], key_name: str, scope: Scope
    ) -> ColumnElement[Any]: ...

    def condition(self, entity: Entity, tree: Tree, row: Row) -> Condition: ...

    def joined(self, source: FromClause, scope: Scope) -> FromClause: ...

    def scope(self, base: str, *, shared: bool = False) -> Scope: ...

    def trial(self) -> "Building": ...

    def is_enum(self, leaf: str) -> bool: ...
