"""The version of data: what an answer's or a tile's ETag is made of."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Table, Text, cast, func, literal_column, select

from schema.change.table import table_version

VERSIONED = frozenset({"region", "region_closure", "project", "issue", "inspection", "parcel"})
"""Tables whose writers raise a version: a trigger on each does it, once a transaction (migration 0006)."""


def versioned_names(tables: Iterable[Table]) -> list[str]:
    """The names under which the tables' versions are kept, sorted.

    A table that others keep (a roll-up) names them in ``info["versioned_by"]``. Raises ``TypeError`` for a table whose
    changes nobody would notice.
    """
    names = {name for table in tables for name in table.info.get("versioned_by", (table.name,))}
    if unknown := names - VERSIONED:
        raise TypeError(f"tables without a version: {', '.join(sorted(unknown))}")
    return sorted(names)


def version_of(tables: Iterable[Table]) -> ColumnElement[str]:
    """The version of the data in several tables, as text, read in the snapshot of the statement it stands in.

    Two snapshots of one primary server with the same version hold the same rows. Raises ``TypeError``.
    """
    names: list[ColumnElement[str]] = [literal_column(f"'{name}'") for name in versioned_names(tables)]
    total = select(cast(func.coalesce(func.sum(table_version.c.version), literal_column("0")), Text))
    return total.where(table_version.c.name.in_(names)).scalar_subquery()
