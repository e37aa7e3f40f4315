"""Rows for Python to work on (a solver's candidates): chosen by a filter argument or by ids, through the same
predicate and the same access rule as every read."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select

from schema.compiler.arguments import Tree, Value
from schema.compiler.entity import Entity
from schema.compiler.predicate import Row
from schema.compiler.statement import Statement, StatementBuilder
from schema.compiler.values import global_id_type, list_of

Columns = Callable[[Row, Callable[[Value, Any], ColumnElement[Any]]], Sequence[ColumnElement[Any]]]
"""(row, bind) → the columns to read of each candidate."""


def candidates_statement(
    builder: StatementBuilder, entity: Entity, *, filter: Tree, ids: Value | None, columns: Columns, ceiling: int
) -> Statement:
    """At most one row more than ``ceiling``, in the order of the primary key."""
    source, row = builder.alias(entity.table)
    conditions = builder.visible(entity.table, row)
    if ids is not None:
        assert entity.prefix is not None
        wanted = builder.bind(ids, list_of(global_id_type(entity.prefix)))
        conditions.append(row(entity.table.c.id) == func.any(wanted))
    elif filter is not None:
        conditions.append(builder.condition(entity, filter, row))
    return builder.compiled(
        select(*columns(row, builder.bind))
        .select_from(source)
        .where(*conditions)
        .order_by(row(entity.table.c.id))
        .limit(literal_column(str(ceiling + 1)))
    )
