"""Answering one GraphQL request: compiled root fields in one statement, ordinary resolvers beside them."""

import datetime
from collections.abc import Mapping
from typing import Any

from graphql import ExecutionResult, OperationType
from graphql.execution import execute
from graphql.execution.values import VariableValues
from graphql.language import DocumentNode, FieldNode, OperationDefinitionNode, SelectionSetNode
from graphql.pyutils import is_awaitable

from api.conditional import Conditional, Tags, entity_tag_held
from api.explain import Recording, explained
from api.masking import problem_to_tell
from api.pool import Database
from schema.access.visible import Viewer
from schema.compiler.document import Document, Refused
from schema.compiler.engine import Answer, Compiled, Engine, Query, resolved_parts, spliced
from schema.compiler.selection import Selected
from schema.context import Context
from schema.problem import Problem, ProblemCode


class Answering:
    """Answers requests of one schema from one database. Errors the caller cannot act on are logged whole and masked."""

    def __init__(self, engine: Engine, database: Database | Recording) -> None:
        self._engine = engine
        self._database = database
        self._preparing = _Preparing(engine.limits.waiting_requests)

    async def _explained(self, query: Query, viewer: Viewer, now: datetime.datetime) -> Answer:
        async def answer(recording: Recording, query: Query) -> Answer:
            return await Answering(self._engine, recording).answer(query, viewer, now, only_query=True)

        return await explained(self._engine, self._database, query, viewer, answer)

    async def answer(self, query: Query, viewer: Viewer, now: datetime.datetime, *, only_query: bool = False) -> Answer:
        """The answer to one request; never raises but for cancellation. ``only_query`` refuses mutations (GET)."""
        if query.explain:
            return await self._explained(query, viewer, now)
        run = self.begin(query, viewer, now, only_query=only_query)
        return run if isinstance(run, Answer) else await run.answer()

    def begin(
        self, query: Query, viewer: Viewer, now: datetime.datetime, *, only_query: bool = False, versioned: bool = False
    ) -> "Run | Answer":
        """The request understood and compiled, ready to run; or the answer that refuses it. Never raises.

        ``versioned`` lets it be answered conditionally, where the version of what it reads is known.
        """
        try:
            document, operation = self._engine.operation(query)
            if only_query and operation.operation is not OperationType.QUERY:
                raise Refused([Problem(ProblemCode.METHOD_NOT_ALLOWED, "GET serves queries only; send this by POST.")])
            if operation.operation is OperationType.SUBSCRIPTION:
                raise Refused([Problem(ProblemCode.OPERATION_RESOLUTION_FAILED, "This service has no subscriptions.")])
            variables = self._engine.variables(document, operation, query.variables)
        except Refused as refused:
            return Answer(None, tuple(refused.problems))
        except Exception as error:  # noqa: BLE001 - the edge: logged whole, masked for the caller
            return Answer(None, (problem_to_tell(error),))
        try:
            compiled = self._engine.compile(document, operation, variables, viewer, versioned=versioned)
            for one in compiled:
                self._engine.check_cost(one.plan, variables.coerced)
        except Exception as error:  # noqa: BLE001 - the edge: logged whole, masked for the caller
            return _failed(operation, error)
        database, preparing = self._database, self._preparing
        return Run(self._engine, database, preparing, document, operation, compiled, query, variables, viewer, now)


class _Preparing:
    """The queries whose records are being prepared, mostly in line for a solver; one more than the ceiling is refused.

    Entered by each; raises Problem UNAVAILABLE.
    """

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self._number = 0

    def __enter__(self) -> None:
        if self._number >= self._ceiling:
            raise Problem(ProblemCode.UNAVAILABLE, "The service is busy, too many routes wait already; try again.")
        self._number += 1

    def __exit__(self, *_: object) -> None:
        self._number -= 1


def _failed(operation: OperationDefinitionNode, error: Exception) -> Answer:
    # every root field that can fail is non-null or alone: the whole of data falls with it
    problem = problem_to_tell(error)
    roots = [one.alias or one.name for one in operation.selection_set.selections if isinstance(one, FieldNode)]
    if len(roots) == len(operation.selection_set.selections) == 1:
        problem.at((roots[0].value,))  # the database does not say which field it speaks of
    return Answer(b"null", (problem,))


