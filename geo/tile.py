"""Vector tiles as one PostgreSQL statement each: features as they are, or grouped where there are too many to see.

What a tile holds comes as values: a source of rows, the geometry, attributes and conditions. Geometry is WGS 84.
Points reach tile units by the arithmetic of ``geo.mercator`` in place of ST_Transform and ST_AsMVTGeom, to which they
are equal to the unit, at a third of the time. Polygons are simplified to a quarter of a pixel of their zoom; one
smaller than a pixel becomes a point.

Nothing is left out silently: where a tile would hold more features than ``crowd``, and where polygons are smaller than
a pixel, the features of a cell of ``CELL`` units become one point at their middle with their number (``COUNT``) and
sums; a feature alone in its cell keeps its attributes. Cells lie on the world's grid, so neighbouring tiles agree.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    FromClause,
    Integer,
    LargeBinary,
    Numeric,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.types import NullType

from geo.mercator import BUFFER, EXTENT, PIXEL, Tile, degrees_of_units

CELL: Final = 64
"""Units of a cell's side, 8 pixels. The buffer holds exactly one cell around the tile."""
COUNT: Final = "pointCount"
"""The attribute that tells how many features a point stands for; one that stands for itself has none."""
GEOMETRY_COLUMN, ID_COLUMN = "geom", "id"
TOLERANCE: Final = PIXEL / 4

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z", re.ASCII)
_GEOMETRY = NullType()  # GeoAlchemy2's own type would have the geometry read and written as text
_DOUBLE = Float(53)


@dataclass(frozen=True)
class TileSource:
    """What the tiles of a layer are made of.

    ``rows`` holds ``table``'s columns and those the attributes need; ``conditions`` say which rows exist. ``key`` is a
    whole number, the feature's id. ``summed`` names the attributes that are summed in a cell. ``points`` tells a layer
    of points from one of polygons.
    """

    name: str
    rows: FromClause
    conditions: Sequence[ColumnElement[bool]]
    key: ColumnElement[int]
    place: ColumnElement[Any]
    points: bool
    attributes: Mapping[str, ColumnElement[Any]]
    summed: frozenset[str]

    def __post_init__(self) -> None:
        for name in (self.name, *self.attributes):
            if not _NAME.match(name):
                raise ValueError(f"{name!r} cannot be a layer or an attribute: letters and digits only")
        if reserved := {COUNT, ID_COLUMN, GEOMETRY_COLUMN} & self.attributes.keys():
            raise ValueError(f"attributes with reserved names: {', '.join(sorted(reserved))}")


def tile_of(source: TileSource, *, crowd: int) -> ColumnElement[bytes]:
    """The tile as a scalar: MVT 2.1 bytes, empty when it holds nothing. Its parameters are ``tile_parameters``."""
    drawn = _drawn(source).limit(_number(crowd + 1))
    if not source.points:
        drawn = union_all(drawn, _grouped(source, _too_small(source)))  # type: ignore[assignment]
    features = drawn.subquery("feature")
    made = _encoded(source, features).subquery("made")
    cells = _encoded(source, _grouped(source).subquery("feature")).subquery("cells")
    grouped = select(cells.c.tile).scalar_subquery()
    whole: ColumnElement[bytes] = case((made.c.features <= _number(crowd), made.c.tile), else_=grouped)
    return select(whole).select_from(made).scalar_subquery()


def tile_parameters(tile: Tile) -> dict[str, float]:
    """The values of a tile's bind parameters."""
    # half a unit more: what rounds onto the edge of the buffer lies in it
    box, transform = tile.bounds(BUFFER + 0.5), tile.transform()
    pixel = degrees_of_units(tile.z, PIXEL)
    return {
        "west": box.west,
        "south": box.south,
        "east": box.east,
        "north": box.north,
        "x_scale": transform.x_scale,
        "x_origin": transform.x_origin,
        "y_scale": transform.y_scale,
        "y_origin": transform.y_origin,
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
        "tolerance": degrees_of_units(tile.z, TOLERANCE),
        "pixel_area": pixel * pixel,
    }


def _drawn(source: TileSource) -> Select[Any]:
    """Each feature for itself."""
    columns: list[ColumnElement[Any]] = [source.key.label(ID_COLUMN)]
    columns += [_value(expression).label(name) for name, expression in source.attributes.items()]
    conditions = [*source.conditions, _inside(source)]
    if source.points:
        x, y = _units(source.place)
        shape: ColumnElement[Any] = func.ST_MakePoint(x, y, type_=_GEOMETRY)
    else:
        columns.append(cast(null(), Integer).label(COUNT))
        conditions.append(~_too_small(source))
        shape = _outline(source.place)
    return select(*columns, shape.label(GEOMETRY_COLUMN)).select_from(source.rows).where(*conditions)


