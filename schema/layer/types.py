"""Map layers in the API: what can be drawn, an ordinary resolver over the layers' declarations."""

import enum

import strawberry

from schema.compiler.entity import Entity, entity_of
from schema.inspection.types import Inspection
from schema.land.types import Parcel
from schema.project.types import Project
from schema.region.types import Region


@strawberry.enum(description="Geometry of a layer's features.")
class GeometryType(enum.Enum):
    POINT = "POINT"
    MULTIPOLYGON = "MULTIPOLYGON"


@strawberry.type(description="图层: entities that have a place.")
class Layer:
    name: str = strawberry.field(description="The layer's name in addresses, such as `projects`.")
    entity: str = strawberry.field(description="The GraphQL type of its features.")
    title: str
    geometry_type: GeometryType


_LAYERS: dict[str, type] = {"projects": Project, "regions": Region, "parcels": Parcel, "inspections": Inspection}
_TITLES = {"projects": "项目", "regions": "地区", "parcels": "地块", "inspections": "检查"}


def layers() -> list[Layer]:
    """All layers, in the order they are drawn from the top."""
    return [
        Layer(name=name, entity=cls.__name__, title=_TITLES[name], geometry_type=_geometry_type(entity_of(cls)))
        for name, cls in _LAYERS.items()
    ]


def _geometry_type(entity: Entity | None) -> GeometryType:
    if entity is None or entity.place is None:
        raise TypeError("a layer's entity has a place")
    return GeometryType(entity.place.type.geometry_type)  # type: ignore[attr-defined]
