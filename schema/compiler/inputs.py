"""Filter and order inputs, made from the bindings: a new column is filterable and orderable without another line."""

import datetime
import decimal
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryContainer, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.utils.str_converters import to_camel_case

from geo.coordinate import CoordinateSystem
from schema.compiler.connection import Connection, NearbyConnection
from schema.compiler.entity import (
    AlongBinding,
    Binding,
    ColumnBinding,
    ConnectionBinding,
    Entity,
    GeometryBinding,
    IdBinding,
    NearbyBinding,
    NestedBinding,
    PreparedBinding,
    ToManyBinding,
    ToOneBinding,
    binding_of,
    entity_of,
    graphql_enum,
)
from schema.scalars import GeoJSON

T = TypeVar("T")

graphql_enum(CoordinateSystem)

TWO_VALUED = (
    "Filters know only true and false: nothing equals NULL, and `ne`, `notIn`, `none` and `not` are exact complements."
)


@strawberry.enum(description="Ascending or descending; NULL comes last either way.")
class OrderDirection(enum.Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.input(description=TWO_VALUED)
class EnumFilter(Generic[T]):
    eq: T | None = strawberry.UNSET
    ne: T | None = strawberry.UNSET
    in_: list[T] | None = strawberry.field(name="in", default=strawberry.UNSET)
    not_in: list[T] | None = strawberry.UNSET
    is_null: bool | None = strawberry.UNSET


@strawberry.input(description=TWO_VALUED)
class ScalarFilter(Generic[T]):
    eq: T | None = strawberry.UNSET
    ne: T | None = strawberry.UNSET
    in_: list[T] | None = strawberry.field(name="in", default=strawberry.UNSET)
    not_in: list[T] | None = strawberry.UNSET
    gt: T | None = strawberry.UNSET
    gte: T | None = strawberry.UNSET
    lt: T | None = strawberry.UNSET
    lte: T | None = strawberry.UNSET
    is_null: bool | None = strawberry.UNSET


@strawberry.input(description=TWO_VALUED + " `contains` and `startsWith` take plain text, no wildcards, case kept.")
class StringFilter(ScalarFilter[str]):
    contains: str | None = strawberry.UNSET
    starts_with: str | None = strawberry.UNSET


@strawberry.input(description="Within a distance on the ellipsoid.")
class DistanceFilter:
    geometry: GeoJSON
    meters: float


@strawberry.input(description="Spatial conditions in WGS 84; several given together must all hold.")
class GeometryFilter:
    bbox: list[float] | None = strawberry.field(
        default=strawberry.UNSET, description="[west, south, east, north] in degrees; west > east crosses 180°."
    )
    intersects: GeoJSON | None = strawberry.UNSET
    within: GeoJSON | None = strawberry.UNSET
    dwithin: DistanceFilter | None = strawberry.UNSET
    is_null: bool | None = strawberry.UNSET


@dataclass(frozen=True)
class EntityInputs:
    """The inputs of one entity: its filter, its to-many filter, its order."""

    filter: type
    list_filter: type
    order: type
    order_field: type


def bindings_of(cls: type) -> Iterator[tuple[StrawberryField, Binding]]:
    definition = get_object_definition(cls, strict=True)
    for strawberry_field in definition.fields:
        binding = binding_of(strawberry_field)
        if binding is not None:
            yield strawberry_field, binding


def unwrapped(type_: Any) -> Any:
    """The class beneath optionals, lists and lazy references."""
    while True:
        if isinstance(type_, StrawberryContainer):
            type_ = type_.of_type
        elif isinstance(type_, LazyType):
            type_ = type_.resolve_type()
        else:
            return type_


def element_of(strawberry_field: StrawberryField) -> Any:
    """The entity class a to-one field names, or the node class of a connection."""
    type_ = unwrapped(strawberry_field.type)
    definition = get_object_definition(type_)
    if definition is not None and definition.concrete_of is not None:
        (node,) = definition.type_var_map.values()
        return unwrapped(node)
    return type_


def _filter_type(strawberry_field: StrawberryField) -> Any:
    scalar_filter, enum_filter = cast(Any, ScalarFilter), cast(Any, EnumFilter)
    type_ = unwrapped(strawberry_field.type)
    if type_ is str:
        return StringFilter
    if type_ in (int, float, decimal.Decimal, datetime.date, datetime.datetime, datetime.time):
        return scalar_filter[type_]
    return enum_filter[getattr(type_, "wrapped_cls", type_)]


def _upper_snake(strawberry_field: StrawberryField) -> str:
    return str(strawberry_field.python_name).upper()


def make_inputs(classes: Sequence[type]) -> dict[type, EntityInputs]:
    """Filter and order inputs for every entity class; the filters refer to each other, so all are made at once."""
    filters = {cls: type(f"{cls.__name__}Filter", (), {"__module__": __name__}) for cls in classes}
    lists = {cls: type(f"{cls.__name__}ListFilter", (), {"__module__": __name__}) for cls in classes}
    made: dict[type, EntityInputs] = {}
    for cls in classes:
        declared = entity_of(cls)
        assert declared is not None, f"{cls.__name__} is not declared with @entity"
        annotations: dict[str, Any] = {}
        names: list[str] = []
        for strawberry_field, binding in bindings_of(cls):
            name = str(strawberry_field.python_name)
            if isinstance(binding, IdBinding):
                annotations[name] = EnumFilter[strawberry.ID] | None
                names.append("ID")
            elif isinstance(binding, ColumnBinding):
                annotations[name] = _filter_type(strawberry_field) | None
                names.append(_upper_snake(strawberry_field))
            elif isinstance(binding, GeometryBinding):
                annotations[name] = GeometryFilter | None
            elif isinstance(binding, ToOneBinding):
                annotations[name] = filters[element_of(strawberry_field)] | None
            elif isinstance(binding, ToManyBinding):
                annotations[name] = lists[element_of(strawberry_field)] | None
        for name, extra in declared.extra_filters.items():
            annotations[name] = extra.annotation | None
        itself = filters[cls]
        annotations |= {"and_": list[itself] | None, "or_": list[itself] | None, "not_": itself | None}  # type: ignore[valid-type]
        _declare_input(itself, annotations, TWO_VALUED, declared)
        _declare_input(lists[cls], dict.fromkeys(("some", "none", "every"), itself | None), TWO_VALUED, None)
        order_field: Any = strawberry.enum(cast(Any, enum.Enum)(f"{cls.__name__}OrderField", {n: n for n in names}))
        made[cls] = EntityInputs(itself, lists[cls], _order_input(cls, declared, order_field), order_field)
    return made


def _declare_input(cls: type, annotations: dict[str, Any], description: str, declared: Entity | None) -> None:
    cls.__annotations__ = annotations
    for name in annotations:
        extra = declared.extra_filters.get(name) if declared else None
        setattr(
            cls,
            name,
            strawberry.field(
                name=to_camel_case(name.rstrip("_")),
                default=strawberry.UNSET,
                description=extra.description if extra else None,
            ),
        )
    strawberry.input(cls, description=description)


def _order_input(cls: type, declared: Entity, order_field: type) -> type:
    order = type(f"{cls.__name__}Order", (), {"__module__": __name__})
    annotations: dict[str, Any] = {"field": order_field | None, "direction": OrderDirection}
    order.field = strawberry.field(default=strawberry.UNSET)  # type: ignore[attr-defined]
    order.direction = OrderDirection.ASC  # type: ignore[attr-defined]
    if declared.place is not None:
        annotations["nearest_to"] = GeoJSON | None
        order.nearest_to = strawberry.field(  # type: ignore[attr-defined]
            default=strawberry.UNSET,
            description="Nearest first, on the ellipsoid. What has no place is left out, of `totalCount` too.",
        )
    order.__annotations__ = annotations
    strawberry.input(order, description="One key of the order: a `field` with its direction, or `nearestTo`.")
    return order


def argument(
    name: str, annotation: Any, description: str | None = None, default: Any = strawberry.UNSET
) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        default=default,
    )


