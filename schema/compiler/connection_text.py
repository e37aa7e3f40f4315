"""A connection as SQL: its page as a narrow subquery, its outputs as JSON text around it.

Only what was asked for is paid for: one row beyond the page only for ``hasNextPage``, row numbers only for cursors of
the page's ends, the count only for ``totalCount``.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal_column, select
from sqlalchemy.sql.selectable import FromClause

from schema.compiler.entity import NearbyBinding, ToManyBinding
from schema.compiler.json_text import Chain, Part, array_text, nullable, object_text, quoted
from schema.compiler.ordering import DISTANCE, beyond, cursor_part, cursor_text, fingerprint, order_by
from schema.compiler.plan import Constant, EdgeParts, InfoParts, Nodes, ReadConnection, ReadObject, TotalCount, Within
from schema.compiler.predicate import Condition, Row, children, not_true
from schema.compiler.scope import Building, Scope, ToOneJoin
from schema.compiler.values import GEOGRAPHY, INTEGER, METERS

KNN_MARGIN = 1.02
"""``<->`` measures on a sphere, ST_Distance on the ellipsoid: they differ by less than 0.6 %, so that the nearest by
the ellipsoid lie within this factor of the farthest of as many nearest by the sphere."""

NUMBER = "row_number"
COUNT = "row_count"


class ConnectionText:
    """Builds one connection beneath a parent row, or at the root."""

    def __init__(self, builder: Building, plan: ReadConnection, parent: Scope | None) -> None:
        self._builder = builder
        self._plan = plan
        self._parent = parent
        self._table = plan.entity.table
        # nested pages are small and many: there a lookup for each row is cheaper than a common table
        self._page = builder.scope("page", shared=parent is None)
        self._mark = fingerprint(plan.entity, plan.keys)
        info = {name for _, out in plan.outputs if isinstance(out, InfoParts) for _, name in out.parts}
        self._probe = ("hasPreviousPage" if plan.window.backward else "hasNextPage") in info
        self._numbered = plan.window.backward or self._probe or bool(info & {"startCursor", "endCursor"})
        self._keys_used = False
        self._aggregates = False

    @property
    def _size(self) -> ColumnElement[Any]:
        """Bound at its first use: a parameter that stands nowhere in the text has no type."""
        return self._builder.bind(self._plan.window.size, INTEGER)

    def text(self) -> ColumnElement[Any]:
        outer = self._outer()
        if not self._aggregates:
            return select(outer).scalar_subquery()
        return select(outer).select_from(self._source()).scalar_subquery()

    def parts(self, sources: list[FromClause]) -> Chain:
        """The same in parts: the aggregates are columns of a source of one row, which is added to ``sources``."""
        outer = self._outer()
        if not self._aggregates:
            return outer
        name = self._builder.scope("connection").name
        columns = [part for part in outer.parts if not isinstance(part, str)]
        row = select(*(value.label(f"p{i}") for i, value in enumerate(columns))).select_from(self._source())
        sources.append(row.subquery(name))
        places = iter(range(len(columns)))

        def placed(part: Part) -> Part:
            return part if isinstance(part, str) else literal_column(f"{name}.p{next(places)}", part.type)

        return Chain([placed(part) for part in outer.parts])

    def _outer(self) -> Chain:
        return object_text([(key, self._output(out)) for key, out in self._plan.outputs])

    def _source(self) -> FromClause:
        page = self._page
        if page.shared and page.joins:
            return self._shared_source([join for join in page.joins if not join.of_few])
        return self._builder.joined(self._numbered_rows().subquery(page.name), page)

    def _output(self, out: EdgeParts | InfoParts | Nodes | TotalCount | Constant) -> Part:
        if isinstance(out, Constant):
            return out.json
        if isinstance(out, TotalCount):
            return self._total()
        if isinstance(out, Nodes):
            return self._items(self._builder.object(out.target, self._page))
        if isinstance(out, EdgeParts):
            return self._items(object_text([(key, self._edge_part(part)) for key, part in out.parts]))
        return object_text([(key, self._info(name)) for key, name in out.parts])

    def _items(self, item: ColumnElement[Any]) -> ColumnElement[Any]:
        self._aggregates = True
        kept = self._number() <= self._size if self._probe else None
        order = self._number().desc() if self._plan.window.backward else None
        return array_text(item, order_by=order, where=kept)

    def _edge_part(self, part: str | Constant | ReadObject) -> Part:
        if isinstance(part, Constant):
            return part.json
        if isinstance(part, ReadObject):
            return self._builder.object(part, self._page)
        if part == "cursor":
            return Chain(['"', self._cursor(), '"'])
        if self._plan.keys[0].name != DISTANCE:
            return "null"
        self._keys_used = True
        return cast(self._page.text("k0"), Text)

    def _cursor(self) -> ColumnElement[Any]:
        self._keys_used = True
        return cursor_text(self._mark, [self._page.text(f"k{i}") for i in range(len(self._plan.keys))])

    def _number(self) -> ColumnElement[Any]:
        return literal_column(f"{self._page.name}.{NUMBER}", INTEGER.type)

    def _info(self, name: str | Constant) -> Part:
        if isinstance(name, Constant):
            return name.json
        backward = self._plan.window.backward
        if name in ("startCursor", "endCursor"):
            self._aggregates = True
            last = func.least(literal_column(f"{self._page.name}.{COUNT}"), self._size)
            at = last if (name == "endCursor") is not backward else literal_column("1")
            on_page = and_(self._number() == at, self._number() <= self._size)  # a page of none has no ends
            return nullable(quoted(func.max(case((on_page, self._cursor())), type_=Text())))
        if (name == "hasPreviousPage") is backward:
            self._aggregates = True
            return cast(func.count() > self._size, Text)
        # the other side: whether anything lies beyond the bound the page was asked from
        bound = self._plan.window.before if backward else self._plan.window.after
        if bound is None:
            return "false"
        source, conditions, row = self._matching(windowed=False)
        outside = not_true(self._beyond(row, bound, after=not backward))
        return cast(select(1).select_from(source).where(*conditions, outside).exists(), Text)

    def _total(self) -> ColumnElement[Any]:
        source, conditions, _ = self._matching(windowed=False)
        return select(func.count()).select_from(source).where(*conditions).scalar_subquery()

    def _matching(self, *, windowed: bool, within: bool = True) -> tuple[FromClause, list[Condition], Row]:
        """The rows of the connection: relation, filter, visibility and, when ``windowed``, the cursors' bounds.

        Without ``within`` the distance limit of a nearby relation is left to the caller.
        """
        plan, builder = self._plan, self._builder
        source, row = builder.alias(self._table)
        conditions = [*self._related(row, within), *builder.visible(self._table, row)]
        if plan.filter is not None:
            conditions.append(builder.condition(plan.entity, plan.filter, row))
        if plan.keys[0].place is not None:
            conditions.append(row(plan.entity.place).is_not(None))  # type: ignore[arg-type]
        if windowed and plan.window.after is not None:
            conditions.append(self._beyond(row, plan.window.after, after=True))
        if windowed and plan.window.before is not None:
            conditions.append(self._beyond(row, plan.window.before, after=False))
        return source, conditions, row

    def _related(self, row: Row, within: bool) -> list[Condition]:
        relation, parent = self._plan.relation, self._parent
        if relation is None:
            return []
        assert parent is not None
        if isinstance(relation, ToManyBinding):
            return [children(self._builder, relation, row, parent.row(relation.parent))]
        if isinstance(relation.binding, NearbyBinding):
            if not within:
                return []
            origin = self._origin()
        else:
            origin = func.geography(parent.row(relation.binding.line))
        meters = self._builder.bind(relation.meters, METERS)
        return [func.ST_DWithin(func.geography(row(relation.binding.geometry)), origin, meters)]

    def _origin(self) -> ColumnElement[Any]:
        """Where distances are measured from: the parent's geometry, or the place of ``nearestTo``."""
        relation = self._plan.relation
        if isinstance(relation, Within) and isinstance(relation.binding, NearbyBinding):
            assert self._parent is not None
            return func.geography(self._parent.row(relation.binding.origin))
        place = self._plan.keys[0].place
        assert place is not None
        return func.geography(self._builder.bind(place, GEOGRAPHY))

    def _place(self, row: Row) -> ColumnElement[Any]:
        relation = self._plan.relation
        if isinstance(relation, Within) and isinstance(relation.binding, NearbyBinding):
            return func.geography(row(relation.binding.geometry))
        return func.geography(row(self._plan.entity.place))  # type: ignore[arg-type]

    def _key_values(self, row: Row) -> list[ColumnElement[Any]]:
        return [
            func.ST_Distance(self._place(row), self._origin()) if key.name == DISTANCE else row(key.column)
            for key in self._plan.keys
        ]

    def _beyond(self, row: Row, bound: Any, *, after: bool) -> Condition:
        keys = self._plan.keys
        bounds = [self._builder.bind(bound, self._cursor_part(index, bound)) for index in range(len(keys))]
        return beyond(keys, self._key_values(row), bounds, after=after)

    def _cursor_part(self, index: int, bound: Any) -> Any:
        return self._builder.once((id(bound), index), lambda: cursor_part(self._mark, self._plan.keys, index))

    def _shared_source(self, joins: list[ToOneJoin]) -> FromClause:
        """The page joined to its to-one relations, whose JSON is made once for each row that is led to.

        The join may come in any order, so the page is put in its own again, while its rows are still narrow. What
        leads to one of a few is joined before (``_rows``).
        """
        page = self._page
        if not joins:
            return self._numbered_rows().subquery(page.name)
        self._keys_used = True
        rows = self._numbered_rows().cte(f"{page.name}_rows").prefix_with("MATERIALIZED")
        columns: list[ColumnElement[Any]] = list(rows.c)
        source: FromClause = rows
        for join in joins:
            wanted = select(rows.c[join.key_name])
            one = join.rows.where(join.id.in_(wanted)).cte(join.name).prefix_with("MATERIALIZED")
            source = source.outerjoin(one, one.c.id == rows.c[join.key_name])
            columns.append(one.c.j.label(join.name))
        order: list[ColumnElement[Any]]
        if self._numbered:
            order = [rows.c[NUMBER].asc()]
        else:
            order = order_by(self._plan.keys, [rows.c[f"k{i}"] for i in range(len(self._plan.keys))], reverse=False)
        return select(*columns).select_from(source).order_by(*order).subquery(page.name)

    def _numbered_rows(self) -> Select[Any]:
        rows = self._nearest_rows() if self._by_distance() else self._rows()
        if not self._numbered:
            return rows
        inner = rows.subquery(f"{self._page.name}_part")
        number = func.row_number().over().label(NUMBER)
        count = func.count().over().label(COUNT)
        return select(*inner.c, number, count).correlate(None)

    def _rows(self) -> Select[Any]:
        """The page's rows: filtered, ordered, limited."""
        source, conditions, row = self._matching(windowed=True)
        values = self._key_values(row)
        source, few = self._joined_few(source, row)
        rows = select(*self._columns(row, values), *few).select_from(source).where(*conditions)
        ordered = rows.order_by(*order_by(self._plan.keys, values, reverse=self._plan.window.backward))
        return self._limited(ordered)

    def _joined_few(self, source: FromClause, row: Row) -> tuple[FromClause, list[ColumnElement[Any]]]:
        """The rows joined to those relations that lead to one of a few, whose JSON is all made beforehand."""
        columns: list[ColumnElement[Any]] = []
        for join in self._page.joins if self._page.shared else []:
            if join.of_few:
                one = join.rows.cte(join.name).prefix_with("MATERIALIZED")
                source = source.outerjoin(one, one.c.id == row(self._table.c[join.key_name]))
                columns.append(one.c.j.label(join.name))
        return source, columns

    def _columns(self, row: Row, values: list[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        columns: list[ColumnElement[Any]] = [row(one).label(name) for name, one in self._page.used.items()]
        if self._keys_used:
            columns += [value.label(f"k{i}") for i, value in enumerate(values)]
        return columns or [row(self._table.c.id).label("id")]

    def _limit(self) -> ColumnElement[Any]:
        return self._size + 1 if self._probe else self._size

    def _limited(self, rows: Select[Any]) -> Select[Any]:
        """As many rows as the page holds.

        A plan for any values takes an unknown LIMIT for a tenth of all rows: a constant one around it, which never
        cuts, tells how few they are.
        """
        limited = rows.limit(self._limit()).correlate(None)
        most = self._builder.magnitude(self._plan.window.size)
        if most is None:
            return limited
        part = limited.subquery(self._builder.scope("limited").name)
        return select(*part.c).limit(literal_column(str(most + self._probe))).correlate(None)

    def _by_distance(self) -> bool:
        return self._plan.keys[0].name == DISTANCE and not self._plan.window.backward

    def _nearest_rows(self) -> Select[Any]:
        """The nearest rows, exact by the ellipsoid and found by the index.

        As many nearest by the sphere (``<->`` walks the index) bound the distance within which the nearest by the
        ellipsoid must lie; only those are measured, once each.
        """
        self._keys_used = True
        source, conditions, row = self._matching(windowed=True, within=False)
        origin, values = self._origin(), self._key_values(row)
        near = func._ST_Expand(origin, self._radius())
        source, few = self._joined_few(source, row)
        measured = (
            select(*self._columns(row, values), *few)
            .select_from(source)
            .where(*conditions, self._place(row).op("&&")(near))
            .offset(literal_column("0"))  # so that distances are measured once, not in the condition again
            .correlate(None)
            .subquery(f"{self._page.name}_near")
        )
        keys = [measured.c[f"k{i}"] for i in range(len(values))]
        rows = select(*measured.c)
        relation = self._plan.relation
        if isinstance(relation, Within) and isinstance(relation.binding, NearbyBinding):
            rows = rows.where(keys[0] <= self._builder.bind(relation.meters, METERS))
        return self._limited(rows.order_by(*order_by(self._plan.keys, keys, reverse=False)))

    def _radius(self) -> ColumnElement[Any]:
        """Metres within which the page's rows lie, NULL when there are none."""
        source, conditions, other = self._matching(windowed=True, within=False)
        relation, meters = self._plan.relation, None
        origin, place = self._origin(), self._place(other)
        sphere = place.op("<->")(origin)
        if isinstance(relation, Within) and isinstance(relation.binding, NearbyBinding):
            meters = self._builder.bind(relation.meters, METERS)
            # it also tells the planner that rows are few, which its guess for an unknown limit does not
            conditions.append(place.op("&&")(func._ST_Expand(origin, meters)))
        ordered = select(sphere.label("d")).select_from(source).where(*conditions, origin.is_not(None)).order_by(sphere)
        nearest = self._limited(ordered).subquery(self._builder.scope("nearest").name)
        radius = select(func.max(nearest.c.d) * KNN_MARGIN + 1).scalar_subquery()
        return radius if meters is None else func.least(meters, radius)
