"""What a map layer is: rows with a place, and the attributes a map's style needs of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Float, Integer, Numeric, Table, and_

from geo.mercator import ZOOM_CEILING
from geo.tile import TileSource
from schema.access.visible import Parameter, visible
from schema.compiler.entity import Entity, entity_of

DETAIL_ZOOM = 12
"""From this zoom on tiles hold what a person reads: names and codes, most of a tile's bytes, drawn nowhere before."""
MAXIMUM_ZOOM = 16
"""A unit is 15 cm there; clients show the same tiles larger beyond."""


class AttributeType(StrEnum):
    """How TileJSON and MVT name the kinds of values."""

    STRING = "String"
    NUMBER = "Number"
    BOOLEAN = "Boolean"


@dataclass(frozen=True)
class Attribute:
    """One attribute of a layer's features.

    ``expression`` is over the layer's table and its ``lookups``; ``from_zoom`` the lowest zoom whose tiles hold it;
    ``summed`` says that a point which stands for several features has their sum.
    """

    expression: ColumnElement[Any]
    description: str
    from_zoom: int = 0
    summed: bool = False

    @property
    def type(self) -> AttributeType:
        if isinstance(self.expression.type, Boolean):
            return AttributeType.BOOLEAN
        numbers = (Numeric, Float, Integer)
        return AttributeType.NUMBER if isinstance(self.expression.type, numbers) else AttributeType.STRING


@dataclass(frozen=True)
class Lookup:
    """Another table of which a feature shows something: its row whose primary key is in ``key``."""

    table: Any
    key: Column[Any]


@dataclass(frozen=True)
class MapLayer:
    """A layer's declaration. ``entity`` is a GraphQL type whose table has a bigint ``id``, the feature's, and a place.

    Raises ``TypeError`` for an entity without a place, ``ValueError`` for zooms out of order.
    """

    name: str
    title: str
    description: str
    entity: type
    attributes: Mapping[str, Attribute]
    lookups: tuple[Lookup, ...] = ()
    minimum_zoom: int = 0
    maximum_zoom: int = field(default=MAXIMUM_ZOOM)

    def __post_init__(self) -> None:
        if self.declared.place is None or self.declared.prefix is None:
            raise TypeError(f"the entity of layer {self.name} has no place or no global ids")
        if not 0 <= self.minimum_zoom <= self.maximum_zoom <= ZOOM_CEILING:
            raise ValueError(f"the zooms of layer {self.name} are not in order")

    @property
    def declared(self) -> Entity:
        """The entity's declaration."""
        declared = entity_of(self.entity)
        if declared is None:
            raise TypeError(f"{self.entity.__name__}, of layer {self.name}, is no entity")
        return declared

    @property
    def prefix(self) -> str:
        """What makes a feature's global id of its number: ``prj_<id>``."""
        prefix = self.declared.prefix
        assert prefix is not None, "checked when the layer was declared"
        return prefix

    @property
    def table(self) -> Table:
        return self.declared.table

    @property
    def place(self) -> Column[Any]:
        """The geometry column."""
        place = self.declared.place
        assert place is not None, "checked when the layer was declared"
        return place

    @property
    def geometry_type(self) -> str:
        """``POINT`` or ``MULTIPOLYGON``."""
        return str(self.place.type.geometry_type)  # type: ignore[attr-defined]

    def shown_at(self, zoom: int) -> dict[str, Attribute]:
        """The attributes that tiles of a zoom hold."""
        return {name: one for name, one in self.attributes.items() if zoom >= one.from_zoom}

    def tables(self) -> list[Table]:
        """Every table a tile reads."""
        return [self.table, *(one.table for one in self.lookups)]

    def source(self, scope: str, zoom: int, parameter: Parameter) -> TileSource:
        """The rows that viewers of a scope may see, with the attributes of a zoom."""
        condition = visible(scope)
        shown = self.shown_at(zoom)
        rows: Any = self.table
        for lookup in self.lookups:
            seen = condition(lookup.table, _itself, parameter)
            rows = rows.outerjoin(lookup.table, and_(lookup.table.c.id == lookup.key, *seen))
        return TileSource(
            name=self.name,
            rows=rows,
            conditions=condition(self.table, _itself, parameter),
            key=self.table.c.id,
            place=self.place,
            points=self.geometry_type == "POINT",
            attributes={name: one.expression for name, one in shown.items()},
            summed=frozenset(name for name, one in shown.items() if one.summed),
        )


def _itself(column: Column[Any]) -> ColumnElement[Any]:
    return column
