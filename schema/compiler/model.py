"""The schema as the compiler sees it: for every GraphQL type its entity, for every field its binding.

Built once from the Strawberry schema; refuses at start-up a type whose field has neither binding nor resolver.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import strawberry
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from schema.compiler.entity import (
    Binding,
    ColumnBinding,
    Entity,
    ExtraFilter,
    IdBinding,
    binding_of,
    entity_of,
)
from schema.compiler.inputs import element_of


@dataclass(frozen=True)
class BoundType:
    """A GraphQL object type: its entity (None for what is no row of its own) and its fields by GraphQL name."""

    name: str
    entity: Entity | None
    fields: Mapping[str, StrawberryField]

    def binding(self, field: str) -> Binding | None:
        return binding_of(self.fields[field])


class Model:
    """All bound types of a schema."""

    def __init__(self, schema: strawberry.Schema, entity_classes: Sequence[type]) -> None:
        self.graphql: GraphQLSchema = schema._schema
        self._types: dict[str, BoundType] = {}
        for name, type_ in self.graphql.type_map.items():
            definition = type_.extensions.get("strawberry-definition")
            if isinstance(type_, GraphQLInputObjectType) and isinstance(definition, StrawberryObjectDefinition):
                # Strawberry checks @oneOf by a rule of its own; graphql-core's, which we run, go by this
                type_.is_one_of = definition.is_one_of
            if isinstance(definition, StrawberryObjectDefinition) and not definition.is_input:
                fields = {_graphql_name(one): one for one in definition.fields}
                self._types[name] = BoundType(name, entity_of(definition.origin), fields)
        self._entities = {found.name: found for cls in entity_classes if (found := entity_of(cls)) is not None}
        self._targets = {
            cls.__name__: {
                _graphql_name(one): declared.name
                for one in get_object_definition(cls, strict=True).fields
                if binding_of(one) is not None and (declared := entity_of(element_of(one))) is not None
            }
            for cls in entity_classes
        }

    def type(self, name: str) -> BoundType:
        return self._types[name]

    def entities(self) -> Mapping[str, Entity]:
        """All entities with a table, by GraphQL name."""
        return self._entities

    def entity(self, name: str) -> Entity:
        return self._entities[name]

    def extra_filter(self, entity: Entity, name: str) -> ExtraFilter | None:
        return {to_camel_case(key): extra for key, extra in entity.extra_filters.items()}.get(name)

    def filterable(self, entity: Entity, name: str) -> Binding | None:
        return self._types[entity.name].binding(name)

    def orderable(self, entity: Entity, name: str) -> Binding:
        """The column behind a member of the entity's order enum (its Python name in capitals)."""
        for field in self._types[entity.name].fields.values():
            binding = binding_of(field)
            if str(field.python_name).upper() == name and isinstance(binding, (IdBinding, ColumnBinding)):
                return binding
        raise KeyError(name)

    def is_enum(self, name: str) -> bool:
        return isinstance(self.graphql.type_map.get(name), GraphQLEnumType)

    def target(self, entity: Entity, field: str) -> Entity:
        """The entity a relation leads to."""
        return self._entities[self._targets[entity.name][field]]


def _graphql_name(field: StrawberryField) -> str:
    return field.graphql_name or to_camel_case(str(field.python_name))
