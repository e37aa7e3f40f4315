"""Arguments as trees whose leaves are read from each request's variables.

The structure of an argument (which members a filter has, how many keys an order has) decides the statement, and so does
the magnitude of a page's size; other values only fill its bind parameters. A plan is therefore cached by the *shape* of
the variables, and its leaves know how to read their value from the variables of any request of that shape.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
)
from graphql.execution.values import VariableValues
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from schema.problem import bad_input

Variables = Mapping[str, Any]
Read = Callable[[Variables], Any]


@dataclass(frozen=True, eq=False)
class Value:
    """A leaf: how to read it from a request's coerced variables, and where it stands in the input.

    ``decides`` says that its value belongs to the shape, so that a plan may be made by it.
    """

    read: Read
    argument: str
    decides: bool = False

    def structural(self, variables: Variables) -> Any:
        """The value, for a plan to be made by."""
        assert self.decides, f"{self.argument} is no part of the shape: another value would meet this plan"
        return self.read(variables)

    def magnitude(self, variables: Variables) -> int | None:
        """Of a page's size: ``magnitude`` of it, for a plan to be made by."""
        return magnitude(self.read(variables))


MAGNITUDES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250)
"""Sizes of pages people ask for: at them a magnitude is the number itself. The rows of a larger page cost more than any
choice of plan."""


def magnitude(number: int) -> int | None:
    """The least of ``MAGNITUDES`` that a number does not pass, None beyond them."""
    place = bisect_left(MAGNITUDES, number)
    return MAGNITUDES[place] if place < len(MAGNITUDES) else None


Made = dict[tuple[str, str, str], "Tree"]
"""Trees of variables of input types, by variable, type and argument: one may filter every page of an operation."""

Tree = Value | dict[str, "Tree"] | list["Tree"] | None
"""A scalar leaf, an input object, a list of input objects, or null. An absent member has no entry."""


def _nullable(type_: GraphQLInputType) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _has_structure(type_: GraphQLInputType) -> bool:
    """Whether values of the type have members that decide the statement."""
    type_ = _nullable(type_)
    if isinstance(type_, GraphQLList):
        return _has_structure(type_.of_type)
    return isinstance(type_, GraphQLInputObjectType)


def decides_statement(type_: GraphQLInputType) -> bool:
    """Whether the very value belongs to the shape: booleans, and enums outside filters."""
    type_ = _nullable(type_)
    if isinstance(type_, GraphQLList):
        return decides_statement(type_.of_type)
    return type_ is GraphQLBoolean or (
        isinstance(type_, GraphQLEnumType)
        and (type_.name.endswith(("OrderField", "Dimension")) or type_.name in ("OrderDirection", "CoordinateSystem"))
    )


def shape_of_size(value: Any) -> Hashable:
    """What of a coerced value decides the statement where it is the size of a page."""
    return (magnitude(value),) if isinstance(value, int) else None


def shape_of(value: Any, type_: GraphQLInputType) -> Hashable:
    """What of a coerced value decides the statement, as a key."""
    type_ = _nullable(type_)
    if value is None or value is Undefined:
        return None
    if isinstance(type_, GraphQLInputObjectType):
        return tuple((name, shape_of(item, type_.fields[name].type)) for name, item in sorted(value.items()))
    if decides_statement(type_):
        return tuple(value) if isinstance(value, list) else value
    if isinstance(type_, GraphQLList) and _has_structure(type_.of_type):
        return tuple(shape_of(item, type_.of_type) for item in value)
    return True


def _member_reader(read: Read, member: str | int) -> Read:
    return lambda variables: read(variables)[member]


def _constant_reader(value: Any) -> Read:
    return lambda _: value


def _from_value(value: Any, type_: GraphQLInputType, read: Read, argument: str) -> Tree:
    """The tree of a variable's coerced value; leaves read the same place of any request's variables."""
    type_ = _nullable(type_)
    if value is None:
        return None
    if isinstance(type_, GraphQLInputObjectType):
        return {
            name: _from_value(
                item,
                type_.fields[name].type,
                _member_reader(read, name),
                f"{argument}.{name}",
            )
            for name, item in value.items()
        }
    if isinstance(type_, GraphQLList) and _has_structure(type_.of_type):
        return [
            _from_value(item, type_.of_type, _member_reader(read, index), f"{argument}[{index}]")
            for index, item in enumerate(value)
        ]
    return Value(read, argument, decides_statement(type_))


