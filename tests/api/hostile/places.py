"""Every place of the schema where a client may write a value, each reached by the shortest request.

Read from the schema itself, so that a new field is attacked the day it is added. An input type met a second time is
not entered again: its members would be coerced and compiled by the same code.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.api.hostile.values import in_order

Step = tuple[str, GraphQLField]


@dataclass(frozen=True)
class Place:
    """One argument or input field: ``steps`` lead to the field that takes ``argument``, ``members`` into its value."""

    operation: str
    steps: tuple[Step, ...]
    argument: str
    members: tuple[str, ...]
    type: Any

    @property
    def root(self) -> str:
        """The root field, which is also the first key of the response."""
        return self.steps[0][0]

    @property
    def name(self) -> str:
        """The argument's or input field's own name."""
        return self.members[-1] if self.members else self.argument

    def __str__(self) -> str:
        return ".".join((*(name for name, _ in self.steps), "(" + ".".join((self.argument, *self.members)) + ")"))

    @property
    def argument_type(self) -> Any:
        return self.steps[-1][1].args[self.argument].type

    def filled(self, value: Any) -> Any:
        """The whole argument with ``value`` at the place and the least that is in order around it."""
        return _filled(self.argument_type, self.members, value)

    def by_variable(self) -> str:
        """The document that takes the argument from ``$it``."""
        return self._document(f"({self.argument}: $it)", f"($it: {self.argument_type})")

    def by_literal(self, value: Any) -> str:
        """The document with the value written into it."""
        return self._document(f"({self.argument}: {literal(self.argument_type, self.filled(value))})", "")

    def _document(self, arguments: str, variables: str) -> str:
        (*before, (name, field)) = self.steps
        others = _required(field, but=self.argument)
        text = f"{name}{arguments[:-1]}{', ' if others else ''}{others}){_leaves(field)}"
        for outer_name, outer in reversed(before):
            required = _required(outer)
            text = f"{outer_name}{f'({required})' if required else ''} {{ {text} }}"
        return f"{self.operation} Attack{variables} {{ {text} }}"


def places(schema: GraphQLSchema) -> list[Place]:
    """All places, those of root fields first."""
    found: list[Place] = []
    entered: set[str] = set()
    for operation, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        assert root is not None
        for steps in _fields_with_arguments(root):
            for name, argument in steps[-1][1].args.items():
                found.extend(_within(operation, steps, name, argument, entered))
    return found


def _fields_with_arguments(root: GraphQLObjectType) -> Iterator[tuple[Step, ...]]:
    waiting: deque[tuple[GraphQLObjectType, tuple[Step, ...]]] = deque([(root, ())])
    reached = {root.name}
    while waiting:
        type_, steps = waiting.popleft()
        for name, field in type_.fields.items():
            here = (*steps, (name, field))
            if field.args:
                yield here
            beneath = get_named_type(field.type)
            if isinstance(beneath, GraphQLObjectType) and beneath.name not in reached:
                reached.add(beneath.name)
                waiting.append((beneath, here))


def _within(
    operation: str, steps: tuple[Step, ...], name: str, argument: GraphQLArgument, entered: set[str]
) -> Iterator[Place]:
    waiting: deque[tuple[Any, tuple[str, ...]]] = deque([(argument.type, ())])
    while waiting:
        type_, members = waiting.popleft()
        yield Place(operation, steps, name, members, type_)
        inner = get_named_type(type_)
        if isinstance(inner, GraphQLInputObjectType) and inner.name not in entered:
            entered.add(inner.name)
            waiting.extend((field.type, (*members, member)) for member, field in inner.fields.items())


def _filled(type_: Any, members: tuple[str, ...], value: Any) -> Any:
    if not members:
        return value
    if isinstance(type_, GraphQLNonNull):
        return _filled(type_.of_type, members, value)
    if isinstance(type_, GraphQLList):
        return [_filled(type_.of_type, members, value)]
    assert isinstance(type_, GraphQLInputObjectType)
    around = {} if type_.is_one_of else in_order(type_)
    return around | {members[0]: _filled(type_.fields[members[0]].type, members[1:], value)}


def _required(field: GraphQLField, but: str | None = None) -> str:
    return ", ".join(
        f"{name}: {literal(argument.type, in_order(argument.type))}"
        for name, argument in field.args.items()
        if name != but and is_required_argument(argument)
    )


def _leaves(field: GraphQLField) -> str:
    """A selection of what needs no argument, and of the rows of a page."""
    type_ = get_named_type(field.type)
    if not isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
        return ""
    parts = [name for name, one in type_.fields.items() if is_leaf_type(get_named_type(one.type)) and not one.args]
    if "nodes" in type_.fields:
        parts += ["nodes { id }", "pageInfo { startCursor hasNextPage }"]
    return " { " + " ".join(["__typename", *parts]) + " }"


def literal(type_: Any, value: Any) -> str:
    """A value in GraphQL's own notation; a string is an enum's name where the type says so and it can be one."""
    while isinstance(type_, (GraphQLNonNull, GraphQLList)):
        type_ = type_.of_type
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if isinstance(type_, GraphQLEnumType) and value.isidentifier() and value.isascii():
            return value
        return _string(value)
    if isinstance(value, list):
        return "[" + ", ".join(literal(type_, item) for item in value) + "]"
    if isinstance(value, dict):
        fields = type_.fields if isinstance(type_, GraphQLInputObjectType) else {}
        members = (
            f"{name}: {literal(fields[name].type if name in fields else None, one)}" for name, one in value.items()
        )
        return "{" + ", ".join(members) + "}"
    return repr(value)


def _string(text: str) -> str:
    units = (unit for character in text for unit in _units(character))
    return '"' + "".join(units) + '"'


def _units(character: str) -> Iterator[str]:
    """Escaped wherever it is not plain ASCII: what the lexer makes of the escapes is part of the attack."""
    if character in '"\\':
        yield "\\" + character
    elif " " <= character <= "~":
        yield character
    else:
        raw = character.encode("utf-16-be", "surrogatepass")
        for at in range(0, len(raw), 2):
            yield f"\\u{raw[at]:02x}{raw[at + 1]:02x}"
