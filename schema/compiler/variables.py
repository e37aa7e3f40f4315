"""Variables, measured before they are read by their types, and found where an operation uses them."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    SKIP,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    Visitor,
    VisitorAction,
    visit,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities import coerce_input_value

from schema.compiler.document import Document, Refused, around
from schema.problem import Problem, limit_exceeded

DEPTH_CEILING, OBJECT_CEILING, VALUE_CEILING = 120, 1_000, 25_000
"""Of all variables together, positions of geometries apart: reading each value by its type takes its time, and nobody
else is answered meanwhile."""


def check_size(variables: Mapping[str, Any], operation: OperationDefinitionNode, document: Document) -> None:
    """Refuses variables that are cheap to send and dear to read. Raises Refused, LIMIT_EXCEEDED at the use."""
    objects = values = 0
    for name, variable in variables.items():
        waiting: list[tuple[Any, int]] = [(variable, 1)]
        while waiting:
            value, depth = waiting.pop()
            values += 1
            if isinstance(value, dict):
                objects += 1
                # the positions of a geometry have a ceiling of their own
                waiting.extend((item, depth + 1) for key, item in value.items() if key != "coordinates")
            elif isinstance(value, list):
                waiting.extend((item, depth + 1) for item in value)
            if depth > DEPTH_CEILING or objects > OBJECT_CEILING or values > VALUE_CEILING:
                raise Refused([_too_much(name, depth, objects, values, operation, document)])


def _too_much(
    name: str, depth: int, objects: int, values: int, operation: OperationDefinitionNode, document: Document
) -> Problem:
    what, ceiling, number = next(
        passed
        for passed in (
            ("The nesting of variables", DEPTH_CEILING, depth),
            ("The number of objects in variables", OBJECT_CEILING, objects),
            ("The number of values in variables", VALUE_CEILING, values),
        )
        if passed[2] > passed[1]
    )
    problem = limit_exceeded(what, ceiling, number, "Ask in several requests.")
    problem.argument, problem.path = f"${name}", first_use(name, operation, document)
    return problem


class _NotPlain(Exception):
    """A value that only graphql-core's own reading can judge."""


def read_plainly(signatures: tuple[GraphQLVariableSignature, ...], raw: Mapping[str, Any]) -> VariableValues | None:
    """The variables by their types, as ``get_variable_values`` reads them, when all are given and right; else None.

    It takes a third of the time, for it neither looks up the types anew nor prepares to tell what is wrong.
    """
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for signature in signatures:
        name = signature.name
        if name not in raw:
            return None
        value = raw[name]
        try:
            coerced[name] = _plain(value, signature.type)
        except _NotPlain:
            return None
        sources[name] = VariableValueSource(signature, value)
    return VariableValues(sources, coerced)


_PLAIN: dict[Any, type] = {GraphQLFloat: float, GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Python's own type of a value that needs no conversion."""


def _plain(value: Any, type_: Any) -> Any:
    if isinstance(type_, GraphQLNonNull):
        if value is None:
            raise _NotPlain
        type_ = type_.of_type
    elif value is None:
        return None
    if isinstance(type_, GraphQLList):
        if type(value) is not list:
            raise _NotPlain
        item = type_.of_type
        return [_plain(one, item) for one in value]
    if type(value) is _PLAIN.get(type_) or (type_ is GraphQLInt and type(value) is int and -INT < value < INT):
        return value
    read = coerce_input_value(value, type_)
    if read is Undefined:
        raise _NotPlain
    return read


INT = 2**31 - 1


def first_use(name: str | None, operation: OperationDefinitionNode, document: Document) -> tuple[str | int, ...] | None:
    """The path of the first field of an operation, or of a fragment it spreads, that uses a variable."""
    found: list[VariableNode] = []

    class Use(Visitor):
        def enter_variable_definition(self, *_: Any) -> VisitorAction:
            return SKIP

        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            if node.name.value == name:
                found.append(node)

    for definition in document.node.definitions:
        if not isinstance(definition, OperationDefinitionNode) or definition is operation:
            visit(definition, Use())
    path, _ = around(document.node, found[0]) if found else (None, None)
    return tuple(path) if path else None