class Run:
    """One operation, ready to run once."""

    def __init__(
        self,
        engine: Engine,
        database: Database | Recording,
        preparing: _Preparing,
        document: Document,
        operation: OperationDefinitionNode,
        compiled: tuple[Compiled, ...],
        query: Query,
        variables: VariableValues,
        viewer: Viewer,
        now: datetime.datetime,
    ) -> None:
        self._engine = engine
        self._database = database
        self._preparing = preparing
        self._document = document
        self._operation = operation
        self._compiled = compiled
        self._query = query
        self._variables = variables
        self._viewer = viewer
        self._now = now

    @property
    def is_query(self) -> bool:
        return self._operation.operation is OperationType.QUERY

    async def answer(self) -> Answer:
        """The answer; never raises but for cancellation."""
        try:
            return await (self._query_answer() if self.is_query else self._mutation_answer())
        except Exception as error:  # noqa: BLE001 - the edge: logged whole, masked for the caller
            return _failed(self._operation, error)

    async def conditional(self, tags: Tags, media_type: str, if_none_match: str | None) -> Conditional:
        """The answer and its tag, from one snapshot; no answer when the client holds that very one.

        What the client holds is compared by a small statement of its own, before the answer is made.
        """
        statement = self._compiled[0].statement
        if statement is None or statement.version is None:
            return Conditional(await self.answer(), None, None)
        try:
            values = self._engine.parameters(statement, self._variables.coerced, self._viewer, [])
            made_from = (statement.constants, *values)
            if if_none_match is not None:
                (version,) = await self._database.fetchrow(statement.version)
                tag = tags.tag(media_type, statement.text, made_from, version)
                if held := entity_tag_held(if_none_match, tag):
                    return Conditional(None, tag, held)
            row = await self._database.fetchrow(statement.text, *values)
        except Exception as error:  # noqa: BLE001 - the edge: logged whole, masked for the caller
            return Conditional(_failed(self._operation, error), None, None)
        answer = Answer(None, whole=statement.response(row))
        return Conditional(answer, tags.tag(media_type, statement.text, made_from, row["version"]), None)

    async def _query_answer(self) -> Answer:
        """Prepared records first, then the one statement, then what ordinary resolvers answer."""
        (compiled,) = self._compiled
        records: list[str] = []
        if compiled.plan.prepared:
            # no connection is held between statements: while one route is being solved, many others can read
            context = Context(self._viewer, self._now, self._engine, self._database)
            with self._preparing:
                records = [await self._engine.prepare(one, self._variables, context) for one in compiled.plan.prepared]
        cells: list[bytes] = []
        if compiled.statement is not None:
            cells = await self._engine.read(compiled, self._variables, self._viewer, self._database, records)
        if not compiled.separate:
            return Answer(None, whole=cells)
        parts = {key: cell for (key, _), cell in zip(compiled.plan.roots, cells, strict=True)}
        return await self._mixed(compiled, parts)

    async def _mixed(self, compiled: Compiled, parts: Mapping[str, bytes]) -> Answer:
        context = Context(self._viewer, self._now, self._engine)
        result = await self._resolve(compiled.plan.resolved, context)
        resolved, problems = resolved_parts(result, problem_to_tell)
        if result.data is None:
            return Answer(b"null", tuple(problems))
        return Answer(spliced(compiled.plan, {**parts, **resolved}), tuple(problems))

    async def _resolve(self, selection: tuple[Selected, ...], context: Context) -> ExecutionResult:
        """Run root fields without a binding by graphql-core's own executor."""
        nodes = tuple(node for selected in selection for node in selected.nodes)
        part = OperationDefinitionNode(
            operation=self._operation.operation,
            name=self._operation.name,
            variable_definitions=self._operation.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=nodes),
        )
        document = DocumentNode(definitions=(part, *self._document.fragments.values()))
        result = execute(
            self._engine.graphql, document, context_value=context, variable_values=dict(self._query.variables)
        )
        return await result if is_awaitable(result) else result  # type: ignore[return-value]

    async def _mutation_answer(self) -> Answer:
        """Each root field in a transaction of its own, in order; answered after its commit."""
        parts: list[bytes] = []
        for one in self._compiled:
            if one.separate:
                raise Problem(ProblemCode.INTERNAL, "A mutation without a binding cannot run.")
            async with self._database.transaction() as connection:
                raw = await connection.get_raw_connection()
                reader: Any = raw.driver_connection
                context = Context(self._viewer, self._now, self._engine, reader, connection)
                records = [
                    await self._engine.prepare(prepared, self._variables, context) for prepared in one.plan.prepared
                ]
                (cell,) = await self._engine.read(one, self._variables, self._viewer, reader, records)
            parts.append(cell)
        return Answer(parts[0] if len(parts) == 1 else _joined(parts))


def _joined(objects: list[bytes]) -> bytes:
    """Several JSON objects as one."""
    return b"{" + b",".join(one[1:-1] for one in objects) + b"}"
