"""Statements of layers: a tile with the version of its data, the version alone, and where a layer's rows lie.

Their text is made once for a layer, the scope of a viewer and the attributes of a zoom; places and the viewer's own
values travel as bind parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, DateTime, Float, Integer, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.types import NullType, TypeEngine

from geo.tile import tile_of
from schema.access.visible import Viewer
from schema.change.version import version_of
from schema.layer.layer import MapLayer

_TYPES: Mapping[str, TypeEngine[Any]] = {
    "text": Text(),
    "bigint": BigInteger(),
    "int": Integer(),
    "float8": Float(53),
    "date": Date(),
    "timestamptz": DateTime(timezone=True),
}
_OF_VIEWER = "viewer_"


@dataclass(frozen=True, slots=True)
class LayerStatement:
    """A statement's text and the names of its parameters by place; ``fixed`` are values its declaration holds."""

    text: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]

    def arguments(self, viewer: Viewer, place: Mapping[str, float]) -> list[Any]:
        """What the driver is given."""
        values = {**self.fixed, **place}
        return [
            viewer.parameter(name.removeprefix(_OF_VIEWER)) if name.startswith(_OF_VIEWER) else values[name]
            for name in self.names
        ]


class LayerStatements:
    """The statements of all layers, each made when it is first needed. ``crowd`` is ``Limits.tile_features``."""

    def __init__(self, *, crowd: int) -> None:
        self._crowd = crowd
        self._made: dict[tuple[Any, ...], LayerStatement] = {}

    def tile(self, layer: MapLayer, viewer: Viewer, zoom: int) -> LayerStatement:
        """One row: ``drawn`` and ``grouped`` as ``tile_of`` has them, and the ``version`` of their data as text."""
        key = ("tile", layer.name, viewer.scope, len(layer.shown_at(zoom)))
        made = self._made.get(key)
        if made is None:
            source = layer.source(viewer.scope, zoom, _parameter)
            tile = tile_of(source, crowd=self._crowd)
            made = self._made[key] = _statement(tile.add_columns(version_of(layer.tables()).label("version")))
        return made

    def version(self, layer: MapLayer) -> LayerStatement:
        """One row: the version of a layer's data as text."""
        key = ("version", layer.name)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = _statement(select(version_of(layer.tables()).label("version")))
        return made

    def extent(self, layer: MapLayer, viewer: Viewer) -> LayerStatement:
        """One row: west, south, east, north of the rows the viewer may see, NULL when there are none; the version."""
        key = ("extent", layer.name, viewer.scope)
        made = self._made.get(key)
        if made is None:
            source = layer.source(viewer.scope, 0, _parameter)
            box = (
                select(func.ST_Extent(source.place, type_=NullType()).label("box"))
                .select_from(layer.table)
                .where(*source.conditions)
                .subquery("extent")
            )
            sides = (getattr(func, corner)(box.c.box, type_=Float(53)).label(side) for side, corner in _SIDES.items())
            made = self._made[key] = _statement(select(*sides, version_of(layer.tables()).label("version")))
        return made


_SIDES = {"west": "ST_XMin", "south": "ST_YMin", "east": "ST_XMax", "north": "ST_YMax"}


def _parameter(name: str, pg_type: str) -> ColumnElement[Any]:
    return bindparam(_OF_VIEWER + name, type_=_TYPES[pg_type])


def _statement(statement: Any) -> LayerStatement:
    compiled = statement.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return LayerStatement(compiled.string, tuple(compiled.positiontup or ()), fixed)
