"""The city in memory: every row of a small database as plain values, geometries as shapely."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import shapely

TABLES = {
    "Project": "project",
    "Region": "region",
    "Issue": "issue",
    "Inspection": "inspection",
    "Parcel": "parcel",
}
"""GraphQL types by the table whose rows they show."""


@dataclass(frozen=True, eq=False)
class Row:
    """One row: its GraphQL type and its columns by name. Geometries are WGS 84, degrees, longitude first."""

    type: str
    columns: Mapping[str, Any]

    @property
    def id(self) -> int:
        return int(self.columns["id"])


@dataclass(frozen=True)
class City:
    """All rows by GraphQL type, in no promised order."""

    rows: Mapping[str, Sequence[Row]]
    by_id: Mapping[str, Mapping[int, Row]]
    _children: dict[tuple[str, str], Mapping[Any, Sequence[Row]]] = field(default_factory=dict)

    def related(self, type_: str, column: str, key: Any) -> Sequence[Row]:
        """The rows of a type whose column holds the key."""
        if (type_, column) not in self._children:
            found: dict[Any, list[Row]] = defaultdict(list)
            for row in self.rows[type_]:
                found[row.columns[column]].append(row)
            self._children[type_, column] = found
        return self._children[type_, column].get(key, ())

    def at_or_below(self, region: int) -> list[int]:
        """The ids of a region and of all beneath it, by walking from parent to child."""
        found = [region]
        for one in found:
            found += [child.id for child in self.related("Region", "parent_id", one)]
        return found


async def read_city(connection: asyncpg.Connection) -> City:
    """Everything there is, in five statements."""
    rows: dict[str, list[Row]] = {}
    for type_, table in TABLES.items():
        places = await connection.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND atttypid = 'geometry'::regtype",
            table,
        )
        geometries = {place["attname"] for place in places}
        as_bytes = "".join(f', ST_AsEWKB("{name}") AS "{name}_wkb"' for name in sorted(geometries))
        rows[type_] = []
        for record in await connection.fetch(f'SELECT *{as_bytes} FROM "{table}"'):  # noqa: S608 - names of the catalogue
            columns = dict(record)
            for name in geometries:
                wkb = columns.pop(f"{name}_wkb")
                columns[name] = None if wkb is None else shapely.from_wkb(wkb)
            rows[type_].append(Row(type_, columns))
    return City(rows, {type_: {row.id: row for row in found} for type_, found in rows.items()})
