"""JSON as SQL text: ``||`` chains, which beat json_build_object by up to 1.8 times and are smaller on the wire.

The trap is NULL: one NULL in a chain nulls all of it and string_agg then drops the row. Every part that goes into a
chain is therefore not null, by the column's declaration or by ``coalesce``.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Text, case, cast, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement, ColumnElement

TEXT = Text()
Part = str | ColumnElement[Any]


class Chain(ColumnElement[str]):
    """``a || b || c``; strings among the parts are constant JSON text made from the document's own names."""

    inherit_cache = False
    __visit_name__ = "luodi_chain"
    type = TEXT

    def __init__(self, parts: Sequence[Part]) -> None:
        folded: list[Part] = []
        for part in _flat(parts):
            if isinstance(part, str) and folded and isinstance(folded[-1], str):
                folded[-1] += part
            elif part != "" if isinstance(part, str) else True:
                folded.append(part)
        self.parts = folded

    def get_children(self, **_: Any) -> Iterator[ClauseElement]:
        return iter(part for part in self.parts if not isinstance(part, str))


def _flat(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Chain):
            yield from part.parts
        else:
            yield part


@compiles(Chain)
def _chain_text(element: Chain, compiler: SQLCompiler, **options: Any) -> str:
    rendered = []
    for part in element.parts:
        if isinstance(part, str):
            rendered.append("'" + part.replace("'", "''") + "'")
        else:
            rendered.append(compiler.process(part.self_group(), **options))
    if len(rendered) == 1:
        return f"({rendered[0]}::text)" if isinstance(element.parts[0], str) else rendered[0]
    return "(" + " || ".join(rendered) + ")"


def split(chain: Chain) -> tuple[tuple[bytes, ...], list[ColumnElement[Any]]]:
    """A chain as constants and the text columns between them, of which there is at least one."""
    constants, columns = [""], list[ColumnElement[Any]]()
    for part in chain.parts:
        if isinstance(part, str):
            constants[-1] += part
        else:
            columns.append(part if isinstance(part.type, Text) else cast(part, TEXT))
            constants.append("")
    if not columns:
        return (b"", b""), [chain]
    return tuple(constant.encode() for constant in constants), columns


def object_text(members: Sequence[tuple[str, Part]]) -> Chain:
    """``{"key":value,…}``; keys are GraphQL names, which need no escape."""
    parts: list[Part] = ["{"]
    for index, (key, value) in enumerate(members):
        parts += [("," if index else "") + f'"{key}":', value]
    return Chain([*parts, "}"])


def nullable(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(value, "null", type_=TEXT)


def quoted(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Any text as a JSON string."""
    return cast(func.to_json(value), TEXT)


def scalar_text(value: ColumnElement[Any], leaf: str, *, is_null: bool, is_enum: bool) -> ColumnElement[Any]:
    """A column as JSON by the GraphQL leaf type it is read as."""
    if is_enum or leaf in ("Decimal", "Date"):
        text: ColumnElement[Any] = Chain(['"', cast(value, TEXT), '"'])
    elif leaf in ("Int", "Float"):
        text = cast(value, TEXT)
    elif leaf == "Boolean":
        text = case((value, literal_column("'true'")), else_=literal_column("'false'"))
        return case((value.is_(None), literal_column("'null'")), else_=text) if is_null else text
    else:
        text = quoted(value)
    return nullable(text) if is_null else text


def array_text(
    item: ColumnElement[Any], *, order_by: ColumnElement[Any] | None = None, where: ColumnElement[bool] | None = None
) -> ColumnElement[Any]:
    """The items of all rows as a JSON array; ``[]`` when there are none."""
    from sqlalchemy.dialects.postgresql import aggregate_order_by

    comma: ColumnElement[str] = literal_column("','")
    joined: ColumnElement[Any] = func.string_agg(
        item, aggregate_order_by(comma, order_by) if order_by is not None else comma
    )
    if where is not None:
        joined = joined.filter(where)
    return Chain(["[", func.coalesce(joined, literal_column("''"), type_=TEXT), "]"])
