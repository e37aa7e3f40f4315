"""Aggregates as SQL: rows grouped by the dimensions asked for, children counted in a grouping of their own.

Counting children in a second grouping, joined to the first by the dimensions, neither multiplies the rows nor counts
the children of rows that the filter leaves out. Where a tally of the rows holds everything that is asked, its few rows
are grouped instead, children's counts with them.
"""

from typing import Any

from sqlalchemy import Column, ColumnElement, and_, case, func, literal_column, select, true
from sqlalchemy.sql.selectable import Subquery

from schema.compiler.entity import MeasureBinding, Tally
from schema.compiler.json_text import Part, array_text, object_text, scalar_text
from schema.compiler.plan import Constant, ReadStats, StatPart
from schema.compiler.predicate import Condition, Row, children
from schema.compiler.scope import Building, Scope, reference


def stats_text(builder: Building, plan: ReadStats, parent: Scope | None) -> ColumnElement[Any]:
    """A list of groups, or at a parent row the one group of its related rows."""
    return StatsText(builder, plan, parent).text()


class StatsText:
    def __init__(self, builder: Building, plan: ReadStats, parent: Scope | None) -> None:
        self._builder = builder
        self._plan = plan
        self._parent = parent
        self._groups = builder.scope("groups")
        self._measures: list[MeasureBinding] = []
        for _, part in plan.parts:
            found = part.binding if isinstance(part, StatPart) else None
            if isinstance(found, MeasureBinding) and found not in self._measures:
                self._measures.append(found)
        self._tally = self._tallied()

    def _tallied(self) -> Tally | None:
        """The entity's tally when it answers exactly what the rows would: it keeps every measure that is asked, and
        filter, access rule, dimensions and parent look at nothing of a row but the tally's keys."""
        plan, builder, tally = self._plan, self._builder.trial(), self._plan.entity.tally
        if tally is None or any(one.tally is None for one in self._measures):
            return None
        touched: set[Column[Any]] = set()

        def row(source: Column[Any]) -> ColumnElement[Any]:
            touched.add(source)
            return reference("tried", source)

        builder.visible(plan.entity.table, row)
        if plan.filter is not None:
            builder.condition(plan.entity, plan.filter, row)
        if plan.related is not None:
            children(builder, plan.related, row, literal_column("tried.id"))
        for name in plan.by:
            plan.dimensions[name].sql(row)
        # the tally counts all children, whoever asks
        hidden = any(builder.visible(one.related.table, row) for one in self._measures if one.related is not None)
        return tally if touched <= set(tally.keys) and not hidden else None

    def text(self) -> ColumnElement[Any]:
        members = [(key, self._part(part)) for key, part in self._plan.parts]
        row_text = object_text(members)
        own = [one for one in self._measures if self._is_own(one)]
        source: Any = self._grouped(self._groups.name, own, None)
        for index, one in enumerate(self._measures):
            if not self._is_own(one):
                counted = self._grouped(f"{self._groups.name}_{index}", [one], one)
                same = [
                    literal_column(f"{self._groups.name}.d{i}").is_not_distinct_from(
                        literal_column(f"{counted.name}.d{i}")
                    )
                    for i in range(len(self._plan.by))
                ]
                source = source.outerjoin(counted, and_(true(), *same))
        source = self._builder.joined(source, self._groups)
        if self._parent is not None:
            return select(row_text).select_from(source).scalar_subquery()
        dimensions: list[ColumnElement[Any]] = [
            literal_column(f"{self._groups.name}.d{i}") for i in range(len(self._plan.by))
        ]
        ordered = func.row(*dimensions) if dimensions else None
        return select(array_text(row_text, order_by=ordered)).select_from(source).scalar_subquery()

    def _is_own(self, measure: MeasureBinding) -> bool:
        """Whether the first grouping holds it."""
        return measure.related is None or self._tally is not None

    def _part(self, part: StatPart | Constant) -> Part:
        if isinstance(part, Constant):
            return part.json
        if isinstance(part.binding, MeasureBinding):
            index = self._measures.index(part.binding)
            name = self._groups.name if self._is_own(part.binding) else f"{self._groups.name}_{index}"
            value: ColumnElement[Any] = func.coalesce(
                literal_column(f"{name}.m{index}"), literal_column(part.binding.empty)
            )
            return scalar_text(value, part.leaf, is_null=False, is_enum=False)
        if part.binding.name not in self._plan.by:
            return "null"
        at = self._plan.by.index(part.binding.name)
        value = literal_column(f"{self._groups.name}.d{at}")
        if part.target is not None:
            return self._builder.to_one(part.target, value, f"d{at}", self._groups)
        return scalar_text(value, part.leaf, is_null=True, is_enum=self._builder.is_enum(part.leaf))

    def _grouped(self, name: str, measures: list[MeasureBinding], child: MeasureBinding | None) -> Subquery:
        plan, builder = self._plan, self._builder
        table, tally = plan.entity.table, self._tally
        source, row = builder.alias(table if tally is None else tally.table)
        conditions: list[Condition] = [*builder.visible(table, row)]
        if plan.filter is not None:
            conditions.append(builder.condition(plan.entity, plan.filter, row))
        if plan.related is not None:
            assert self._parent is not None
            conditions.append(children(builder, plan.related, row, self._parent.row(plan.related.parent)))
        from_: Any = source
        measured: Row = row
        if child is not None:
            assert child.related is not None
            child_table = child.related.table
            child_source, measured = builder.alias(child_table)
            from_ = source.join(child_source, measured(child.related) == row(table.c.id))
            conditions += builder.visible(child_table, measured)
            conditions += [
                measured(child_table.c[key]) == literal_column(f"'{value}'") for key, value in child.where.items()
            ]
        dimensions = [plan.dimensions[one].sql(row).label(f"d{i}") for i, one in enumerate(plan.by)]
        values = [self._value(one, measured).label(f"m{self._measures.index(one)}") for one in measures]
        columns = [*dimensions, *values] or [func.count().label("n")]
        grouped = select(*columns).select_from(from_).where(*conditions).correlate(None)
        if dimensions:
            grouped = grouped.group_by(*(plan.dimensions[one].sql(row) for one in plan.by))
            if tally is not None:  # its rows stay when the last row they counted has gone
                grouped = grouped.having(func.sum(row(tally.rows)) > 0)
        return grouped.subquery(name)

    def _value(self, measure: MeasureBinding, row: Row) -> ColumnElement[Any]:
        if self._tally is None or measure.tally is None:
            return measure.sql(row)
        total = func.sum(row(measure.tally))
        # of no rows, an aggregate over them is NULL
        return total if self._plan.by else case((func.sum(row(self._tally.rows)) > 0, total))
