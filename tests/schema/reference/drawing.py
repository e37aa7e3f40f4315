"""Values for arguments, drawn from the real rows (so that filters match something) and from the edges."""

from collections.abc import Callable, Sequence
from typing import Any

import shapely
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    get_named_type,
)
from hypothesis import strategies as st

from tests.schema.reference import pages, values
from tests.schema.reference.city import City
from tests.schema.reference.fields import PLACE, PREFIX, TYPES, Column, Id, Place
from tests.schema.reference.postgis import PostGIS

Draw = Callable[[st.SearchStrategy[Any]], Any]

EDGES: dict[str, list[Any]] = {
    "text": ["", "%", "_", "\\", "'", '"', "不存在", "\U0001f3d7", "a\nb"],
    "int": [0, 1, -1, 2, 2147483647],
    "float": [0, 12, 12.0, 0.5, -1, 1e9],
    "decimal": ["0", "1000000.1", "1000000.10", "-1", "99999999999999999999"],
    "date": ["2026-06-30", "0001-01-01", "9999-12-31"],
    "datetime": ["2026-03-04T13:06:07+08:00", "2026-01-02T03:04:05.600001Z", "1970-01-01T00:00:00Z"],
}
METERS = [0, 1, 500, 2000, 30000, 20_000_000]
DEPTH = 3
"""Levels of filters within filters."""


def some(draw: Draw, names: Sequence[str]) -> list[str]:
    """At most two of them, each once."""
    return list(dict.fromkeys(draw(st.lists(st.sampled_from(names), max_size=2))))