def geometry_arguments() -> list[StrawberryArgument]:
    return [
        argument("crs", CoordinateSystem | None, default=CoordinateSystem.WGS84),
        argument("simplify_meters", float | None, "Leave out detail smaller than this many metres."),
        argument("precision", int | None, "Decimals of the coordinates, 0 to 15; 7 by default (1 cm)."),
    ]


def page_arguments(inputs: EntityInputs, *, ordered: bool) -> list[StrawberryArgument]:
    order = [argument("order_by", list[inputs.order] | None)] if ordered else []  # type: ignore[name-defined]
    return [
        argument("filter", inputs.filter | None),
        *order,
        argument("first", int | None, "At most this many, from the start."),
        argument("after", str | None),
        argument("last", int | None, "At most this many, from the end."),
        argument("before", str | None),
    ]


def give_arguments(cls: type, inputs: dict[type, EntityInputs]) -> None:
    """Give every bound field of a type the arguments its binding takes."""
    for strawberry_field, binding in bindings_of(cls):
        if isinstance(binding, GeometryBinding):
            strawberry_field.arguments = geometry_arguments()
        elif isinstance(binding, (ConnectionBinding, ToManyBinding, AlongBinding)):
            strawberry_field.arguments = page_arguments(inputs[element_of(strawberry_field)], ordered=True)
        elif isinstance(binding, NearbyBinding):
            within = argument("within_meters", float)
            strawberry_field.arguments = [within, *page_arguments(inputs[element_of(strawberry_field)], ordered=False)]
        elif isinstance(binding, (NestedBinding, PreparedBinding)):
            strawberry_field.arguments = [argument(name, given) for name, given in binding.arguments.items()]


__all__ = [
    "Connection",
    "EntityInputs",
    "NearbyConnection",
    "give_arguments",
    "make_inputs",
]
