"""What the answer of a statement depends on: the tables of its tree, and perhaps the clock."""

import re
from typing import Any

from sqlalchemy import Table
from sqlalchemy.sql import visitors

CLOCKS = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|random|age)\s*\("
    r"|\b(?:current_(?:date|time|timestamp)|localtime(?:stamp)?)\b",
    re.IGNORECASE,
)
"""What answers otherwise from one moment to the next though no row has changed."""


def tables_read(tree: Any) -> frozenset[Table]:
    """The tables a statement's tree reads, through aliases, subqueries and common table expressions."""
    return frozenset(element for element in visitors.iterate(tree) if isinstance(element, Table))
