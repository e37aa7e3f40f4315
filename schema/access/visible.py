"""Who may see what: one predicate for every surface (GraphQL, counts, tiles, exports, feeds)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, literal, literal_column, or_

from schema.access.rules import Role
from schema.inspection.table import inspection

Row = Callable[[Column[Any]], ColumnElement[Any]]
Parameter = Callable[[str, str], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the token's subject and role."""

    subject: str
    role: Role

    @property
    def scope(self) -> str:
        """What of the viewer decides the text of a statement; plans are cached by it, never by person."""
        return "operator" if self.role is Role.OPERATOR else "public"

    def parameter(self, name: str) -> Any:
        """A value that ``visible`` asked for by name."""
        return {"subject": self.subject}[name]


def visible(scope: str) -> Callable[[Table, Row, Parameter], Sequence[ColumnElement[bool]]]:
    """The conditions a row of a table must satisfy to exist for viewers of a scope."""

    def conditions(table: Table, row: Row, parameter: Parameter) -> Sequence[ColumnElement[bool]]:
        if table is inspection and scope != "operator":
            # 四不两直 (S52): nobody learns of an unannounced inspection before it starts
            unannounced: ColumnElement[str] = literal_column("'UNANNOUNCED'")
            return [or_(row(inspection.c.kind) != unannounced, row(inspection.c.started_at).is_not(None))]
        return []

    return conditions


def visible_to(viewer: Viewer, table: Table) -> Sequence[ColumnElement[bool]]:
    """The same conditions for a statement of SQLAlchemy's own, as mutations use: the viewer's values bound."""
    return visible(viewer.scope)(table, lambda column: column, lambda name, _: literal(viewer.parameter(name)))
