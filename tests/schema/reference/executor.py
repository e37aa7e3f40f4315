"""The reference: graphql-core's own execution over the published SDL, every field resolved by plain Python."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from graphql import ExecutionResult, GraphQLResolveInfo, GraphQLSchema, build_schema, execute_sync, parse

from tests.schema.reference import pages, values
from tests.schema.reference.city import City, Row
from tests.schema.reference.fields import PLACE, PREFIX, TYPES, Column, Id, Many, Near, One, Place
from tests.schema.reference.filters import Filters
from tests.schema.reference.postgis import PostGIS

SDL = Path(__file__).resolve().parents[3] / "schema.graphql"
CONNECTIONS = {
    "projects": "Project",
    "regions": "Region",
    "issues": "Issue",
    "inspections": "Inspection",
    "parcels": "Parcel",
}
TYPE_OF = {prefix: type_ for type_, prefix in PREFIX.items()}

Fields = Mapping[str, Callable[[], Any] | Any]
"""An object that is no row: its fields by name, computed when they are asked for."""


@dataclass(frozen=True)
class Asking:
    """Who asks."""

    subject: str
    role: str


class Reference:
    """Answers any query but ``siteVisitRoute`` and ``layers``, slowly and simply."""

    def __init__(self, city: City, postgis: PostGIS) -> None:
        self._city = city
        self._postgis = postgis
        self.schema: GraphQLSchema = build_schema(SDL.read_text())

    def answer(self, document: str, variables: Mapping[str, Any], asking: Asking) -> ExecutionResult:
        execution = _Execution(self._city, self._postgis, asking)
        return execute_sync(
            self.schema,
            parse(document),
            variable_values=dict(variables),
            field_resolver=execution.resolve,
            type_resolver=lambda row, *_: row.type,
        )


class _Execution:
    def __init__(self, city: City, postgis: PostGIS, asking: Asking) -> None:
        self._city = city
        self._postgis = postgis
        self._asking = asking
        self._filters = Filters(city, postgis, operator=asking.role == "OPERATOR")

    def resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if info.parent_type.name == "Query":
            return self._root(info.field_name, arguments)
        if isinstance(source, Row):
            return self._of_row(source, info.field_name, arguments)
        found = source[info.field_name]
        return found() if callable(found) else found

    # Roots

    def _root(self, name: str, arguments: dict[str, Any]) -> Any:
        if name == "viewer":
            return {"subject": self._asking.subject, "role": self._asking.role}
        if name == "node":
            return self._node(arguments["id"])
        if name == "nodes":
            return [self._node(one) for one in arguments["ids"]]
        if name in ("project", "region"):
            return self._by(name.capitalize(), arguments["by"])
        if name == "projectStats":
            rows = self._filters.kept(self._city.rows["Project"], arguments.get("filter"))
            return self._groups(rows, list(dict.fromkeys(arguments["by"])))
        type_ = CONNECTIONS[name]
        return self._connection(type_, self._city.rows[type_], arguments)

    def _node(self, global_id: str) -> Row | None:
        prefix, _, digits = global_id.partition("_")
        row = self._city.by_id[TYPE_OF[prefix]].get(int(digits)) if prefix in TYPE_OF else None
        return row if row is not None and self._filters.visible(row) else None

    def _by(self, type_: str, key: dict[str, Any]) -> Row | None:
        ((name, value),) = key.items()
        if name == "id":
            return self._city.by_id[type_].get(values.read(value, "id", type_))
        return next(iter(self._city.related(type_, name, value)), None)

    # Rows

    def _of_row(self, row: Row, name: str, arguments: dict[str, Any]) -> Any:
        if name == "stats":
            below = self._filters.children(row, Many("Project", "region_id", below=True))
            return self._measures(below)
        field = TYPES[row.type][name]
        if isinstance(field, Id):
            return f"{PREFIX[row.type]}_{row.id}"
        if isinstance(field, Column):
            return values.written(row.columns[field.column], field.kind)
        if isinstance(field, Place):
            crs = arguments.get("crs") or "WGS84"
            simplify, precision = arguments.get("simplifyMeters"), arguments.get("precision")
            return self._postgis.geojson(row, field.column, crs, simplify, precision)
        if isinstance(field, One):
            return self._filters.parent(row, field)
        if isinstance(field, Many):
            return self._connection(field.target, self._filters.children(row, field), arguments)
        return self._nearby(row, field, arguments)

    # Connections

    def _nearby(self, row: Row, field: Near, arguments: dict[str, Any]) -> Fields:
        origin = row.columns[field.origin]
        within = arguments["withinMeters"]
        distances = {} if origin is None else self._postgis.distances(field.target, field.geometry, origin)
        near = [self._city.by_id[field.target][id_] for id_, distance in distances.items() if distance <= within]
        keys = [pages.distance_key(lambda one: distances[one.id]), *pages.order(field.target, None, self._postgis)]
        return self._paged(field.target, near, keys, arguments)

    def _connection(self, type_: str, rows: Sequence[Row], arguments: dict[str, Any]) -> Fields:
        order_by = arguments.get("orderBy")
        keys = pages.order(type_, order_by, self._postgis)
        if keys[0].name == "distance":
            rows = [row for row in rows if row.columns[PLACE[type_]] is not None]
        return self._paged(type_, rows, keys, arguments)

    def _paged(self, type_: str, rows: Sequence[Row], keys: list[pages.Key], arguments: dict[str, Any]) -> Fields:
        matching = self._filters.kept(rows, arguments.get("filter"))
        page = pages.page(matching, keys, arguments)

        def cursor(row: Row) -> str:
            return pages.cursor(type_, keys, row)

        measured = keys[0].name == "distance"
        return {
            "totalCount": len(matching),
            "nodes": page.rows,
            "edges": [
                {"cursor": cursor(row), "node": row, "distanceMeters": keys[0].of(row) if measured else None}
                for row in page.rows
            ],
            "pageInfo": {
                "hasNextPage": page.has_next,
                "hasPreviousPage": page.has_previous,
                "startCursor": cursor(page.rows[0]) if page.rows else None,
                "endCursor": cursor(page.rows[-1]) if page.rows else None,
            },
        }

    # Aggregates

    def _measures(self, projects: Sequence[Row]) -> dict[str, Any]:
        total = sum((row.columns["total_investment"] for row in projects), Decimal(0))
        issues = [one for row in projects for one in self._city.related("Issue", "project_id", row.id)]
        return {
            "projectCount": len(projects),
            "totalInvestment": str(total),
            "openIssueCount": sum(one.columns["status"] == "OPEN" for one in issues),
        }

    def _groups(self, projects: Sequence[Row], by: list[str]) -> list[Fields]:
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        if not by:
            groups[()] = []
        for row in projects:
            started = row.columns["started_on"]
            dimensions = {
                "REGION": row.columns["region_id"],
                "STAGE": row.columns["stage"],
                "STARTED_YEAR": None if started is None else started.year,
            }
            groups[tuple(dimensions[one] for one in by)].append(row)
        answer: list[Fields] = []
        for group in sorted(groups, key=lambda one: [(value is None, value) for value in one]):
            of = dict(zip(by, group, strict=True))
            region = of.get("REGION")
            answer.append(
                {
                    "region": None if region is None else self._city.by_id["Region"][region],
                    "stage": of.get("STAGE"),
                    "startedYear": of.get("STARTED_YEAR"),
                    **self._measures(groups[group]),
                }
            )
        return answer
