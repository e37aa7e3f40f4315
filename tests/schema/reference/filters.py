"""Filters, row by row. Two-valued: a comparison with NULL is false, and what negates is the exact complement."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import shapely

from tests.schema.reference import values
from tests.schema.reference.city import City, Row
from tests.schema.reference.fields import TYPES, Column, Id, Many, One, Place
from tests.schema.reference.postgis import PostGIS

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, given: value == given,
    "gt": lambda value, given: value > given,
    "gte": lambda value, given: value >= given,
    "lt": lambda value, given: value < given,
    "lte": lambda value, given: value <= given,
    "in": lambda value, given: value in given,
    "contains": lambda value, given: given in value,
    "startsWith": lambda value, given: value.startswith(given),
}
COMPLEMENTS = {"ne": "eq", "notIn": "in"}


class FilterError(Exception):
    """A filter that has no meaning, such as ``eq: null``."""


class Filters:
    """The rows that one viewer sees and a filter keeps."""

    def __init__(self, city: City, postgis: PostGIS, *, operator: bool) -> None:
        self._city = city
        self._postgis = postgis
        self._operator = operator

    def visible(self, row: Row) -> bool:
        """Unannounced inspections exist for operators only, until they start."""
        hidden = row.type == "Inspection" and row.columns["kind"] == "UNANNOUNCED" and row.columns["started_at"] is None
        return self._operator or not hidden

    def kept(self, rows: Sequence[Row], filter_: Any) -> list[Row]:
        return [row for row in rows if self.visible(row) and self.holds(row, filter_)]

    def children(self, row: Row, relation: Many) -> list[Row]:
        """The rows a to-many field leads to, whoever may see them."""
        if relation.via is not None:
            keys = [between.id for between in self.children(row, relation.via) if self.visible(between)]
        else:
            keys = self._city.at_or_below(row.id) if relation.below else [row.id]
        return [child for key in keys for child in self._city.related(relation.target, relation.column, key)]

    def parent(self, row: Row, relation: One) -> Row | None:
        key = row.columns[relation.column]
        return None if key is None else self._city.by_id[relation.target][key]

    def holds(self, row: Row, filter_: Any) -> bool:
        """Whether all members of a filter hold; null asks nothing."""
        return filter_ is None or all(self._member(row, name, given) for name, given in filter_.items())

    def _member(self, row: Row, name: str, given: Any) -> bool:
        if given is None:
            return True
        if name == "and":
            return all(self.holds(row, one) for one in given)
        if name == "or":
            return any(self.holds(row, one) for one in given)
        if name == "not":
            return not self.holds(row, given)
        if name == "under":
            return any(row.id in self._city.at_or_below(one.id) for one in self._city.related("Region", "code", given))
        field = TYPES[row.type][name]
        if isinstance(field, (Id, Column)):
            value = row.columns[field.column]
            return all(self._compare(value, operator, one, field.kind, row.type) for operator, one in given.items())
        if isinstance(field, Place):
            return all(self._spatial(row, field.column, operator, one) for operator, one in given.items())
        if isinstance(field, One):
            parent = self.parent(row, field)
            return parent is not None and self.visible(parent) and self.holds(parent, given)
        assert isinstance(field, Many)
        children = [child for child in self.children(row, field) if self.visible(child)]
        return all(self._quantified(children, quantifier, one) for quantifier, one in given.items() if one is not None)

    def _quantified(self, children: Sequence[Row], quantifier: str, given: Any) -> bool:
        found = [self.holds(child, given) for child in children]
        return {"some": any(found), "none": not any(found), "every": all(found)}[quantifier]

    def _compare(self, value: Any, operator: str, given: Any, kind: str, type_: str) -> bool:
        if given is None:
            raise FilterError(f"{operator}: null")
        if operator == "isNull":
            return (value is None) is given
        if operator in COMPLEMENTS:
            return not self._compare(value, COMPLEMENTS[operator], given, kind, type_)
        if isinstance(given, list):
            given = [values.read(one, kind, type_) for one in given]
        else:
            given = values.read(given, kind, type_)
        return value is not None and COMPARISONS[operator](value, given)

    def _spatial(self, row: Row, column: str, operator: str, given: Any) -> bool:
        if given is None:
            raise FilterError(f"{operator}: null")
        shape = row.columns[column]
        if operator == "isNull":
            return (shape is None) is given
        if shape is None:
            return False
        if operator == "bbox":
            return any(shape.intersects(box) for box in boxes(*given))
        if operator == "dwithin":
            origin = values.geometry(given["geometry"])
            return self._postgis.distances(row.type, column, origin)[row.id] <= float(given["meters"])
        other = values.geometry(given)
        return bool(shape.within(other) if operator == "within" else shape.intersects(other))


def boxes(west: float, south: float, east: float, north: float) -> list[shapely.Geometry]:
    """The areas of a bounding box, borders included: two where it crosses 180°; a line or point where it is thin."""
    if west > east:
        return [*boxes(west, south, 180.0, north), *boxes(-180.0, south, east, north)]
    if west == east and south == north:
        return [shapely.Point(west, south)]
    if west == east or south == north:
        return [shapely.LineString([(west, south), (east, north)])]
    return [shapely.box(west, south, east, north)]