class Values:
    """Strategies over one city."""

    def __init__(self, city: City, postgis: PostGIS) -> None:
        self._city = city
        self._postgis = postgis
        self._columns = {
            (type_, name): self._of_column(type_, field) + EDGES.get(field.kind, [])
            for type_, fields in TYPES.items()
            for name, field in fields.items()
            if isinstance(field, (Id, Column))
        }
        points = {shape.coords[0] for shape in self._shapes("Point")}
        self._points = st.sampled_from(sorted(points))
        self._parcels = st.sampled_from([shapely.to_geojson(shape) for shape in self._shapes("MultiPolygon")])

    def _of_column(self, type_: str, field: Id | Column) -> list[Any]:
        found = {row.columns[field.column] for row in self._city.rows[type_]} - {None}
        if isinstance(field, Id):
            return [f"{PREFIX[type_]}_{key}" for key in sorted(found)] + [f"{PREFIX[type_]}_1"]
        return [values.written(one, field.kind) for one in sorted(found)]

    def _shapes(self, kind: str) -> list[shapely.Geometry]:
        return [
            row.columns[field.column]
            for type_, fields in TYPES.items()
            for field in fields.values()
            if isinstance(field, Place)
            for row in sorted(self._city.rows[type_], key=lambda row: row.id)
            if (shape := row.columns[field.column]) is not None
            and shape.geom_type == kind
            and shapely.get_num_coordinates(shape) < 30
        ]

    # Arguments

    def member(self, type_: str, name: str) -> st.SearchStrategy[Any]:
        """One of a column's values as it would be given to a filter."""
        return st.sampled_from(self._columns[type_, name])

    def ids(self) -> st.SearchStrategy[str]:
        known = [self.member(type_, "id") for type_ in TYPES]
        return st.one_of(*known, st.just("xyz_1"))

    def arguments(self, draw: Draw, owner: str, name: str, given: dict[str, GraphQLInputType]) -> dict[str, Any]:
        """Values for some of a field's arguments, always for those it needs."""
        found: dict[str, Any] = {}
        if owner == "Query" and name == "node":
            return {"id": draw(self.ids())}
        if owner == "Query" and name == "nodes":
            return {"ids": draw(st.lists(self.ids(), max_size=5))}
        if owner == "Query" and name in ("project", "region"):
            key = draw(st.sampled_from(["code", "id"]))
            return {"by": {key: draw(self.member(name.capitalize(), key))}}
        if "crs" in given:
            return self._of_geometry(draw)
        if "by" in given:
            dimensions = get_named_type(given["by"])
            assert isinstance(dimensions, GraphQLEnumType)
            found["by"] = draw(st.lists(st.sampled_from(sorted(dimensions.values)), max_size=3))
        if "withinMeters" in given:
            found["withinMeters"] = draw(st.sampled_from(METERS[2:] + METERS[:2]))
        if "filter" in given and draw(st.integers(0, 2)):
            filter_ = get_named_type(given["filter"])
            assert isinstance(filter_, GraphQLInputObjectType)
            found["filter"] = draw(st.one_of(st.none(), st.deferred(lambda: st.composite(self.filter)(filter_, DEPTH))))
        if "first" in given:
            target = str(get_named_type(given["filter"])).removesuffix("Filter")
            keys_of = st.composite(self.order)(target) if "orderBy" in given else st.none()
            order_by = draw(st.one_of(st.none(), keys_of))
            if order_by is not None:
                found["orderBy"] = order_by
            found |= self.window(draw, target, order_by, nearby="withinMeters" in given, root=owner == "Query")
        return found

    def window(
        self, draw: Draw, target: str, order_by: Any, *, nearby: bool, root: bool, often: bool = False
    ) -> dict[str, Any]:
        """``first after last before`` over the rows of a type; cursors are those of real rows, ``often`` given."""
        found: dict[str, Any] = {}
        kind = draw(st.sampled_from(["first", "last", "none"] if root else ["first", "last"]))
        if kind != "none":
            found[kind] = draw(st.sampled_from([3, 1, 2, 5, 0] + ([30, 10_000, 1000] if root else [])))
        keys = pages.order(target, order_by, self._postgis)
        rows = sorted(self._city.rows[target], key=lambda row: row.id)
        if nearby:
            meters = draw(st.sampled_from([0.0, 350.5, 5000.0]))
            keys = [pages.distance_key(lambda _: meters), *keys]
        if keys[0].name == "distance" and not nearby:
            rows = [row for row in rows if row.columns[PLACE[target]] is not None]
        for side in ("after", "before"):
            if draw(st.integers(0, 1 if often else 3)) == 0:
                found[side] = pages.cursor(target, keys, draw(st.sampled_from(rows)))
        return found

    def _of_geometry(self, draw: Draw) -> dict[str, Any]:
        choices: dict[str, list[Any]] = {
            "crs": ["WGS84", "GCJ02", "BD09", "CGCS2000"],
            "simplifyMeters": [0, 10, 800.5],
            "precision": [7, 0, 3, 9],  # not 15: the last digits of a simplified line hang on the order of the sums
        }
        names = some(draw, sorted(choices))
        return {name: draw(st.sampled_from(choices[name])) for name in names}

    def order(self, draw: Draw, target: str) -> list[dict[str, Any]]:
        members = [name for name, field in TYPES[target].items() if isinstance(field, (Id, Column))]
        members += [name for name in members if self._has_null(target, name)] * 3  # where orders go wrong
        found: list[dict[str, Any]] = []
        if target in PLACE and draw(st.integers(0, 2)) == 2:
            found.append({"nearestTo": self.point(draw)})
        for name in some(draw, members):
            snake = "".join(f"_{letter}" if letter.isupper() else letter for letter in name).upper()
            key = {"field": snake}
            if draw(st.booleans()):
                key["direction"] = draw(st.sampled_from(["DESC", "ASC"]))
            found.append(key)
        return found

    def _has_null(self, type_: str, name: str) -> bool:
        field = TYPES[type_][name]
        return isinstance(field, Column) and any(row.columns[field.column] is None for row in self._city.rows[type_])

    # Filters

    def filter(self, draw: Draw, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        """An object of a filter type: some of its members, each with something to compare."""
        shallow = [name for name in type_.fields if depth > 1 or not self._is_deep(type_.fields[name].type)]
        names = some(draw, shallow)
        return {name: self._filter_member(draw, type_, name, depth) for name in names}

    def _is_deep(self, type_: GraphQLInputType) -> bool:
        named: GraphQLNamedType = get_named_type(type_)
        is_entity = isinstance(named, GraphQLInputObjectType) and "and" in named.fields
        return is_entity or str(named).endswith("ListFilter")

    def _filter_member(self, draw: Draw, owner: GraphQLInputObjectType, name: str, depth: int) -> Any:
        type_ = get_named_type(owner.fields[name].type)
        entity = owner.name.removesuffix("Filter")
        if name in ("and", "or"):
            below = st.composite(self.filter)(type_, depth - 1)
            return draw(st.lists(below, max_size=2))
        if name == "under":
            return draw(self.member("Region", "code"))
        assert isinstance(type_, GraphQLInputObjectType)
        if "and" in type_.fields:
            return draw(st.one_of(st.composite(self.filter)(type_, depth - 1), st.none()))
        if type_.name.endswith("ListFilter"):
            quantifiers = some(draw, ["some", "none", "every"])
            inner = get_named_type(type_.fields["some"].type)
            assert isinstance(inner, GraphQLInputObjectType)
            return {one: self.filter(draw, inner, depth - 1) for one in quantifiers}
        if type_.name == "GeometryFilter":
            return self._spatial(draw)
        field = TYPES[entity][name]
        assert isinstance(field, (Id, Column))
        return self._comparison(draw, type_, self.member(entity, name))

    def _comparison(self, draw: Draw, type_: GraphQLInputObjectType, member: st.SearchStrategy[Any]) -> dict[str, Any]:
        operators = some(draw, sorted(type_.fields))
        compared = get_named_type(type_.fields["eq"].type)
        if isinstance(compared, GraphQLEnumType):
            member = st.sampled_from(sorted(compared.values))
        found: dict[str, Any] = {}
        for operator in operators:
            if operator == "isNull":
                found[operator] = draw(st.booleans())
            elif operator in ("in", "notIn"):
                found[operator] = draw(st.lists(member, max_size=3))
            elif operator in ("contains", "startsWith"):
                text = draw(member)
                start = 0 if operator == "startsWith" else draw(st.integers(0, 2))
                found[operator] = text[start : start + draw(st.integers(0, 4))]
            else:
                found[operator] = draw(member)
        return found

    def _spatial(self, draw: Draw) -> dict[str, Any]:
        found: dict[str, Any] = {}
        operators = ["bbox", "intersects", "within", "dwithin", "isNull"]
        for operator in some(draw, operators):
            if operator == "isNull":
                found[operator] = draw(st.booleans())
            elif operator == "bbox":
                found[operator] = self._bbox(draw)
            elif operator == "dwithin":
                found[operator] = {"geometry": self._shape(draw), "meters": draw(st.sampled_from(METERS[::-1]))}
            else:
                found[operator] = self._shape(draw)
        return found

    def _bbox(self, draw: Draw) -> list[float]:
        (a, b), (c, d) = draw(self._points), draw(self._points)
        south, north = sorted((b, d))
        return [a, south, c, north]  # west > east half of the time: across 180°

    def point(self, draw: Draw) -> dict[str, Any]:
        return {"type": "Point", "coordinates": list(draw(self._points))}

    def _shape(self, draw: Draw) -> dict[str, Any]:
        kind = draw(st.sampled_from(["box", "point", "parcel", "line", "points", "collection"]))
        if kind == "point":
            return self.point(draw)
        if kind == "parcel":
            return dict(_json(draw(self._parcels)))
        (a, b), (c, d) = draw(self._points), draw(self._points)
        if kind == "box" or (a, b) == (c, d):
            half = draw(st.sampled_from([0.2, 0.02, 0.001]))
            return dict(_json(shapely.to_geojson(shapely.box(a - half, b - half, min(a + half, 180.0), b + half))))
        if kind == "points":
            return {"type": "MultiPoint", "coordinates": [[a, b], [c, d]]}
        line = {"type": "LineString", "coordinates": [[a, b], [c, d]]}
        if kind == "line":
            return line
        return {"type": "GeometryCollection", "geometries": [line, self.point(draw)]}


def _json(text: str) -> Any:
    return shapely.geometry.mapping(shapely.from_geojson(text))


def nullable(type_: GraphQLInputType) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def item_of(type_: GraphQLInputType) -> Any:
    """The type of a list's items, None for what is no list."""
    inner = nullable(type_)
    return inner.of_type if isinstance(inner, GraphQLList) else None


__all__: Sequence[str] = ["Draw", "Values", "item_of", "nullable"]
