"""Orders, cursors and pages, as CONTRACT.md says them: keyset, NULL last either way, ties by id."""

import base64
import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.schema.reference import values
from tests.schema.reference.city import Row
from tests.schema.reference.fields import PLACE, Column, Id, field_of_order
from tests.schema.reference.postgis import PostGIS

DEFAULT_SIZE = 50


@dataclass(frozen=True)
class Key:
    """One key of an order: its name in cursors, its direction, how values are written, and each row's value."""

    name: str
    descending: bool
    kind: str
    of: Callable[[Row], Any]


def distance_key(distances: Callable[[Row], float | None]) -> Key:
    return Key("distance", False, "float", distances)


def _field_key(type_: str, member: str, descending: bool) -> Key:
    field: Id | Column = field_of_order(type_, member)
    kind = "int" if field.kind == "id" else field.kind
    return Key(member, descending, kind, lambda row: row.columns[field.column])


def order(type_: str, order_by: Any, postgis: PostGIS) -> list[Key]:
    """The keys of an ``orderBy``, always ending with the id in the direction of the key before it."""
    keys: list[Key] = []
    for item in order_by or []:
        near = item.get("nearestTo")
        if near is not None:
            distances = postgis.distances(type_, PLACE[type_], values.geometry(near))
            keys.append(distance_key(lambda row, d=distances: d.get(row.id)))  # type: ignore[misc]
            continue
        keys.append(_field_key(type_, item["field"], item.get("direction") == "DESC"))
        if item["field"] == "ID":
            return keys
    return [*keys, _field_key(type_, "ID", keys[-1].descending if keys else False)]


def compare(keys: Sequence[Key], left: Sequence[Any], right: Sequence[Any]) -> int:
    """Below zero when the left key values come first."""
    for key, a, b in zip(keys, left, right, strict=True):
        if a == b:
            continue
        if a is None or b is None:
            return 1 if a is None else -1
        return 1 if (a > b) is not key.descending else -1
    return 0


def cursor(type_: str, keys: Sequence[Key], row: Row) -> str:
    """A row's place in an order: base64url of the order's mark and the keys as PostgreSQL writes them."""
    text = type_ + "".join(f"|{key.name}{'-' if key.descending else '+'}" for key in keys)
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    parts = [mark, *(values.key_text(key.of(row), key.kind) for key in keys)]
    raw = json.dumps(parts, ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def bound(keys: Sequence[Key], text: str) -> list[Any]:
    """The key values in a cursor."""
    _, *parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    read = {"int": int, "float": float}
    return [
        None if part is None else read[key.kind](part) if key.kind in read else values.read(part, key.kind, "")
        for key, part in zip(keys, parts, strict=True)
    ]


@dataclass(frozen=True)
class Page:
    """The rows of a page in order, and what lies on either side of it."""

    rows: Sequence[Row]
    has_next: bool
    has_previous: bool


def page(rows: Sequence[Row], keys: Sequence[Key], arguments: dict[str, Any]) -> Page:
    """The window of ``first after last before`` over all matching rows."""

    def of(row: Row) -> list[Any]:
        return [key.of(row) for key in keys]

    def compared(left: Row, right: Row) -> int:
        return compare(keys, of(left), of(right))

    ordered = sorted(rows, key=functools.cmp_to_key(compared))
    after, before = arguments.get("after"), arguments.get("before")
    not_after = [] if after is None else [r for r in ordered if compare(keys, of(r), bound(keys, after)) <= 0]
    not_before = [] if before is None else [r for r in ordered if compare(keys, of(r), bound(keys, before)) >= 0]
    inside = [row for row in ordered if row not in not_after and row not in not_before]
    if arguments.get("last") is not None:
        size = arguments["last"]
        return Page(inside[max(len(inside) - size, 0) :], bool(not_before), len(inside) > size)
    size = DEFAULT_SIZE if arguments.get("first") is None else arguments["first"]
    return Page(inside[:size], len(inside) > size, bool(not_after))
