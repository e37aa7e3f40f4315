"""Whole requests over the published schema, drawn by hypothesis: documents and their variables."""

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)
from hypothesis import strategies as st

from tests.schema.reference.drawing import Draw, Values, item_of, nullable
from tests.schema.reference.fields import TYPES

LEFT_OUT = {"siteVisitRoute", "layers"}
"""Answered by Python, not by a statement alone."""


@dataclass
class Request:
    """A request as it would be sent."""

    document: str
    variables: dict[str, Any]
    role: str


@dataclass
class Drawing:
    """One request being drawn."""

    draw: Draw
    schema: GraphQLSchema
    values: Values
    definitions: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    names: int = 0

    def chance(self, of: int) -> bool:
        """True once in so many; shrinks to False."""
        return bool(self.draw(st.integers(0, of - 1)) == of - 1)

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # Selections

    def selection(self, type_: GraphQLObjectType, depth: int, *, alone: bool) -> str:
        """``{ … }`` over an object type; ``alone`` when no other selection can merge with it."""
        usable = [
            name
            for name, one in type_.fields.items()
            if name not in LEFT_OUT and (depth > 1 or not is_composite_type(get_named_type(one.type)))
        ]
        if not usable:
            return "{ __typename }"
        chosen = self.draw(st.lists(st.sampled_from(usable), min_size=1, max_size=4))
        taken: set[str] = set()
        parts = []
        for name in chosen:
            aliased = not alone or name in taken or self.chance(6)
            taken.add(name)
            part = self.field(type_, name, depth, aliased=aliased)
            parts.append(self.wrapped(type_, part))
        if self.chance(5):
            parts.append("__typename")
        if self.chance(8) and type_.name in TYPES:
            parts.append("... on Node { id }")
        return "{ " + " ".join(parts) + " }"

    def wrapped(self, type_: GraphQLObjectType, part: str) -> str:
        """A field as it is, or within a fragment."""
        if not self.chance(8):
            return part
        condition = "Node" if self.chance(4) and type_.name in TYPES else type_.name
        body = f"{{ ... on {type_.name} {{ {part} }} }}" if condition == "Node" else f"{{ {part} }}"
        if self.chance(2):
            name = self.name("F")
            self.fragments.append(f"fragment {name} on {condition} {body}")
            return f"...{name}{self.directive()}"
        return f"... on {condition}{self.directive()} {body}"

    def directive(self) -> str:
        if not self.chance(6):
            return ""
        word = self.draw(st.sampled_from(["include", "skip"]))
        value = self.draw(st.booleans())
        if self.chance(2):
            return f" @{word}(if: {json.dumps(value)})"
        return f" @{word}(if: {self.variable('Boolean!', value, 'true')})"

    def field(self, owner: GraphQLObjectType, name: str, depth: int, *, aliased: bool) -> str:
        definition = owner.fields[name]
        alias = f"{self.name('a')}: " if aliased else ""
        head = f"{alias}{name}{self.arguments(owner.name, name, definition)}{self.directive()}"
        type_ = get_named_type(definition.type)
        if not is_composite_type(type_):
            return head
        twice = alias and self.chance(6) and isinstance(type_, GraphQLObjectType)
        body = self.beneath(type_, depth)
        return f"{head} {body}" + (f" {head} {{ __typename }}" if twice else "")

    def beneath(self, type_: GraphQLNamedType, depth: int) -> str:
        if isinstance(type_, GraphQLObjectType):
            cheap = type_.name.endswith(("Connection", "Edge"))  # levels that only wrap rows
            return self.selection(type_, depth if cheap else depth - 1, alone=True)
        parts = ["__typename", "id"]
        for name in self.draw(st.lists(st.sampled_from(sorted(TYPES)), max_size=3)):
            possible = self.schema.type_map[name]
            assert isinstance(possible, GraphQLObjectType)
            parts.append(f"... on {name} {self.selection(possible, depth - 1, alone=False)}")
        return "{ " + " ".join(parts) + " }"

    # Arguments

    def arguments(self, owner: str, name: str, definition: GraphQLField) -> str:
        types = {key: argument.type for key, argument in definition.args.items()}
        given = self.values.arguments(self.draw, owner, name, types)
        parts = [f"{key}: {self.literal(types[key], value)}" for key, value in given.items()]
        missing = [key for key in types if key not in given and not isinstance(types[key], GraphQLNonNull)]
        if missing and self.chance(6):
            key = self.draw(st.sampled_from(missing))
            if key not in ("first", "last"):
                parts.append(f"{key}: {self.variable(str(types[key]))}")
        return f"({', '.join(parts)})" if parts else ""

    def variable(self, type_: str, *value: Any) -> str:
        """A new variable: given a value, or none at all; ``value`` = (value, default's literal)."""
        name = self.name("v")
        default = ""
        if value:
            given, literal = value
            how = self.draw(st.sampled_from(["given", "given over default", "default"]))
            if how == "default" and literal is not None and json.loads(literal) == given:
                default = f" = {literal}"
            else:
                self.variables[name] = given
                if how == "given over default" and literal is not None:
                    default = f" = {literal}"
        self.definitions.append(f"${name}: {type_}{default}")
        return f"${name}"

    def literal(self, type_: GraphQLInputType, value: Any, *, one_of: bool = False, variable: bool = True) -> str:
        """A value in the document, some of its parts as variables; itself never without ``variable``."""
        if variable and value is not None and self.chance(6):
            declared = f"{nullable(type_)}!" if one_of else str(type_)
            scalar = isinstance(value, (str, bool, int)) and not isinstance(nullable(type_), GraphQLEnumType)
            return self.variable(declared, value, json.dumps(value, ensure_ascii=False) if scalar else None)
        if value is None:
            return "null"
        item = item_of(type_)
        if item is not None:
            if len(value) == 1 and self.chance(3):
                return self.literal(item, value[0], variable=False)  # read as a list of one
            return "[" + ", ".join(self.literal(item, one) for one in value) + "]"
        named = nullable(type_)
        if isinstance(named, GraphQLInputObjectType):
            parts = [
                f"{key}: {self.literal(named.fields[key].type, one, one_of=named.is_one_of)}"
                for key, one in value.items()
            ]
            if self.chance(12) and not named.is_one_of:
                absent = [key for key in named.fields if key not in value and str(named.fields[key].type)[-1] != "!"]
                if absent:
                    key = self.draw(st.sampled_from(absent))
                    parts.append(f"{key}: {self.variable(str(named.fields[key].type))}")
            return "{" + ", ".join(parts) + "}"
        return str(value) if isinstance(named, GraphQLEnumType) else json_literal(value)


