"""From a selection to a plan: every field looked up by its binding, every argument checked that decides the plan."""

from typing import Any

from sqlalchemy import Column

from geo.coordinate import CoordinateSystem
from schema.compiler.arguments import Value, Variables
from schema.compiler.entity import (
    AlongBinding,
    ColumnBinding,
    ConnectionBinding,
    DimensionBinding,
    GeometryBinding,
    IdBinding,
    LookupBinding,
    MeasureBinding,
    NearbyBinding,
    NestedBinding,
    NodeBinding,
    PreparedBinding,
    RecordsBinding,
    StatsBinding,
    ToManyBinding,
    ToOneBinding,
)
from schema.compiler.model import Model
from schema.compiler.ordering import DISTANCE, Key, keys_of
from schema.compiler.plan import (
    Constant,
    Cost,
    EdgeParts,
    GeometryText,
    InfoParts,
    Lookup,
    Member,
    Nested,
    Nodes,
    Plan,
    Prepared,
    ReadConnection,
    ReadNodes,
    ReadObject,
    ReadRecords,
    ReadStats,
    Root,
    Scalar,
    StatPart,
    ToOne,
    TotalCount,
    Window,
    Within,
)
from schema.compiler.selection import ResponsePath, Selected
from schema.compiler.values import FLOAT, INTEGER
from schema.limits import Limits
from schema.problem import at_path, bad_input, limit_exceeded


