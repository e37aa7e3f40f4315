"""The engine: from a request to the bytes of its answer.

document (cached) → variables coerced → plan and statement (cached by operation, shape of the variables and scope of the
viewer, never by person) → records prepared where a field needs Python first → one statement → bytes spliced unparsed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
)
from graphql.execution.values import VariableValues

from schema.compiler.arguments import Tree, Value, plain, shape_of, shape_of_size
from schema.compiler.candidates import Columns, candidates_statement
from schema.compiler.document import Document, Documents, Refused, located
from schema.compiler.kept import Kept
from schema.compiler.model import Model
from schema.compiler.plan import Plan, Prepared
from schema.compiler.planner import Planner
from schema.compiler.selection import Selected, Selector
from schema.compiler.statement import Statement, StatementBuilder, VersionOf, Visible
from schema.compiler.trusted import DocumentId, Manifest, TrustedDocuments
from schema.compiler.values import Binder
from schema.compiler.variables import check_size, first_use, read_plainly
from schema.limits import Limits
from schema.problem import Problem, ProblemCode, at_path, limit_exceeded

KEPT_PLAN_CHARACTERS = 1_000_000
"""Statements kept ready, by the length of their text; a plan is about ten times as heavy in memory."""
LONGEST_PLAN_KEPT = 25_000
"""Four times the flagship's."""
PLAN_CHARACTERS = 2_000
"""What the smallest plan is reckoned as."""


class Viewer(Protocol):
    @property
    def scope(self) -> str: ...

    def parameter(self, name: str) -> Any: ...


class Reader(Protocol):
    """Runs one statement and returns its one row; text columns come as bytes or str."""

    async def fetchrow(self, query: str, *args: Any) -> Any: ...

    async def fetch(self, query: str, *args: Any) -> Any: ...


@dataclass(frozen=True)
class Compiled:
    """A plan with its statement; ``separate`` gives one column a root field, for mixed operations.

    ``whole`` statements answer with the whole response, not with ``data`` alone.
    """

    plan: Plan
    statement: Statement | None
    separate: bool
    whole: bool


@dataclass(frozen=True)
class Answer:
    """The response's ``data`` as JSON bytes (None: the request failed before it could run) and its errors.

    ``extensions`` is a JSON object, None where there are none. ``whole`` are the pieces of a response that PostgreSQL
    has made whole, ``data`` is then None: what is long is not copied to put a few bytes around it.
    """

    data: bytes | None
    problems: tuple[Problem, ...] = ()
    extensions: bytes | None = None
    whole: Sequence[bytes] = ()

    @property
    def has_data(self) -> bool:
        """Whether the response has an entry ``data``, be it null."""
        return self.data is not None or bool(self.whole)

    def pieces(self) -> Sequence[bytes]:
        """The body, as it lies in memory."""
        return self.whole if self.whole and self.extensions is None else (self.body(),)

    def body(self) -> bytes:
        if self.whole:
            whole = b"".join(self.whole)
            return whole if self.extensions is None else whole[:-1] + b',"extensions":' + self.extensions + b"}"
        end = b"}" if self.extensions is None else b',"extensions":' + self.extensions + b"}"
        if not self.problems:
            return b'{"data":' + (self.data or b"null") + end
        errors = orjson.dumps([problem.as_graphql() for problem in self.problems])
        if self.data is None:
            return b'{"errors":' + errors + end
        return b'{"errors":' + errors + b',"data":' + self.data + end


@dataclass(frozen=True)
class Call:
    """A prepared field being called: its arguments as plain values, and as trees for what SQL must decide."""

    arguments: Mapping[str, Any]
    trees: Mapping[str, Tree]
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Query:
    """One request as it arrives: the document, its variables, and which operation of it.

    ``document`` is empty where only the id of a trusted one was sent. ``explain`` asks for the statements' plans too.
    """

    document: str
    variables: Mapping[str, Any]
    operation_name: str | None
    document_id: DocumentId | None = None
    explain: bool = False