def _from_literal(
    node: ValueNode, type_: GraphQLInputType, variables: VariableValues, argument: str, made: Made
) -> Tree | Any:
    """The tree of a literal, or ``Undefined`` where it is a variable that was not given."""
    if isinstance(node, VariableNode):
        name = node.name.value
        if name not in variables.coerced:
            return Undefined
        _refuse_null(node, type_, variables, argument)
        if not _has_structure(type_):  # a leaf is its field's own: a cursor is read by the order of its page
            return _from_value(variables.coerced[name], type_, lambda v: v[name], argument)
        key = (name, get_named_type(type_).name, argument)
        if key not in made:
            made[key] = _from_value(variables.coerced[name], type_, lambda v: v[name], argument)
        return made[key]
    if isinstance(node, NullValueNode):
        return None
    type_ = _nullable(type_)
    if isinstance(type_, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
        given = {field.name.value: field.value for field in node.fields}
        tree: dict[str, Any] = {}
        for name, input_field in type_.fields.items():
            item = (
                _from_literal(given[name], input_field.type, variables, f"{argument}.{name}", made)
                if name in given
                else Undefined
            )
            if item is Undefined:
                default = coerce_default_value(input_field)
                if default is Undefined:
                    continue
                item = _from_value(default, input_field.type, _constant_reader(default), f"{argument}.{name}")
            tree[name] = item
        return tree
    if isinstance(type_, GraphQLList) and _has_structure(type_.of_type):
        items = node.values if isinstance(node, ListValueNode) else (node,)
        return [
            _from_literal(item, type_.of_type, variables, f"{argument}[{index}]", made)
            for index, item in enumerate(items)
        ]
    if _mentions_variable(node):
        _refuse_null(node, type_, variables, argument)
        read: Read = lambda v: coerce_input_literal(node, type_, VariableValues({}, dict(v)))  # noqa: E731
        return Value(read, argument, decides_statement(type_))
    constant = coerce_input_literal(node, type_)
    return None if constant is None else Value(lambda _: constant, argument, decides=True)


def _refuse_null(node: ValueNode, type_: GraphQLInputType, variables: VariableValues, argument: str) -> None:
    """A variable with a default may stand where null may not (section 5.8.5) and still be given as null."""
    if isinstance(node, VariableNode):
        name = node.name.value
        if isinstance(type_, GraphQLNonNull) and variables.coerced.get(name) is None:
            raise bad_input(f"`${name}` is null where a value is needed.", argument=argument)
    elif isinstance(node, ListValueNode) and isinstance(_nullable(type_), GraphQLList):
        for index, item in enumerate(node.values):
            _refuse_null(item, _nullable(type_).of_type, variables, f"{argument}[{index}]")


def _mentions_variable(node: ValueNode) -> bool:
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, ListValueNode):
        return any(_mentions_variable(item) for item in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_mentions_variable(field.value) for field in node.fields)
    return False


def argument_trees(definition: GraphQLField, node: FieldNode, variables: VariableValues, made: Made) -> dict[str, Tree]:
    """The arguments of a field as trees; absent arguments take their default or have no entry. Raises Problem."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    trees: dict[str, Any] = {}
    for name, argument in definition.args.items():
        tree = _from_literal(given[name], argument.type, variables, name, made) if name in given else Undefined
        if tree is Undefined:
            default = coerce_default_value(argument)
            if default is Undefined:
                continue
            tree = _from_value(default, argument.type, _constant_reader(default), name)
        trees[name] = tree
    return trees


def leaves(tree: Tree) -> Iterator[Value]:
    """All leaves of a tree."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from leaves(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from leaves(item)


def plain(tree: Tree, variables: Variables) -> Any:
    """A tree with its leaves read: the argument as an ordinary Python value."""
    if isinstance(tree, Value):
        return tree.read(variables)
    if isinstance(tree, dict):
        return {name: plain(item, variables) for name, item in tree.items()}
    if isinstance(tree, list):
        return [plain(item, variables) for item in tree]
    return None
