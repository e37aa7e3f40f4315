"""Variables, measured before they are read by their types, and found where an operation uses them."""

from collections.abc import Mapping
from typing import Any

from graphql import SKIP, OperationDefinitionNode, VariableNode, Visitor, VisitorAction, visit

from schema.compiler.document import Document, Refused, around
from schema.problem import limit_exceeded

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
            for what, ceiling, number in (
                ("The nesting of variables", DEPTH_CEILING, depth),
                ("The number of objects in variables", OBJECT_CEILING, objects),
                ("The number of values in variables", VALUE_CEILING, values),
            ):
                if number > ceiling:
                    problem = limit_exceeded(what, ceiling, number, "Ask in several requests.")
                    problem.argument, problem.path = f"${name}", first_use(name, operation, document)
                    raise Refused([problem])


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
