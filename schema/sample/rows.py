"""Rows of one table, ready to be copied."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Rows(NamedTuple):
    """Records of ``table`` in heap order, one value for each of ``columns``; geometries as EWKB."""

    table: str
    columns: Sequence[str]
    records: list[tuple[Any, ...]]
