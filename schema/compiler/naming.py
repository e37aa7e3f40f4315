"""Names of the generic types: ``NearbyParcelConnection``, ``ProjectStageFilter``, ``DecimalFilter``."""

from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition, StrawberryType

FILTERS = ("EnumFilter", "ScalarFilter")
SCALARS = {"Str": "String", "Datetime": "DateTime"}


class Names(NameConverter):
    """Strawberry's names, with prefixes before the node's name and filters named by what they compare."""

    def from_generic(self, generic_type: StrawberryObjectDefinition, types: list[StrawberryType | type]) -> str:
        inner = "".join(self.get_name_from_type(type_) for type_ in types)
        if generic_type.name in FILTERS:
            return f"{SCALARS.get(inner, inner)}Filter"
        if generic_type.name.startswith("Nearby"):
            return f"Nearby{inner}{generic_type.name.removeprefix('Nearby')}"
        return inner + generic_type.name
