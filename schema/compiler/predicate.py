"""Filters: the tree of a filter argument as a condition over one row, two-valued (nothing equals NULL).

A member of a filter is looked up among the bindings of its entity: columns, relations and geometries that have no
binding cannot be reached. Values travel as bind parameters.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    Column,
    ColumnElement,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from schema.compiler.arguments import Tree, Value
from schema.compiler.entity import (
    ColumnBinding,
    Entity,
    GeometryBinding,
    IdBinding,
    ToManyBinding,
    ToOneBinding,
)
from schema.compiler.values import (
    BOX_AREAS,
    BOX_CANDIDATES,
    BOXES,
    GEOGRAPHY,
    GEOMETRY,
    METERS,
    TEXT,
    ValueType,
    global_id_type,
    list_of,
    type_of,
)
from schema.limits import Limits
from schema.problem import bad_input, limit_exceeded

if TYPE_CHECKING:
    from schema.compiler.model import Model

Row = Callable[[Column[Any]], ColumnElement[Any]]
Condition = ColumnElement[bool]


class Binds(Protocol):
    """What a condition needs of the statement it stands in."""

    def bind(self, value: Value, type_: ValueType) -> ColumnElement[Any]: ...

    def structural(self, value: Value) -> Any: ...

    def magnitude(self, value: Value) -> int | None: ...

    def alias(self, table: Table) -> tuple[Any, Row]: ...

    def visible(self, table: Table, row: Row) -> list[Condition]: ...


class Predicate:
    """Turns filter trees of one statement into conditions."""

    def __init__(self, model: "Model", binds: Binds, limits: Limits) -> None:
        self._model = model
        self._binds = binds
        self._limits = limits
        self._members = 0

    def condition(self, entity: Entity, tree: Tree, row: Row, argument: str = "filter", depth: int = 1) -> Condition:
        """All members of a filter, together."""
        if depth > self._limits.filter_depth:
            raise limit_exceeded(
                "The depth of a filter",
                self._limits.filter_depth,
                depth,
                "Flatten `and`, `or` and relations.",
                argument=argument,
            )
        if tree is None:
            return true()
        assert isinstance(tree, dict)
        conditions = [self._member(entity, name, item, row, f"{argument}.{name}", depth) for name, item in tree.items()]
        return and_(true(), *conditions)

    def _member(self, entity: Entity, name: str, tree: Tree, row: Row, argument: str, depth: int) -> Condition:
        self._members += 1  # wherever a filter is written: one variable may filter every page, and each of its counts
        if self._members > self._limits.filter_members:
            raise limit_exceeded(
                "The number of filters' members in an operation",
                self._limits.filter_members,
                self._members,
                "Compare with lists (`in`) or ask in several requests.",
                argument=argument,
            )
        if tree is None:
            return true()
        if name in ("and", "or"):
            assert isinstance(tree, list)
            parts = [self.condition(entity, one, row, f"{argument}[{i}]", depth + 1) for i, one in enumerate(tree)]
            return and_(true(), *parts) if name == "and" else or_(false(), *parts)
        if name == "not":
            return not_true(self.condition(entity, tree, row, argument, depth + 1))
        extra = self._model.extra_filter(entity, name)
        if extra is not None:
            assert isinstance(tree, Value)
            return extra.sql(row, self._binds.bind(tree, TEXT))
        assert isinstance(tree, dict)
        binding = self._model.filterable(entity, name)
        if isinstance(binding, IdBinding):
            assert entity.prefix is not None
            key = entity.table.c.id
            return self._comparisons(row(key), False, global_id_type(entity.prefix), tree, argument)
        if isinstance(binding, ColumnBinding):
            column = binding.column
            return self._comparisons(row(column), bool(column.nullable), type_of(column), tree, argument)
        if isinstance(binding, GeometryBinding):
            return self._geometry(binding.column, row, tree, argument)
        target = self._model.target(entity, name)
        if isinstance(binding, ToOneBinding) and self._names_one(target, tree):
            # known before the rows are looked at, so that the index on the column is used, in its order
            return row(binding.column) == self._key_of_one(target, tree, argument, depth)
        if isinstance(binding, ToOneBinding):
            return self._exists(
                target, lambda other: other(target.table.c.id) == row(binding.column), tree, argument, depth
            )
        assert isinstance(binding, ToManyBinding)
        related = [
            self._quantified(entity, target, binding, quantifier, item, row, f"{argument}.{quantifier}", depth)
            for quantifier, item in tree.items()
            if item is not None
        ]
        return and_(true(), *related)

    def _names_one(self, target: Entity, tree: dict[str, Tree]) -> bool:
        """Whether a filter asks for a unique value, so that at most one row satisfies it."""
        for name, item in tree.items():
            if isinstance(item, dict) and item.get("eq") is not None and name not in ("and", "or", "not"):
                binding = self._model.filterable(target, name)
                if isinstance(binding, IdBinding) or (isinstance(binding, ColumnBinding) and is_unique(binding.column)):
                    return True
        return False

    def _key_of_one(self, target: Entity, tree: Tree, argument: str, depth: int) -> ColumnElement[Any]:
        source, other = self._binds.alias(target.table)
        condition = self.condition(target, tree, other, argument, depth + 1)
        found = select(other(target.table.c.id)).select_from(source)
        return found.where(condition, *self._binds.visible(target.table, other)).correlate(None).scalar_subquery()

    def _quantified(
        self,
        entity: Entity,
        target: Entity,
        binding: ToManyBinding,
        quantifier: str,
        tree: Tree,
        row: Row,
        argument: str,
        depth: int,
    ) -> Condition:
        def joined(other: Row) -> Condition:
            return children(self._binds, binding, other, row(entity.table.c.id))

        if quantifier == "every":
            return not_(self._exists(target, joined, tree, argument, depth, negated=True))
        found = self._exists(target, joined, tree, argument, depth)
        return not_(found) if quantifier == "none" else found

    def _exists(
        self,
        target: Entity,
        joined: Callable[[Row], Condition],
        tree: Tree,
        argument: str,
        depth: int,
        *,
        negated: bool = False,
    ) -> Condition:
        source, other = self._binds.alias(target.table)
        inner = self.condition(target, tree, other, argument, depth + 1)
        conditions = [joined(other), *self._binds.visible(target.table, other), not_true(inner) if negated else inner]
        return exists(select(1).select_from(source).where(*conditions).correlate(None))

    def _comparisons(
        self, left: ColumnElement[Any], nullable: bool, type_: ValueType, tree: dict[str, Tree], argument: str
    ) -> Condition:
        conditions: list[Condition] = []
        for operator, item in tree.items():
            here = f"{argument}.{operator}"
            if item is None:
                raise bad_input(f"`{operator}` takes a value; for NULL ask `isNull: true`.", argument=here)
            assert isinstance(item, Value)
            if operator == "isNull":
                wanted = self._binds.structural(item)
                conditions.append(left.is_(None) if wanted else left.is_not(None))
            elif operator in ("in", "notIn"):
                among = left == func.any(self._binds.bind(item, list_of(type_)))
                conditions.append(among if operator == "in" else not_true(among) if nullable else not_(among))
            else:
                right = self._binds.bind(item, type_)
                conditions.append(compare(operator, left, right, nullable))
        return and_(true(), *conditions)

    def _geometry(self, column: Column[Any], row: Row, tree: dict[str, Tree], argument: str) -> Condition:
        place = row(column)
        conditions: list[Condition] = []
        for operator, item in tree.items():
            here = f"{argument}.{operator}"
            if item is None:
                raise bad_input(f"`{operator}` takes a value; for NULL ask `isNull: true`.", argument=here)
            if operator == "isNull":
                assert isinstance(item, Value)
                conditions.append(place.is_(None) if self._binds.structural(item) else place.is_not(None))
            elif operator == "bbox":
                assert isinstance(item, Value)
                is_point = column.type.geometry_type == "POINT"  # type: ignore[attr-defined]
                conditions.append(self._in_box(place, is_point, item))
            elif operator == "dwithin":
                assert isinstance(item, dict)
                geometry, meters = item["geometry"], item["meters"]
                assert isinstance(geometry, Value)
                assert isinstance(meters, Value)
                conditions.append(
                    func.ST_DWithin(
                        func.geography(place),
                        func.geography(self._binds.bind(geometry, GEOGRAPHY)),
                        self._binds.bind(meters, METERS),
                    )
                )
            else:
                assert isinstance(item, Value)
                test = func.ST_Within if operator == "within" else func.ST_Intersects
                conditions.append(test(place, self._binds.bind(item, GEOMETRY)))
        return and_(true(), *conditions)

    def _in_box(self, place: ColumnElement[Any], is_point: bool, value: Value) -> Condition:
        """The index answers on single-precision boxes, so the exact test follows it.

        The box travels as finished values: a plan for any values would build it anew for every row.
        """
        candidates = place.op("&&")(self._binds.bind(value, BOX_CANDIDATES))
        if is_point:
            # a cast and one comparison cost a third of four comparisons of ST_X and ST_Y
            held = [func.point(place).op("<@")(self._binds.bind(value, box)) for box in BOXES]
            # the planner takes its guess for `<@` as "next to no rows": coalesce hides it
            return and_(candidates, func.coalesce(or_(*held), false()))
        return and_(candidates, or_(*(func.ST_Intersects(place, self._binds.bind(value, box)) for box in BOX_AREAS)))


def is_unique(column: Column[Any]) -> bool:
    """Whether a constraint of its own makes the column unique."""
    return any(
        isinstance(constraint, (UniqueConstraint, PrimaryKeyConstraint)) and list(constraint.columns) == [column]
        for constraint in column.table.constraints
    )


def not_true(condition: Condition) -> Condition:
    """The exact complement: true where the condition is false or NULL."""
    return condition.is_not(true())


def children(binds: Binds, binding: ToManyBinding, other: Row, parent: ColumnElement[Any]) -> Condition:
    """The condition that joins a child row to its parent's key: directly, through a closure table or a row between."""
    if binding.via is None:
        return _holds_key(binding, other(binding.remote), parent)
    source, between = binds.alias(binding.via.table)
    (key,) = (foreign_key.column for foreign_key in binding.remote.foreign_keys)
    conditions = [_holds_key(binding, between(binding.via), parent), *binds.visible(binding.via.table, between)]
    return other(binding.remote).in_(select(between(key)).select_from(source).where(*conditions).correlate(None))


def _holds_key(binding: ToManyBinding, held: ColumnElement[Any], parent: ColumnElement[Any]) -> Condition:
    if binding.through is None:
        return held == parent
    ancestor, descendant = binding.through
    return held.in_(select(descendant).where(ancestor == parent))


def compare(operator: str, left: ColumnElement[Any], right: ColumnElement[Any], nullable: bool) -> Condition:
    """One scalar comparison."""
    if operator == "eq":
        return left == right
    if operator == "ne":
        return left.is_distinct_from(right) if nullable else left != right
    if operator == "gt":
        return left > right
    if operator == "gte":
        return left >= right
    if operator == "lt":
        return left < right
    if operator == "lte":
        return left <= right
    if operator == "contains":
        return func.strpos(left, right) > 0
    assert operator == "startsWith", operator
    return func.starts_with(left, right)
