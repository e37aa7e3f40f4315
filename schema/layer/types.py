"""Map layers in the API: what can be drawn, an ordinary resolver over the layers' declarations."""

import enum

import strawberry

from schema.compiler.entity import graphql_enum
from schema.layer.layer import AttributeType, MapLayer
from schema.layer.registry import LAYERS


@strawberry.enum(description="Geometry of a layer's features.")
class GeometryType(enum.Enum):
    POINT = "POINT"
    MULTIPOLYGON = "MULTIPOLYGON"


graphql_enum(AttributeType)


@strawberry.type(description="An attribute of a layer's features on vector tiles.")
class LayerAttribute:
    name: str
    type: AttributeType
    description: str
    from_zoom: int = strawberry.field(description="The lowest zoom whose tiles hold it.")
    summed: bool = strawberry.field(description="Whether a point that stands for several features has their sum.")


@strawberry.type(description="图层: entities that have a place.")
class Layer:
    name: str = strawberry.field(description="The layer's name in addresses, such as `projects`.")
    entity: str = strawberry.field(description="The GraphQL type of its features.")
    title: str
    geometry_type: GeometryType
    id_prefix: str = strawberry.field(description="`<prefix>_<feature id>` is the global id of a tile's feature.")
    min_zoom: int
    max_zoom: int = strawberry.field(description="The highest zoom that has tiles; show those larger beyond.")
    attributes: list[LayerAttribute]


def layers() -> list[Layer]:
    """All layers, in the order they are drawn from the top."""
    return [_layer(one) for one in LAYERS.values()]


def _layer(declared: MapLayer) -> Layer:
    return Layer(
        name=declared.name,
        entity=declared.entity.__name__,
        title=declared.title,
        geometry_type=GeometryType(declared.geometry_type),
        id_prefix=declared.prefix,
        min_zoom=declared.minimum_zoom,
        max_zoom=declared.maximum_zoom,
        attributes=[
            LayerAttribute(
                name=name, type=one.type, description=one.description, from_zoom=one.from_zoom, summed=one.summed
            )
            for name, one in declared.attributes.items()
        ],
    )