def json_literal(value: Any) -> str:
    """A JSON value as a GraphQL literal: members without quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {json_literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(json_literal(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@st.composite
def requests(draw: Draw, schema: GraphQLSchema, values: Values) -> Request:
    """A request of one to three root fields, up to four rows deep."""
    drawing = Drawing(draw, schema, values)
    query = schema.query_type
    assert query is not None
    body = drawing.selection(query, draw(st.integers(2, 4)), alone=True)
    declared = f"({', '.join(drawing.definitions)})" if drawing.definitions else ""
    document = "\n".join([f"query Drawn{declared} {body}", *drawing.fragments])
    return Request(document, drawing.variables, draw(st.sampled_from(["READER", "OPERATOR"])))


ROOTS = {
    "Project": "projects",
    "Region": "regions",
    "Issue": "issues",
    "Inspection": "inspections",
    "Parcel": "parcels",
}


@st.composite
def filters(draw: Draw, schema: GraphQLSchema, values: Values) -> Request:
    """Nothing but a filter, so that many can be asked."""
    type_ = draw(st.sampled_from(sorted(ROOTS)))
    filter_ = schema.type_map[f"{type_}Filter"]
    assert isinstance(filter_, GraphQLInputObjectType)
    given = values.filter(draw, filter_, 3)
    document = (
        f"query Drawn($filter: {type_}Filter) {{ {ROOTS[type_]}(filter: $filter, first: 1000) {{ nodes {{ id }} }} }}"
    )
    return Request(document, {"filter": given}, draw(st.sampled_from(["READER", "OPERATOR"])))


@st.composite
def windows(draw: Draw, schema: GraphQLSchema, values: Values) -> Request:
    """Nothing but an order and a window over all rows of a type."""
    type_ = draw(st.sampled_from(sorted(ROOTS)))
    order_by = values.order(draw, type_)
    given = {"orderBy": order_by, **values.window(draw, type_, order_by, nearby=False, root=True, often=True)}
    declared = {"orderBy": f"[{type_}Order!]", "first": "Int", "last": "Int", "after": "String", "before": "String"}
    document = (
        f"query Drawn({', '.join(f'${name}: {declared[name]}' for name in given)}) {{"
        f" {ROOTS[type_]}({', '.join(f'{name}: ${name}' for name in given)}) {{ totalCount"
        " edges { cursor distanceMeters node { id } }"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )
    return Request(document, given, draw(st.sampled_from(["READER", "OPERATOR"])))
