"""Orders and keyset cursors.

Every order ends with the primary key, so it is total; NULL comes last in either direction. A cursor is the row's keys
and a fingerprint of the order it belongs to, in base64url: a cursor of another order is refused, not misread.
"""

import base64
import binascii
import datetime
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, false, func, or_, true

from schema.compiler.arguments import Tree, Value, Variables
from schema.compiler.entity import ColumnBinding, Entity, IdBinding
from schema.compiler.predicate import Condition
from schema.compiler.values import DATE, DATETIME, FLOAT, INTEGER, NUMERIC, ValueType, type_of
from schema.problem import Problem, bad_input
from schema.scalars import read_decimal


@dataclass(frozen=True)
class Key:
    """One key of an order: a column by field name, or the distance from a point (``place``)."""

    name: str
    descending: bool
    nullable: bool
    type: ValueType
    column: Any = None
    place: Value | None = None


DISTANCE = "distance"


def keys_of(entity: Entity, tree: Tree, model: Any, variables: Variables) -> tuple[Key, ...]:
    """The keys an ``orderBy`` argument asks for, completed by the primary key."""
    keys: list[Key] = []
    for index, item in enumerate(tree if isinstance(tree, list) else []):
        assert isinstance(item, dict)
        field, near, direction = item.get("field"), item.get("nearestTo"), item.get("direction")
        argument = f"orderBy[{index}]"
        if (field is None) == (near is None):
            raise bad_input("Give either `field` or `nearestTo` in each entry of orderBy.", argument=argument)
        descending = isinstance(direction, Value) and _name(direction.structural(variables)) == "DESC"
        if isinstance(near, Value):
            if index:
                raise bad_input("`nearestTo` can only be the first key of an order.", argument=argument)
            if descending:
                raise bad_input("`nearestTo` is nearest first; leave out its direction.", argument=argument)
            keys.append(Key(DISTANCE, False, False, FLOAT, place=near))
            continue
        assert isinstance(field, Value)
        name = _name(field.structural(variables))
        binding = model.orderable(entity, name)
        if isinstance(binding, IdBinding):
            keys.append(Key("ID", descending, False, INTEGER, entity.table.c.id))
            break  # nothing can follow a unique key
        assert isinstance(binding, ColumnBinding)
        column = binding.column
        keys.append(Key(name, descending, bool(column.nullable), type_of(column), column))
    if not keys or keys[-1].name != "ID":
        descending = keys[-1].descending if keys else False
        keys.append(Key("ID", descending, False, INTEGER, entity.table.c.id))
    return tuple(keys)


def _name(value: Any) -> str:
    return str(getattr(value, "value", value))


def fingerprint(entity: Entity, keys: Sequence[Key]) -> str:
    """Names the order a cursor belongs to."""
    text = entity.name + "".join(f"|{key.name}{'-' if key.descending else '+'}" for key in keys)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def cursor_text(mark: str, values: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """The cursor of a row, as SQL."""
    raw = func.json_build_array(mark, *(cast(value, Text) for value in values)).cast(Text)
    encoded = func.encode(func.convert_to(raw, "UTF8"), "base64")
    return func.rtrim(func.translate(encoded, "+/\n", "-_"), "=", type_=Text())


def cursor_part(mark: str, keys: Sequence[Key], index: int) -> ValueType:
    """How one key is read out of a cursor."""
    key = keys[index]

    def convert(value: Any, argument: str) -> Any:
        parts = _decoded(value, mark, len(keys), argument)
        part = parts[index]
        if part is None and key.nullable:
            return None
        try:
            if not isinstance(part, str):
                raise ValueError(part)
            return _read(key.type, part)
        except (ValueError, OverflowError) as error:
            raise _foreign(argument) from error

    return ValueType(key.type.pg_type, key.type.type, convert)


def _foreign(argument: str) -> Problem:
    return bad_input(
        "This cursor does not belong to this order; use one that the same connection with the same orderBy gave.",
        argument=argument,
    )


def _decoded(value: Any, mark: str, count: int, argument: str) -> list[Any]:
    try:
        raw = base64.b64decode(value.encode("ascii") + b"=" * (-len(value) % 4), altchars=b"-_", validate=True)
        parts = json.loads(raw.decode())
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _foreign(argument) from error
    if not isinstance(parts, list) or len(parts) != count + 1 or parts[0] != mark:
        raise _foreign(argument)
    return parts[1:]


def _read(type_: ValueType, text: str) -> Any:
    if type_ is INTEGER:
        if not text.removeprefix("-").isdigit() or not text.isascii() or abs(int(text[:20])) > 2**63 - 1:
            raise ValueError(text)
        return int(text)
    if type_ is FLOAT:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        return number
    if type_ is NUMERIC:
        return read_decimal(text)
    if type_ is DATE:
        return datetime.date.fromisoformat(text)
    if type_ is DATETIME:
        instant = datetime.datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError(text)
        return instant
    if "\x00" in text:
        raise ValueError(text)
    text.encode()
    return text


def beyond(
    keys: Sequence[Key], values: Sequence[ColumnElement[Any]], bounds: Sequence[ColumnElement[Any]], *, after: bool
) -> Condition:
    """Rows strictly after (or before) the bounds in the order of the keys."""
    if all(not key.nullable for key in keys) and len({key.descending for key in keys}) == 1:
        left, right = (values[0], bounds[0]) if len(keys) == 1 else (func.row(*values), func.row(*bounds))
        return left > right if after is not keys[0].descending else left < right
    conditions: list[Condition] = []
    same: list[Condition] = []
    for key, value, bound in zip(keys, values, bounds, strict=True):
        conditions.append(and_(true(), *same, _passes(key, value, bound, after)))
        same.append(value.is_not_distinct_from(bound) if key.nullable else value == bound)
    return or_(false(), *conditions)


def _passes(key: Key, value: ColumnElement[Any], bound: ColumnElement[Any], after: bool) -> Condition:
    ahead = value > bound if after is not key.descending else value < bound
    if not key.nullable:
        return ahead
    if after:  # NULL is last: it comes after every value
        return and_(bound.is_not(None), or_(ahead, value.is_(None)))
    return and_(value.is_not(None), or_(bound.is_(None), ahead))


def order_by(keys: Sequence[Key], values: Sequence[ColumnElement[Any]], *, reverse: bool) -> list[ColumnElement[Any]]:
    """The ORDER BY of a page, read from its end when ``reverse``."""
    ordered: list[ColumnElement[Any]] = []
    for key, value in zip(keys, values, strict=True):
        descending = key.descending is not reverse
        term = value.desc() if descending else value.asc()
        if key.nullable:
            # PostgreSQL's own default is NULLS LAST ascending and NULLS FIRST descending: say only what differs
            if reverse:
                term = term if descending else term.nulls_first()
            else:
                term = term.nulls_last() if descending else term
        ordered.append(term)
    return ordered