class Engine:
    """Compiles operations of one schema. Holds caches only: nothing another process would miss."""

    def __init__(
        self,
        model: Model,
        visible: Callable[[str], Visible],
        limits: Limits,
        manifest: Manifest | None = None,
        version_of: VersionOf | None = None,
    ) -> None:
        """Raises ManifestError when a trusted document does not fit the schema or passes a limit.

        ``version_of`` gives statements their data's version; without it none has one.
        """
        self._model = model
        self._visible = visible
        self._limits = limits
        self._version_of = version_of
        self._documents = TrustedDocuments(Documents(model.graphql, limits), manifest)
        self._plans: Kept[tuple[Compiled, ...]] = Kept(KEPT_PLAN_CHARACTERS, LONGEST_PLAN_KEPT)

    @property
    def graphql(self) -> GraphQLSchema:
        return self._model.graphql

    @property
    def limits(self) -> Limits:
        return self._limits

    @property
    def kept(self) -> Mapping[str, Kept[Any]]:
        """The caches, by name."""
        return {"documents": self._documents.kept, "plans": self._plans}

    def operation(self, request: Query) -> tuple[Document, OperationDefinitionNode]:
        """The operation a request means; raises Refused."""
        document = self._documents.read(request.document, request.document_id)
        return document, document.operation(request.operation_name)

    def variables(
        self, document: Document, operation: OperationDefinitionNode, raw: Mapping[str, Any]
    ) -> VariableValues:
        """The variables coerced to the operation's types; raises Refused naming each one at fault."""
        check_size(raw, operation, document)
        read = read_plainly(document.variables[operation.name.value if operation.name else None], raw)
        if read is not None:
            return read
        values = get_variable_values(
            self._model.graphql, operation.variable_definitions or (), dict(raw), max_errors=20
        )
        if isinstance(values, list):
            raise Refused([_at_use(error, operation, document) for error in values])
        return values

    def compile(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        viewer: Viewer,
        *,
        versioned: bool = False,
    ) -> tuple[Compiled, ...]:
        """The plans and statements for this shape of variables, from the cache or new.

        One for a query, whatever its root fields; one for each root field of a mutation, which run in their order.
        ``versioned`` statements tell the version of the data they read, where that is known (``Statement.version``).
        """
        # by the text, not by the tree: a plan must not keep the document's tree, which is far heavier than itself
        name = operation.name.value if operation.name else None
        key = (document.text, name, viewer.scope, versioned, self._shape(operation, variables, document))
        found = self._plans.get(key)
        if found is None:
            found = self._compile(document, operation, variables, viewer.scope, versioned)
            length = sum(len(one.statement.text) for one in found if one.statement)
            self._plans.put(key, found, len(document.text) + length + PLAN_CHARACTERS)
        return found

    def _compile(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        scope: str,
        versioned: bool,
    ) -> tuple[Compiled, ...]:
        root = self._model.graphql.get_root_type(operation.operation)
        assert root is not None, "validation has seen that the root type exists"
        selector = Selector(self._model.graphql, document.fragments, variables, self._limits.selected_fields)
        selection = selector.select(root, (operation.selection_set,))
        is_query = operation.operation is OperationType.QUERY
        groups = [selection] if is_query else [(one,) for one in selection]
        version_of = self._version_of if versioned else None
        return tuple(self._one(root.name, group, variables, scope, is_query, version_of) for group in groups)

    def _one(
        self,
        root: str,
        group: tuple[Selected, ...],
        variables: VariableValues,
        scope: str,
        is_query: bool,
        version_of: VersionOf | None,
    ) -> Compiled:
        plan = Planner(self._model, self._limits, variables.coerced).plan(root, group)
        builder = StatementBuilder(self._model, self._visible(scope), self._limits, variables.coerced)
        separate = bool(plan.resolved)
        whole = is_query and not separate
        statement = None
        if whole:
            # what Python prepares is not in the tables, so nothing tells when it changes
            statement = builder.build_whole(plan, None if plan.prepared else version_of)
        elif plan.roots or not separate:
            statement = builder.build_separate(plan) if separate else builder.build(plan)
        return Compiled(plan, statement, separate, whole)

    def _shape(self, operation: OperationDefinitionNode, variables: VariableValues, document: Document) -> Any:
        coerced = variables.coerced
        signatures = document.variables[operation.name.value if operation.name else None]
        given = ((one.name, one.type, coerced[one.name]) for one in signatures if one.name in coerced)
        return tuple(
            (name, shape_of_size(value) if name in document.sizes else shape_of(value, type_))
            for name, type_, value in given
        )

    def check_cost(self, plan: Plan, variables: Mapping[str, Any]) -> None:
        """Refuses an operation that may touch more rows than the ceiling, before it touches any."""
        cost = plan.cost(variables)
        if cost > self._limits.cost_ceiling:
            raise limit_exceeded(
                "The cost of an operation, in rows it may read,",
                self._limits.cost_ceiling,
                cost,
                "Ask for smaller pages.",
            )

    def parameters(
        self, statement: Statement, variables: Mapping[str, Any], viewer: Viewer, records: list[str]
    ) -> list[Any]:
        """The values of a statement's parameters for one request; raises Problem at the field's path."""
        values: list[Any] = []
        for parameter in statement.parameters:
            if isinstance(parameter, Binder):
                try:
                    values.append(parameter.convert(parameter.value.read(variables), parameter.value.argument))
                except Problem as problem:
                    # candidates' parameters have no path of their own: it is the path of the field they are for
                    raise (problem.at(parameter.path) if parameter.path else problem) from None
            elif isinstance(parameter, int):
                values.append(records[parameter])
            else:
                values.append(viewer.parameter(parameter))
        return values

    async def read(
        self, compiled: Compiled, variables: VariableValues, viewer: Viewer, reader: Reader, records: list[str]
    ) -> list[bytes]:
        """Runs the one statement: the pieces of the whole response, or the JSON of each compiled root field."""
        assert compiled.statement is not None
        values = self.parameters(compiled.statement, variables.coerced, viewer, records)
        row = await reader.fetchrow(compiled.statement.text, *values)
        if compiled.whole:
            return compiled.statement.response(row)
        return [cell if isinstance(cell, bytes) else cell.encode() for cell in row]

    async def prepare(self, prepared: Prepared, variables: VariableValues, context: Any) -> str:
        """The record of a prepared field as JSON; raises Problem at the field's path."""
        trees = prepared.arguments
        with at_path(prepared.path):
            given = {name: plain(tree, variables.coerced) for name, tree in trees.items()}
            record = await prepared.binding.prepare(context, Call(given, trees, variables.coerced))
        return orjson.dumps(record).decode()

    async def candidates(
        self,
        entity_name: str,
        call: Call,
        viewer: Viewer,
        reader: Reader,
        *,
        filter: Tree,
        ids: Value | None,
        columns: Columns,
        ceiling: int,
    ) -> list[Any]:
        """Rows of an entity for Python to work on; one more than ``ceiling`` means that there are too many."""
        builder = StatementBuilder(self._model, self._visible(viewer.scope), self._limits, call.variables)
        entity = self._model.entity(entity_name)
        statement = candidates_statement(builder, entity, filter=filter, ids=ids, columns=columns, ceiling=ceiling)
        values = self.parameters(statement, call.variables, viewer, [])
        return list(await reader.fetch(statement.text, *values))