def _grouped(source: TileSource, *conditions: ColumnElement[bool]) -> Select[Any]:
    """The features of each cell as one."""
    x, y = _units(source.place if source.points else func.ST_Centroid(_plain(source.place), type_=_GEOMETRY))
    summed = [source.attributes[name].label(f"{name}_sum") for name in source.attributes if name in source.summed]
    member = (
        select(source.key.label("key"), x.label("x"), y.label("y"), *summed)
        .select_from(source.rows)
        .where(*source.conditions, _inside(source), *conditions)
        .offset(_number(0))  # keeps the planner from computing a logarithm for each use of y
        .subquery("member")
    )
    column, row = (
        func.floor(unit * literal_column(f"{1 / CELL!r}::float8", _DOUBLE), type_=_DOUBLE)
        for unit in (member.c.x, member.c.y)
    )
    beyond = EXTENT // CELL
    cell = (
        select(
            func.min(member.c.key).label("key"),
            func.count().label("features"),
            func.ST_MakePoint(
                func.round(func.avg(member.c.x)), func.round(func.avg(member.c.y)), type_=_GEOMETRY
            ).label(GEOMETRY_COLUMN),
            *(func.sum(member.c[one.name]).label(one.name) for one in summed),
        )
        .where(*(and_(place >= _number(-1), place <= _number(beyond)) for place in (column, row)))
        .group_by(column, row)
        .subquery("cell")
    )
    alone = cell.c.features == _number(1)
    columns: list[ColumnElement[Any]] = [case((alone, cell.c.key)).label(ID_COLUMN)]
    for name, expression in source.attributes.items():
        value = cell.c[f"{name}_sum"] if name in source.summed else expression
        columns.append(_value(value).label(name))
    number = cast(case((~alone, cell.c.features)), Integer).label(COUNT)
    rows = cell.outerjoin(source.rows, and_(source.key == cell.c.key, alone))
    return select(*columns, number, cell.c[GEOMETRY_COLUMN]).select_from(rows)


def _encoded(source: TileSource, features: FromClause) -> Select[Any]:
    """One row: how many features there are, and all of them as MVT."""
    names = (_text(source.name), _number(EXTENT), _text(GEOMETRY_COLUMN), _text(ID_COLUMN))
    whole_row: ColumnElement[Any] = literal_column(features.name)  # type: ignore[attr-defined]
    tile = func.ST_AsMVT(whole_row, *names, type_=LargeBinary())
    columns: list[ColumnElement[Any]] = [func.count().label("features"), tile.label("tile")]
    return select(*columns).select_from(features)


def _inside(source: TileSource) -> ColumnElement[bool]:
    """Rows in the tile and its buffer, by the index. It keeps single precision, so a few more may come in."""
    corners = (_parameter(name) for name in ("west", "south", "east", "north"))
    box = func.ST_MakeEnvelope(*corners, _number(4326), type_=_GEOMETRY)
    return _plain(source.place).bool_op("&&")(box)


def _units(point: ColumnElement[Any]) -> tuple[ColumnElement[float], ColumnElement[float]]:
    """A point in the tile's units, rounded as ST_AsMVTGeom rounds."""
    lon = func.ST_X(_plain(point), type_=_DOUBLE)
    lat = func.ST_Y(_plain(point), type_=_DOUBLE)
    half: ColumnElement[float] = literal_column(f"{math.pi / 360!r}::float8", _DOUBLE)
    quarter: ColumnElement[float] = literal_column(f"{math.pi / 4!r}::float8", _DOUBLE)
    x = _parameter("x_scale") * lon + _parameter("x_origin")
    y = _parameter("y_origin") - _parameter("y_scale") * func.ln(func.tan(lat * half + quarter, type_=_DOUBLE))
    return func.round(x, type_=_DOUBLE), func.round(y, type_=_DOUBLE)


def _outline(place: ColumnElement[Any]) -> ColumnElement[Any]:
    """A polygon in the tile's units, NULL when the tile does not meet it. Valid, whatever simplifying did."""
    fewer = func.ST_Simplify(_plain(place), _parameter("tolerance"), type_=_GEOMETRY)
    projected = func.ST_Transform(fewer, _number(3857), type_=_GEOMETRY)
    envelope = func.ST_TileEnvelope(*(bindparam(name, type_=Integer()) for name in ("z", "x", "y")), type_=_GEOMETRY)
    once = select(envelope).scalar_subquery()  # a kept plan would make it for each row
    return func.ST_AsMVTGeom(projected, once, _number(EXTENT), _number(BUFFER), literal_column("true"), type_=_GEOMETRY)


def _too_small(source: TileSource) -> ColumnElement[bool]:
    """Polygons smaller than a pixel at their own latitude, so that all tiles judge a polygon alike."""
    place = _plain(source.place)
    shrink = func.cos(func.radians(func.ST_YMin(place)), type_=_DOUBLE)
    return func.ST_Area(place, type_=_DOUBLE) < _parameter("pixel_area") * shrink


def _value(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """An attribute as MVT knows it: exact decimals become doubles."""
    return cast(expression, _DOUBLE) if isinstance(expression.type, Numeric) else expression


def _plain(place: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(place, _GEOMETRY)


def _parameter(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=_DOUBLE)


def _number(number: int) -> ColumnElement[int]:
    return literal_column(str(number), Integer())


def _text(name: str) -> ColumnElement[str]:
    """A name that ``TileSource`` has checked."""
    return literal_column(f"'{name}'")
