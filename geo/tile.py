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
    Boolean,
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
HAIR: Final = 1e-4

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


def tile_of(source: TileSource, *, crowd: int) -> Select[Any]:
    """One row of MVT 2.1 bytes: ``drawn``, each feature for itself, or NULL in a crowd; then ``grouped`` by cells.

    Its parameters are ``tile_parameters``. Both are empty when the tile holds nothing.
    """
    # A crowd shows itself only when the tile is made in vain; where one is expected, looking first is cheaper.
    seen = select(_number(1)).select_from(source.rows).where(*source.conditions, _inside(source))
    expected = and_(bindparam("crowd_expected", type_=Boolean()), seen.offset(_number(crowd)).exists())
    features: Any = _drawn(source).limit(_number(crowd + 1))
    if not source.points:
        features = union_all(features, _grouped(source, _too_small(source)))
    made = _encoded(source, features.subquery("feature")).subquery("made")
    drawn = select(made.c.tile).where(made.c.features <= _number(crowd)).scalar_subquery()
    # the offset keeps the planner from making it twice, for each time it is named below
    tried = select(case((~expected, drawn)).label("drawn")).offset(_number(0)).subquery("tried")
    cells = _encoded(source, _grouped(source).subquery("feature")).subquery("cells")
    grouped = case((tried.c.drawn.is_(None), select(cells.c.tile).scalar_subquery()))
    columns: list[ColumnElement[Any]] = [tried.c.drawn.label("drawn"), grouped.label("grouped")]
    return select(*columns).select_from(tried)


def tile_parameters(tile: Tile, *, crowd_expected: bool) -> dict[str, float]:
    """The values of a tile's bind parameters. The tile is the same whatever is expected; only the way there differs."""
    # a hair more, for edges that single precision holds exactly: there PostGIS's own envelope is as much larger
    box, transform = tile.bounds(BUFFER + HAIR), tile.transform()
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
        "crowd_expected": crowd_expected,
    }


def _drawn(source: TileSource) -> Select[Any]:
    """Each feature for itself."""
    columns: list[ColumnElement[Any]] = [source.key.label(ID_COLUMN)]
    columns += [_value(expression).label(name) for name, expression in source.attributes.items()]
    conditions = [*source.conditions, _inside(source)]
    if source.points:
        shape = _point(*_units(source.place))
    else:
        columns.append(cast(null(), Integer).label(COUNT))
        conditions.append(~_too_small(source))
        shape = _outline(source.place)
    features = select(*columns, shape.label(GEOMETRY_COLUMN)).select_from(source.rows).where(*conditions)
    return features.order_by(source.key)  # the same data, the same bytes: a tag of them promises it


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
    cell_x, cell_y = (func.floor(unit * _exact(1 / CELL), type_=_DOUBLE) for unit in (member.c.x, member.c.y))
    # Written as distances from the middle, for the planner takes four comparisons for a needle and sorts the haystack.
    middle, reach = _exact(EXTENT / 2), _exact(EXTENT / 2 + CELL)
    whole_cells = (func.abs(unit - middle, type_=_DOUBLE) <= reach for unit in (member.c.x, member.c.y))
    cell = (
        select(
            func.min(member.c.key).label("key"),
            func.count().label("features"),
            _point(func.avg(member.c.x), func.avg(member.c.y)).label(GEOMETRY_COLUMN),
            *(func.sum(member.c[one.name]).label(one.name) for one in summed),
        )
        .where(*whole_cells)
        .group_by(cell_x + _exact(4.0 * EXTENT) * cell_y)  # one key is hashed faster than two
        .subquery("cell")
    )
    alone = cell.c.features == _number(1)
    own = {name: one for name, one in source.attributes.items() if name not in source.summed}
    # looked up one by one: a join would read every row there is
    single = (
        select(*(_value(one).label(name) for name, one in own.items()))
        .select_from(source.rows)
        .where(source.key == cell.c.key, alone)
        .offset(_number(0))
        .lateral("single")
    )
    columns: list[ColumnElement[Any]] = [case((alone, cell.c.key)).label(ID_COLUMN)]
    for name in source.attributes:
        value = single.c[name] if name in own else _value(cell.c[f"{name}_sum"])
        columns.append(value.label(name))
    columns.append(cast(case((~alone, cell.c.features)), Integer).label(COUNT))
    rows = cell.outerjoin(single, literal_column("true"))
    return select(*columns, cell.c[GEOMETRY_COLUMN]).select_from(rows).order_by(cell.c.key)


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
    """A point in the tile's units, not rounded."""
    lon = func.ST_X(_plain(point), type_=_DOUBLE)
    lat = func.ST_Y(_plain(point), type_=_DOUBLE)
    half, quarter = _exact(math.pi / 360), _exact(math.pi / 4)
    x = _parameter("x_scale") * lon + _parameter("x_origin")
    y = _parameter("y_origin") - _parameter("y_scale") * func.ln(func.tan(lat * half + quarter, type_=_DOUBLE))
    return x, y


def _point(x: ColumnElement[float], y: ColumnElement[float]) -> ColumnElement[Any]:
    """A point of whole units, rounded as ST_AsMVTGeom rounds: halves to even."""
    return func.ST_MakePoint(func.round(x), func.round(y), type_=_GEOMETRY)


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


def _exact(number: float) -> ColumnElement[float]:
    return literal_column(f"{number!r}::float8", _DOUBLE)


def _text(name: str) -> ColumnElement[str]:
    """A name that ``TileSource`` has checked."""
    return literal_column(f"'{name}'")