def spliced(plan: Plan, parts: Mapping[str, bytes]) -> bytes:
    """``data`` of a mixed operation, in the order the document asks for."""
    return b"{" + b",".join(b'"' + key.encode() + b'":' + parts[key] for key in plan.keys) + b"}"


def resolved_parts(
    result: ExecutionResult, problem_of: Callable[[Exception], Problem]
) -> tuple[dict[str, bytes], list[Problem]]:
    """What ordinary resolvers answered, by response key, and what they raised, as ``problem_of`` tells the caller."""
    problems = []
    for error in result.errors or []:
        problem = located(error, ProblemCode.INTERNAL, None)
        if error.original_error is not None:
            cause = problem_of(error.original_error)
            problem.code, problem.message, problem.argument = cause.code, cause.message, cause.argument
            problem.details = cause.details
        problems.append(problem)
    return {key: orjson.dumps(value) for key, value in (result.data or {}).items()}, problems


def _at_use(error: GraphQLError, operation: OperationDefinitionNode, document: Document) -> Problem:
    """A variable's error at the path of the first field that uses it, and the variable as ``argument``."""
    problem = located(error, ProblemCode.BAD_USER_INPUT, None)
    name = next((node.variable.name.value for node in error.nodes or () if hasattr(node, "variable")), None)
    problem.path = first_use(name, operation, document)
    problem.argument = f"${name}" if name else None
    return problem
