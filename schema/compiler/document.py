"""Documents: parsed and validated once, kept by their text; and where in a document an error belongs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature

from schema.compiler.kept import Kept
from schema.compiler.literals import MEMBERS, RULES, argument_path
from schema.limits import Limits
from schema.problem import Problem, ProblemCode, limit_exceeded

ERROR_CEILING = 20
KEPT_CHARACTERS, LONGEST_KEPT = 250_000, 25_000
"""A document with its plan holds some 200 bytes for each of its characters: this is about 50 MB of a worker, and a few
hundred documents of an ordinary application."""


class Refused(Exception):
    """A request that cannot begin: its problems, none of which has data beside it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


@dataclass(frozen=True)
class Document:
    """A valid document: its operations by name and its fragments."""

    text: str
    node: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str | None, tuple[GraphQLVariableSignature, ...]]
    """Of each operation."""
    sizes: frozenset[str]
    """Variables that are the size of some page."""

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of a name, or the only one."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            message = "The document has several operations; name one in `operationName`."
        elif name in self.operations:
            return self.operations[name]
        else:
            message = f"The document has no operation named '{name}'."
        raise Refused([Problem(ProblemCode.OPERATION_RESOLUTION_FAILED, message)])


class Documents:
    """The documents of a schema, the most recent ready, as many as ``KEPT_CHARACTERS`` of text."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self.kept: Kept[Document] = Kept(KEPT_CHARACTERS, LONGEST_KEPT)

    def read(self, text: str) -> Document:
        """The document of a text. Raises Refused."""
        document = self.kept.get(text)
        if document is None:
            document = self.parsed(text)
            self.kept.put(text, document, len(text))
        return document

    def parsed(self, text: str) -> Document:
        """The document of a text, parsed and validated anew and not kept. Raises Refused."""
        try:
            node = parse(text, max_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            raise Refused([located(error, ProblemCode.GRAPHQL_PARSE_FAILED, None)]) from error
        except RecursionError as error:
            raise Refused([Problem(ProblemCode.GRAPHQL_PARSE_FAILED, "The document is nested too deeply.")]) from error
        check_limits(node, self._limits)
        try:
            errors = validate(self._schema, node, RULES, max_errors=ERROR_CEILING)
        except RecursionError as error:
            raise Refused(
                [Problem(ProblemCode.GRAPHQL_VALIDATION_FAILED, "The document is nested too deeply.")]
            ) from error
        if errors and errors[-1].message == "Validation aborted.":
            raise Refused(
                [Problem(ProblemCode.LIMIT_EXCEEDED, "The document repeats too many fields; select each once.")]
            )
        if errors:
            raise Refused([located(error, ProblemCode.GRAPHQL_VALIDATION_FAILED, node) for error in errors])
        operations: dict[str | None, OperationDefinitionNode] = {}
        fragments: dict[str, FragmentDefinitionNode] = {}
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                operations[definition.name.value if definition.name else None] = definition
            elif isinstance(definition, FragmentDefinitionNode):
                fragments[definition.name.value] = definition
        variables = {
            name: tuple(self._signature(one) for one in operation.variable_definitions or ())
            for name, operation in operations.items()
        }
        sizes = _Sizes()
        visit(node, sizes)
        return Document(text, node, operations, fragments, variables, frozenset(sizes.names))

    def _signature(self, definition: VariableDefinitionNode) -> GraphQLVariableSignature:
        signature = get_variable_signature(self._schema, definition)
        assert isinstance(signature, GraphQLVariableSignature), "validation has seen that it is of an input type"
        return signature


class _Sizes(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.name.value in ("first", "last") and isinstance(node.value, VariableNode):
            self.names.add(node.value.name.value)


def located(error: GraphQLError, code: ProblemCode, document: DocumentNode | None) -> Problem:
    """An error of graphql-core as a Problem: its locations, the path of its field, the argument at fault."""
    locations = [{"line": at.line, "column": at.column} for at in error.locations or []]
    field, argument = around(document, error.nodes[0]) if document is not None and error.nodes else (None, None)
    # a message quotes what was sent, and that may be what no answer can hold
    message = error.message.encode("utf-8", "backslashreplace").decode()
    problem = Problem(code, message, path=error.path or field)
    if argument is not None:
        problem.argument = argument_path(argument, (error.extensions or {}).get(MEMBERS, ()))
    problem.locations = locations
    return problem


def around(
    document: DocumentNode, wanted: Node, entered: frozenset[str] = frozenset()
) -> tuple[list[str | int] | None, str | None]:
    """Where a node stands: the response keys from the root to the field around it, and that field's argument.

    Each is None where the node stands in none. A fragment stands where it is first spread; ``entered`` are those
    already followed outwards, since a document at fault may spread them in a circle.
    """
    if wanted.loc is None:
        return None, None
    start, end = wanted.loc.start, wanted.loc.end
    keys: list[str | int] = []
    arguments: list[str] = []
    within: list[str] = []
    spreads: dict[str, FragmentSpreadNode] = {}

    def holds(node: Node) -> bool:
        return node.loc is not None and node.loc.start <= start and end <= node.loc.end

    class Around(Visitor):
        def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> None:
            if holds(node):
                within.append(node.name.value)

        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            spreads.setdefault(node.name.value, node)

        def enter_field(self, node: FieldNode, *_: Any) -> None:
            if holds(node):
                keys.append(node.alias.value if node.alias else node.name.value)

        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            if holds(node):
                arguments.append(node.name.value)

    visit(document, Around())
    if within and within[0] in spreads and within[0] not in entered:
        outer, _ = around(document, spreads[within[0]], entered | {within[0]})
        keys = [*(outer or ()), *keys]
    return keys or None, arguments[-1] if arguments else None


def check_limits(document: DocumentNode, limits: Limits) -> None:
    """Depth and aliases, with every fragment measured once: linear, where following each spread is exponential."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    measured: dict[str, tuple[int, int]] = {}

    def measure(selection_set: SelectionSetNode | None, open_: frozenset[str]) -> tuple[int, int]:
        depth = aliases = 0
        for node in _selections(selection_set):
            if isinstance(node, FieldNode):
                below, more = measure(node.selection_set, open_)
                below, more = below + 1, more + (1 if node.alias else 0)
            elif isinstance(node, InlineFragmentNode):
                below, more = measure(node.selection_set, open_)
            else:
                assert isinstance(node, FragmentSpreadNode)
                below, more = spread(node.name.value, open_)
            depth, aliases = max(depth, below), aliases + more
        return depth, aliases

    def spread(name: str, open_: frozenset[str]) -> tuple[int, int]:
        if name in open_ or name not in fragments:  # cycles and unknown names are validation's to refuse
            return 0, 0
        if name not in measured:
            measured[name] = measure(fragments[name].selection_set, open_ | {name})
        return measured[name]

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            try:
                depth, aliases = measure(definition.selection_set, frozenset())
            except RecursionError as error:
                raise Refused([limit_exceeded("The depth of a document", limits.depth, 1000, "Nest less.")]) from error
            if depth > limits.depth:
                raise Refused(
                    [limit_exceeded("The depth of an operation", limits.depth, depth, "Ask in two requests.")]
                )
            if aliases > limits.aliases:
                raise Refused(
                    [limit_exceeded("The number of aliases", limits.aliases, aliases, "Ask in several requests.")]
                )


def _selections(selection_set: SelectionSetNode | None) -> Iterator[Node]:
    return iter(selection_set.selections if selection_set else ())
