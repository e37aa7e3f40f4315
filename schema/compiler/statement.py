"""Stage 3, statement: a plan as one SQLAlchemy Core tree, and stage 4, its text with the binders of its parameters.

The answer is built as JSON text inside PostgreSQL. A page is a narrow subquery (filter, order, limit) around which the
JSON of its rows is made; a to-one relation is a lateral join, so that PostgreSQL can remember the JSON of a row it has
already made (Memoize) and the order of the page is kept; a to-many relation is a correlated subquery.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    Text,
    case,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.types import NullType

from schema.compiler.arguments import Tree, Value, Variables
from schema.compiler.connection_text import ConnectionText
from schema.compiler.entity import Entity, IdBinding
from schema.compiler.geometry_text import geojson_text
from schema.compiler.json_text import Chain, Part, array_text, nullable, object_text, scalar_text, split
from schema.compiler.model import Model
from schema.compiler.plan import (
    BoundRoot,
    Constant,
    GeometryText,
    Lookup,
    Member,
    Nested,
    Plan,
    Prepared,
    ReadConnection,
    ReadNodes,
    ReadObject,
    ReadRecords,
    ReadStats,
    Root,
    Scalar,
    ToOne,
)
from schema.compiler.predicate import Condition, Predicate, Row
from schema.compiler.reading import CLOCKS, tables_read
from schema.compiler.scope import Scope, ToOneJoin, reference
from schema.compiler.stats_text import stats_text
from schema.compiler.values import (
    TEXT,
    Binder,
    Parameter,
    ValueType,
    decode_global_id,
    global_id_type,
    list_of,
)
from schema.limits import Limits
from schema.problem import at_path

DIALECT = dialect()  # type: ignore[no-untyped-call]
Visible = Callable[[Table, Row, Callable[[str, str], ColumnElement[Any]]], Sequence[Condition]]
"""(table, row, viewer parameter by name and PostgreSQL type) → conditions: ``schema.access.visible``."""


VersionOf = Callable[[Iterable[Table]], ColumnElement[str]]
"""The version of the data in some tables, in the snapshot of its statement; TypeError for a table that has none:
``schema.change.version``."""


LONG_RESPONSE = 65_536
"""Bytes from which copying a response costs more than sending its pieces one by one."""


@dataclass(frozen=True)
class Statement:
    """Text and parameters. A binder reads the variables, a viewer name the viewer, an int the prepared record."""

    text: str
    parameters: tuple[Binder | str | int, ...]
    constants: tuple[bytes, ...] = ()
    """Of a whole response: what stands before, between and after the columns of its one row."""
    version: str | None = None
    """The statement that reads the version of the same data alone, without parameters; None when none is known."""

    def response(self, row: Sequence[bytes | str]) -> list[bytes]:
        """The whole response from the row of a statement that has ``constants``: in one piece, unless it is long."""
        parts: list[bytes] = [self.constants[0]]
        for cell, constant in zip(row, self.constants[1:], strict=False):  # the version comes after
            parts += (cell if isinstance(cell, bytes) else cell.encode(), constant)
        return parts if sum(map(len, parts)) >= LONG_RESPONSE else [b"".join(parts)]


class StatementBuilder:
    """Builds one statement; collects its parameters in the order of their first use."""

    def __init__(self, model: Model, visible: Visible, limits: Limits, variables: Variables) -> None:
        self._model = model
        self._visible = visible
        self._limits = limits
        self._variables = variables
        self._parameters: list[Binder | str | int] = []
        self._bound: dict[tuple[int, str, int], Parameter] = {}
        self._aliases: dict[str, int] = {}
        self._path: tuple[str, ...] = ()
        self._predicate = Predicate(model, self, limits)
        self._made: dict[Hashable, ValueType] = {}

    def build(self, plan: Plan) -> Statement:
        members = [(key, self._root(root)) for key, root in plan.roots]
        return self.compiled(select(object_text(members)))

    def build_whole(self, plan: Plan, version_of: VersionOf | None) -> Statement:
        """The whole response, ``{"data":…}``; with ``version_of``, where it can be told, the data's version beside it.

        Both come from one snapshot.
        """
        sources: list[FromClause] = []
        members = [(key, self._whole_root(root, sources)) for key, root in plan.roots]
        constants, columns = split(Chain(['{"data":', object_text(members), "}"]))
        tree = select(*(value.label(f"c{i}") for i, value in enumerate(columns))).select_from(*sources)
        try:
            version = version_of(tables_read(tree)) if version_of else None
        except TypeError:  # it reads a table that has none
            version = None
        if version is not None:
            versioned = self.compiled(tree.add_columns(version.label("version")))
            if not CLOCKS.search(versioned.text):
                alone = select(version).compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
                return replace(versioned, constants=constants, version=str(alone))
        return replace(self.compiled(tree), constants=constants)

    def _whole_root(self, root: Root, sources: list[FromClause]) -> Part:
        """A root field in parts: what is long stays a column of its own, for each ``||`` around it would copy it."""
        if not isinstance(root, ReadConnection):
            return self._root(root)
        with self._at(root.path):
            return ConnectionText(self, root, None).parts(sources)

    def build_separate(self, plan: Plan) -> Statement:
        """One column for each root field, for operations that mix compiled fields with ordinary resolvers."""
        return self.compiled(
            select(*(Chain([self._root(root)]).label(f"r{i}") for i, (_, root) in enumerate(plan.roots)))
        )

    def compiled(self, tree: Any) -> Statement:
        compiled = tree.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
        return Statement(str(compiled), tuple(self._parameters))

    # What predicates need of the statement

    def bind(self, value: Value, type_: ValueType) -> ColumnElement[Any]:
        key = (id(value), type_.pg_type, id(type_.convert))
        if key not in self._bound:
            self._parameters.append(Binder(value, type_.convert, self._path))
            self._bound[key] = Parameter(len(self._parameters), type_.pg_type, type_.type)
        return self._bound[key]

    def once(self, key: Hashable, make: Callable[[], ValueType]) -> ValueType:
        """The same value type for the same key, so that equal parameters are bound once."""
        return self._made.setdefault(key, make())

    def structural(self, value: Value) -> Any:
        return value.structural(self._variables)

    def magnitude(self, value: Value) -> int | None:
        return value.magnitude(self._variables)

    def alias(self, table: Table) -> tuple[FromClause, Row]:
        name = self._name(table.name)
        return table.alias(name), lambda source: reference(name, source)

    def visible(self, table: Table, row: Row) -> list[Condition]:
        return list(self._visible(table, row, self._viewer))

    def _viewer(self, name: str, pg_type: str) -> ColumnElement[Any]:
        for place, given in enumerate(self._parameters, 1):
            if given == name:
                return Parameter(place, pg_type, NullType())
        self._parameters.append(name)
        return Parameter(len(self._parameters), pg_type, NullType())

    def _name(self, base: str) -> str:
        self._aliases[base] = self._aliases.get(base, 0) + 1
        return f"{base}_{self._aliases[base]}"

    # Roots

    def _root(self, root: Root) -> Part:
        if isinstance(root, Constant):
            return root.json
        with self._at(root.path):
            return self._bound_root(root)

    def _bound_root(self, root: BoundRoot) -> Part:
        if isinstance(root, ReadConnection):
            return self._connection(root, None)
        if isinstance(root, ReadStats):
            return self._stats(root, None)
        if isinstance(root, Lookup):
            return self._lookup(root)
        if isinstance(root, ReadNodes):
            return self._nodes(root)
        return self._prepared(root)

    def _lookup(self, root: Lookup) -> ColumnElement[Any]:
        entity = root.target.entity
        is_id = root.column is entity.table.c.id
        key = self.bind(root.value, global_id_type(entity.prefix or "") if is_id else TEXT)
        return nullable(self._by_key(root.target, lambda row: row(root.column) == key))

    def _by_key(self, target: ReadObject, where: Callable[[Row], Condition]) -> ColumnElement[Any]:
        """The object of the one visible row that satisfies a condition, NULL when there is none."""
        table = target.entity.table
        source, row = self.alias(table)
        scope = Scope(_alias_name(source))
        text = self.object(target, scope)
        found = select(text).select_from(self._joined(source, scope)).where(where(row), *self.visible(table, row))
        return found.scalar_subquery()

    def _nodes(self, root: ReadNodes) -> ColumnElement[Any]:
        if not root.many:
            kind = self.bind(root.ids, ValueType("text", Text(), lambda v, a: decode_global_id(str(v), a)[0]))
            key = self.bind(root.ids, ValueType("bigint", BigInteger(), lambda v, a: decode_global_id(str(v), a)[1]))
            return self._by_kind(root, kind, key)
        kinds = self.bind(root.ids, list_of(ValueType("text", Text(), lambda v, a: decode_global_id(str(v), a)[0])))
        keys = self.bind(
            root.ids, list_of(ValueType("bigint", BigInteger(), lambda v, a: decode_global_id(str(v), a)[1]))
        )
        name = self._name("ids")
        ids = func.unnest(kinds, keys).table_valued("kind", "key", with_ordinality="place").render_derived(name=name)
        kind, key, place = (literal_column(f"{name}.{part}", Text()) for part in ("kind", "key", "place"))
        return select(array_text(self._by_kind(root, kind, key), order_by=place)).select_from(ids).scalar_subquery()

    def _by_kind(self, root: ReadNodes, kind: ColumnElement[Any], key: ColumnElement[Any]) -> ColumnElement[Any]:
        def at(target: ReadObject) -> Callable[[Row], Condition]:
            return lambda row: row(target.entity.table.c.id) == key

        if not root.targets:
            return literal_column("'null'")
        cases = [(kind == literal_column(f"'{prefix}'"), self._by_key(t, at(t))) for prefix, t in root.targets.items()]
        return nullable(case(*cases))

    def _prepared(self, root: Prepared) -> ColumnElement[Any]:
        self._parameters.append(root.place)
        record = Parameter(len(self._parameters), "json", NullType())
        return self._records(root.target, func.json_to_record(record), ordered=False)

    # Objects

    def object(self, target: ReadObject, scope: Scope) -> Chain:
        """The JSON object of the scope's row; joins it needs are left in the scope."""
        return object_text([(key, self._member(target, member, scope)) for key, member in target.members])

    def _member(self, target: ReadObject, member: Member, scope: Scope) -> Part:
        if isinstance(member, Constant):
            return member.json
        if isinstance(member, Scalar):
            return self._scalar(target, member, scope)
        if isinstance(member, GeometryText):
            with self._at(member.path):
                text = geojson_text(self, member, scope.row(member.column))
            return nullable(text) if member.column.nullable else text
        if isinstance(member, ToOne):
            return self.to_one(member.target, scope.row(member.column), member.column.name, scope)
        if isinstance(member, ReadConnection):
            return self._connection(member, scope)
        if isinstance(member, ReadRecords):
            return self._records(member.target, func.json_to_recordset(scope.row(member.column)), ordered=True)
        if isinstance(member, Nested):
            return self.object(member.target, scope)
        return self._stats(member, scope)

    def _scalar(self, target: ReadObject, member: Scalar, scope: Scope) -> ColumnElement[Any]:
        if isinstance(member.binding, IdBinding):
            return Chain([f'"{target.entity.prefix}_', scope.row(target.entity.table.c.id), '"'])
        source = member.binding.column
        is_enum = self._model.is_enum(member.leaf)
        return scalar_text(scope.row(source), member.leaf, is_null=bool(source.nullable), is_enum=is_enum)

    def to_one(self, target: ReadObject, key: ColumnElement[Any], key_name: str, scope: Scope) -> ColumnElement[Any]:
        """The object whose primary key is ``key``, by a join left in the scope; ``null`` when there is none visible."""
        table = target.entity.table
        source, row = self.alias(table)
        inner = Scope(_alias_name(source))
        text = self.object(target, inner)
        name = self._name("one")
        id_ = row(table.c.id)
        rows = select(id_.label("id"), text.label("j")).select_from(self._joined(source, inner))
        rows = rows.where(*self.visible(table, row)).correlate(None)
        is_plain = all(isinstance(member, (Scalar, Constant)) for _, member in target.members)
        scope.joins.append(ToOneJoin(name, rows, id_, key, key_name, target.entity.few and is_plain))
        return nullable(literal_column(f"{scope.name}.{name}" if scope.shared else f"{name}.j", Text()))

    def _joined(self, source: FromClause, scope: Scope) -> FromClause:
        for join in scope.joins:
            # OFFSET 0 keeps the planner from merging it, so that it can be memoized
            one = join.rows.where(join.id == join.key).offset(literal_column("0")).lateral(join.name)
            source = source.outerjoin(one, true())
        return source

    def _records(self, target: ReadObject, function: Any, *, ordered: bool) -> ColumnElement[Any]:
        """Rows of a record: JSON taken apart by the columns the record declares."""
        table = target.entity.table
        name = self._name(table.name)
        columns = [column(one.name, one.type) for one in table.c]
        source = function.table_valued(*columns).render_derived(name=name, with_types=True)
        scope = Scope(name)
        text = self.object(target, scope)
        body: Part = text
        if ordered:
            body = array_text(text, order_by=reference(name, next(iter(table.c))))
        return select(Chain([body])).select_from(self._joined(source, scope)).scalar_subquery()

    # Connections

    def _connection(self, plan: ReadConnection, parent: Scope | None) -> ColumnElement[Any]:
        with self._at(plan.path):
            return ConnectionText(self, plan, parent).text()

    def _stats(self, plan: ReadStats, parent: Scope | None) -> ColumnElement[Any]:
        with self._at(plan.path):
            return stats_text(self, plan, parent)

    @contextmanager
    def _at(self, path: tuple[str, ...]) -> Iterator[None]:
        """What is bound or refused within belongs to this response path."""
        outer, self._path = self._path, path
        try:
            with at_path(path):
                yield
        finally:
            self._path = outer

    def condition(self, entity: Entity, tree: Tree, row: Row) -> Condition:
        return self._predicate.condition(entity, tree, row)

    def joined(self, source: FromClause, scope: Scope) -> FromClause:
        return self._joined(source, scope)

    def scope(self, base: str, *, shared: bool = False) -> Scope:
        return Scope(self._name(base), shared=shared)

    def trial(self) -> "StatementBuilder":
        """A builder for conditions to be looked at and thrown away: it leaves this one as it is."""
        return StatementBuilder(self._model, self._visible, self._limits, self._variables)

    def is_enum(self, leaf: str) -> bool:
        return self._model.is_enum(leaf)


def _alias_name(source: FromClause) -> str:
    return str(source.name)  # type: ignore[attr-defined]
