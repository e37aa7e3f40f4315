"""Stage 1, selection: the document's fields merged and typed, fragments and directives resolved.

Knows GraphQL (section 6.3.2 of its specification) and nothing of SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from graphql.execution.values import VariableValues, get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

from schema.compiler.arguments import Made, Tree, argument_trees
from schema.limits import Limits
from schema.problem import at_path, bad_input, limit_exceeded

ResponsePath = tuple[str, ...]


@dataclass(frozen=True)
class Selected:
    """One response key of an object.

    ``selected`` holds, by the name of each possible object type, what is selected beneath; empty for leaves.
    ``nodes`` are the document's field nodes that were merged into it.
    """

    key: str
    name: str
    definition: GraphQLField | None
    type: GraphQLNamedType | None
    arguments: Mapping[str, Tree]
    selected: Mapping[str, tuple["Selected", ...]]
    path: ResponsePath
    nodes: tuple[FieldNode, ...] = field(repr=False)

    def only(self) -> tuple["Selected", ...]:
        """The selection of a field whose type is an object type."""
        (selected,) = self.selected.values()
        return selected


@dataclass(frozen=True)
class Selector:
    """Walks one operation."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues
    ceiling: int = Limits().selected_fields
    counted: list[int] = field(default_factory=lambda: [0])
    made: Made = field(default_factory=dict)

    def select(
        self, parent: GraphQLObjectType, selection_sets: tuple[SelectionSetNode, ...], path: ResponsePath = ()
    ) -> tuple[Selected, ...]:
        """The merged fields of an object type under several selection sets, in the order of the response."""
        merged: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()  # for all of them: a fragment collected twice would double with every level below
        for selection_set in selection_sets:
            self._collect(parent, selection_set, merged, seen, path)
        return tuple(self._selected(parent, key, tuple(nodes), path) for key, nodes in merged.items())

    def _collect(
        self,
        parent: GraphQLObjectType,
        selection_set: SelectionSetNode,
        merged: dict[str, list[FieldNode]],
        seen: set[str],
        path: ResponsePath,
    ) -> None:
        for node in selection_set.selections:
            if not self._included(node, path):
                continue
            if isinstance(node, FieldNode):
                merged.setdefault(_key(node), []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, parent):
                    self._collect(parent, node.selection_set, merged, seen, path)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, parent):
                    self._collect(parent, fragment.selection_set, merged, seen, path)

    def _included(self, node: SelectionNode, path: ResponsePath) -> bool:
        if not node.directives:
            return True
        try:
            skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
            include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        except GraphQLError as error:  # a variable with a default, given as null
            here = (*path, _key(node)) if isinstance(node, FieldNode) else path
            raise bad_input(error.message, argument="if", path=here or None) from error
        if skip and skip["if"]:
            return False
        return not (include and include["if"] is False)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        if condition == parent.name:
            return True
        type_ = self.schema.type_map[condition]
        return is_abstract_type(type_) and self.schema.is_sub_type(type_, parent)

    def _selected(
        self, parent: GraphQLObjectType, key: str, nodes: tuple[FieldNode, ...], path: ResponsePath
    ) -> Selected:
        self.counted[0] += 1
        if self.counted[0] > self.ceiling:  # fragments within fragments multiply: a small document can select millions
            raise limit_exceeded("The number of selected fields", self.ceiling, self.counted[0], "Select less.").at(
                (*path, key)
            )
        name = nodes[0].name.value
        here = (*path, key)
        definition = parent.fields.get(name)
        if definition is None:  # __typename, and __schema or __type at the root
            return Selected(key, name, None, None, {}, {}, here, nodes)
        type_ = get_named_type(definition.type)
        beneath: dict[str, tuple[Selected, ...]] = {}
        if is_composite_type(type_):
            sets = tuple(node.selection_set for node in nodes if node.selection_set)
            for possible in self._possible(type_):
                beneath[possible.name] = self.select(possible, sets, here)
        with at_path(here):
            arguments = argument_trees(definition, nodes[0], self.variables, self.made)
        return Selected(key, name, definition, type_, arguments, beneath, here, nodes)

    def _possible(self, type_: GraphQLNamedType) -> tuple[GraphQLObjectType, ...]:
        if isinstance(type_, GraphQLObjectType):
            return (type_,)
        if isinstance(type_, GraphQLInterfaceType) or is_abstract_type(type_):
            return tuple(self.schema.get_possible_types(type_))
        raise TypeError(f"{type_} has no selections")


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value