class Planner:
    """Plans one operation."""

    def __init__(self, model: Model, limits: Limits, variables: Variables) -> None:
        self._model = model
        self._limits = limits
        self._variables = variables
        self._prepared = 0

    def plan(self, root_type: str, selection: tuple[Selected, ...]) -> Plan:
        roots: list[tuple[str, Root]] = []
        resolved: list[Selected] = []
        costs: list[Cost] = []
        for selected in selection:
            if selected.name == "__typename":
                roots.append((selected.key, Constant(f'"{root_type}"')))
                continue
            with at_path(selected.path):
                root = None if selected.definition is None else self._root(root_type, selected, costs)
            if root is None:
                resolved.append(selected)
            else:
                roots.append((selected.key, root))
        keys = tuple(selected.key for selected in selection)
        return Plan(tuple(roots), tuple(resolved), keys, _total(costs))

    def _root(self, root_type: str, selected: Selected, costs: list[Cost]) -> Root | None:
        binding = self._model.type(root_type).binding(selected.name)
        path = selected.path
        if isinstance(binding, ConnectionBinding):
            return self._connection(selected, None, costs)
        if isinstance(binding, StatsBinding):
            return self._stats(selected, binding, costs)
        if isinstance(binding, LookupBinding):
            by = selected.arguments["by"]
            assert isinstance(by, dict)
            (name, value), *others = by.items() or [("", None)]
            if not isinstance(value, Value) or others:
                raise bad_input(
                    "Give exactly one key, and a value to it.", argument=f"by.{name}" if name else "by", path=path
                )
            target = self._object(_type_name(selected), selected.only(), costs)
            key = self._model.filterable(target.entity, name)
            column = key.column if isinstance(key, ColumnBinding) else target.entity.table.c.id
            return Lookup(target, column, value, path)
        if isinstance(binding, NodeBinding):
            ids = selected.arguments["ids" if binding.many else "id"]
            assert isinstance(ids, Value)
            beneath: list[Cost] = []
            targets = {
                entity.prefix: self._object(name, selected.selected[name], beneath)
                for name, entity in self._model.entities().items()
                if entity.prefix is not None and name in selected.selected
            }
            costs.append(_times(self._count_of_ids(ids, path), _total(beneath)) if binding.many else _total(beneath))
            return ReadNodes(binding.many, ids, targets, path)
        if isinstance(binding, PreparedBinding):
            place, self._prepared = self._prepared, self._prepared + 1
            if self._prepared > self._limits.prepared_fields:
                ceiling = self._limits.prepared_fields
                raise limit_exceeded("The number of routes", ceiling, self._prepared, "Ask in several requests.")
            target = self._object(_type_name(selected), selected.only(), costs)
            return Prepared(place, binding, selected.arguments, target, path)
        return None

    def _count_of_ids(self, ids: Value, path: ResponsePath) -> Cost:
        ceiling = self._limits.page_ceiling

        def count(variables: Variables) -> float:
            number = len(ids.read(variables))
            if number > ceiling:
                problem = limit_exceeded(
                    "The number of ids", ceiling, number, "Ask in several requests.", argument=ids.argument
                )
                raise problem.at(path)
            return float(number)

        return count

    def _object(
        self, type_name: str, selection: tuple[Selected, ...], costs: list[Cost], meters: Value | None = None
    ) -> ReadObject:
        bound = self._model.type(type_name)
        assert bound.entity is not None, f"{type_name} reads from no entity"
        members = []
        for selected in selection:
            with at_path(selected.path):
                members.append((selected.key, self._member(type_name, selected, costs, meters)))
        return ReadObject(bound.entity, tuple(members))

    def _member(self, type_name: str, selected: Selected, costs: list[Cost], meters: Value | None) -> Member:
        if selected.name == "__typename":
            return Constant(f'"{type_name}"')
        binding = self._model.type(type_name).binding(selected.name)
        if isinstance(binding, (IdBinding, ColumnBinding)):
            return Scalar(binding, _type_name(selected))
        if isinstance(binding, GeometryBinding):
            return self._geometry(binding.column, selected)
        if isinstance(binding, ToOneBinding):
            return ToOne(binding.column, self._object(_type_name(selected), selected.only(), costs))
        if isinstance(binding, ToManyBinding):
            return self._connection(selected, binding, costs)
        if isinstance(binding, NearbyBinding):
            within = selected.arguments["withinMeters"]
            assert isinstance(within, Value)
            return self._connection(selected, Within(binding, within), costs)
        if isinstance(binding, AlongBinding):
            assert meters is not None, "an along relation needs the meters of the field around it"
            return self._connection(selected, Within(binding, meters), costs)
        if isinstance(binding, RecordsBinding):
            beneath: list[Cost] = []
            target = self._object(_type_name(selected), selected.only(), beneath)
            ceiling = float(binding.ceiling)
            costs.append(_times(lambda _: ceiling, _total([lambda _: 1.0, *beneath])))
            return ReadRecords(binding.column, target)
        if isinstance(binding, NestedBinding):
            given = selected.arguments.get("meters")
            return Nested(
                self._object(_type_name(selected), selected.only(), costs, given if isinstance(given, Value) else None)
            )
        assert isinstance(binding, StatsBinding), f"{type_name}.{selected.name} has no binding"
        return self._stats(selected, binding, costs)

    def _geometry(self, column: Column[Any], selected: Selected) -> GeometryText:
        crs = selected.arguments.get("crs")
        name = (
            str(CoordinateSystem(crs.structural(self._variables))) if isinstance(crs, Value) else CoordinateSystem.WGS84
        )
        simplify, precision = selected.arguments.get("simplifyMeters"), selected.arguments.get("precision")
        return GeometryText(
            column,
            name,
            simplify if isinstance(simplify, Value) else None,
            precision if isinstance(precision, Value) else None,
            selected.path,
        )

    def _connection(
        self, selected: Selected, relation: ToManyBinding | Within | None, costs: list[Cost]
    ) -> ReadConnection:
        beneath: list[Cost] = []
        outputs: list[tuple[str, EdgeParts | InfoParts | Nodes | TotalCount | Constant]] = []
        connection_type = _type_name(selected)
        for part in selected.only():
            if part.name == "__typename":
                outputs.append((part.key, Constant(f'"{connection_type}"')))
            elif part.name == "totalCount":
                outputs.append((part.key, TotalCount()))
            elif part.name == "pageInfo":
                outputs.append((part.key, InfoParts(tuple((one.key, _info(one)) for one in part.only()))))
            elif part.name == "nodes":
                outputs.append((part.key, Nodes(self._object(_type_name(part), part.only(), beneath))))
            else:
                parts = tuple((one.key, self._edge_part(part, one, beneath)) for one in part.only())
                outputs.append((part.key, EdgeParts(parts)))
        entity = self._model.entity(connection_type.removeprefix("Nearby").removesuffix("Connection"))
        keys = keys_of(entity, selected.arguments.get("orderBy"), self._model, self._variables)
        if isinstance(relation, Within) and isinstance(relation.binding, NearbyBinding):
            keys = (Key(DISTANCE, False, False, FLOAT), Key("ID", False, False, INTEGER, entity.table.c.id))
        window = self._window(selected)
        each = _total([lambda _: 1.0, *beneath])
        costs.append(_times(self._size(window.size, selected.path), each))
        return ReadConnection(
            entity, relation, selected.arguments.get("filter"), keys, window, tuple(outputs), selected.path
        )

    def _edge_part(self, edges: Selected, selected: Selected, costs: list[Cost]) -> str | Constant | ReadObject:
        if selected.name == "__typename":
            return Constant(f'"{_type_name(edges)}"')
        if selected.name == "node":
            return self._object(_type_name(selected), selected.only(), costs)
        return "distance" if selected.name == "distanceMeters" else selected.name

    def _window(self, selected: Selected) -> Window:
        first, last = selected.arguments.get("first"), selected.arguments.get("last")
        after, before = selected.arguments.get("after"), selected.arguments.get("before")
        if isinstance(first, Value) and isinstance(last, Value):
            raise bad_input("Give `first` or `last`, not both.", argument="last", path=selected.path)
        size = last if isinstance(last, Value) else first
        if not isinstance(size, Value):
            size = Value(lambda _: self._limits.page_default, "first")
        return Window(
            size,
            isinstance(last, Value),
            after if isinstance(after, Value) else None,
            before if isinstance(before, Value) else None,
        )

    def _size(self, size: Value, path: ResponsePath) -> Cost:
        ceiling = self._limits.page_ceiling

        def read(variables: Variables) -> float:
            number = size.read(variables)
            if number < 0:
                raise bad_input(f"`{size.argument}` must not be negative.", argument=size.argument, path=path)
            if number > ceiling:
                fix = "Ask page by page, with `after`."
                raise limit_exceeded(f"`{size.argument}`", ceiling, number, fix, argument=size.argument).at(path)
            return float(number)

        return read

    def _stats(self, selected: Selected, binding: StatsBinding, costs: list[Cost]) -> ReadStats:
        stat_type = _type_name(selected)
        bound = self._model.type(stat_type)
        by = selected.arguments.get("by")
        names: list[str] = []
        for one in by.structural(self._variables) if isinstance(by, Value) else []:
            name = str(getattr(one, "value", one))
            if name not in names:
                names.append(name)
        dimensions = {
            found.name: found for name in bound.fields if isinstance(found := bound.binding(name), DimensionBinding)
        }
        parts: list[tuple[str, StatPart | Constant]] = []
        for part in selected.only():
            found = None if part.name == "__typename" else bound.binding(part.name)
            if isinstance(found, (DimensionBinding, MeasureBinding)):
                target = (
                    self._object(_type_name(part), part.only(), costs)
                    if isinstance(found, DimensionBinding) and found.to_one
                    else None
                )
                parts.append((part.key, StatPart(found, _type_name(part), target)))
            else:
                parts.append((part.key, Constant(f'"{stat_type}"')))
        return ReadStats(
            self._model.entity(binding.source),
            selected.arguments.get("filter"),
            tuple(names),
            dimensions,
            binding.related,
            tuple(parts),
            selected.path,
        )


def _info(selected: Selected) -> str | Constant:
    return Constant('"PageInfo"') if selected.name == "__typename" else selected.name


def _type_name(selected: Selected) -> str:
    assert selected.type is not None
    return selected.type.name


def _total(costs: list[Cost]) -> Cost:
    given = tuple(costs)
    return lambda variables: sum(cost(variables) for cost in given)


def _times(count: Cost, each: Cost) -> Cost:
    return lambda variables: count(variables) * each(variables)
