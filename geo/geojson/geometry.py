"""GeoJSON geometry objects (RFC 7946) into geometry ready to bind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from geo.geojson.error import GeoJSONError, Path, json_type
from geo.geojson.position import (
    VertexBudget,
    read_array,
    read_line,
    read_polygon,
    read_position,
    read_positions,
)

GEOMETRY_TYPES: Final = frozenset(
    {
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    }
)
MAX_COLLECTION_DEPTH: Final = 4  # RFC 7946 advises against any nesting; PostGIS recurses on it
WGS84_SRID: Final = 4326


@dataclass(frozen=True, slots=True)
class Geometry:
    """A valid, non-empty, two-dimensional WGS 84 geometry with right-handed rings.

    `ewkb` binds to PostGIS as it is (`ST_GeomFromEWKB($1)`, bytea) or as text (`$1::geometry`, `hex_ewkb`).
    `bounds` is west, south, east, north in degrees.
    """

    type: str
    ewkb: bytes
    bounds: tuple[float, float, float, float]
    vertices: int

    @property
    def hex_ewkb(self) -> str:
        return self.ewkb.hex().upper()


def parse_geometry(value: object, *, max_vertices: int, allowed: frozenset[str] | None = None) -> Geometry:
    """Reads a geometry object as `json.loads` gives it, or raises GeoJSONError naming the member at fault.

    `allowed` restricts the type (None: any of GEOMETRY_TYPES); `max_vertices` bounds the positions in all. Heights
    are dropped; rings may wind either way and come out right-handed; members the RFC does not know are ignored,
    except `crs`, since ignoring that would put the geometry somewhere else.
    """
    budget = VertexBudget(max_vertices)
    try:
        shape = _read_geometry(value, (), budget, allowed if allowed is not None else GEOMETRY_TYPES, depth=0)
        _require_validity(shape, ())
        # is_valid has passed, so orienting cannot fail; it keeps Z away because none was read.
        shape = shapely.set_srid(shapely.orient_polygons(shape), WGS84_SRID)
    except shapely.errors.ShapelyError as error:
        raise GeoJSONError((), f"no geometry can be made of this ({error}); check its coordinates") from error
    west, south, east, north = (float(bound) for bound in shape.bounds)
    ewkb: bytes = shapely.to_wkb(shape, include_srid=True)
    return Geometry(shape.geom_type, ewkb, (west, south, east, north), budget.used)


def _read_geometry(
    value: object, path: Path, budget: VertexBudget, allowed: frozenset[str], depth: int
) -> BaseGeometry:
    if not isinstance(value, dict):
        raise GeoJSONError(path, f'is {json_type(value)}; give a GeoJSON geometry: {{"type": …, "coordinates": …}}')
    kind = value.get("type")
    if kind is None:
        raise GeoJSONError((*path, "type"), f"is missing; give one of {_listed(allowed)}")
    if not isinstance(kind, str):
        raise GeoJSONError((*path, "type"), f"is {json_type(kind)}; give one of {_listed(allowed)}")
    if kind in ("Feature", "FeatureCollection"):
        raise GeoJSONError((*path, "type"), f'a {kind} is not a geometry; give its geometry (the member "geometry")')
    if kind not in GEOMETRY_TYPES:
        raise GeoJSONError((*path, "type"), f"is no GeoJSON geometry type; give one of {_listed(allowed)}")
    if kind not in allowed:
        raise GeoJSONError((*path, "type"), f"{kind} is not accepted here; give one of {_listed(allowed)}")
    if "crs" in value:
        raise GeoJSONError(
            (*path, "crs"), "RFC 7946 has no crs member; send WGS 84 longitude and latitude and leave it out"
        )
    if kind == "GeometryCollection":
        return _read_collection(value, path, budget, depth)
    if "coordinates" not in value:
        raise GeoJSONError((*path, "coordinates"), f"is missing; a {kind} needs it")
    return _read_coordinates(kind, value["coordinates"], (*path, "coordinates"), budget)


def _read_collection(value: dict[str, object], path: Path, budget: VertexBudget, depth: int) -> BaseGeometry:
    if depth == MAX_COLLECTION_DEPTH:
        raise GeoJSONError(path, f"collections nested deeper than {MAX_COLLECTION_DEPTH}; flatten them")
    here = (*path, "geometries")
    if "geometries" not in value:
        raise GeoJSONError(here, "is missing; a GeometryCollection needs it")
    members = read_array(value["geometries"], here, "an array of geometries")
    return shapely.GeometryCollection(
        [
            _read_geometry(member, (*here, index), budget, GEOMETRY_TYPES, depth + 1)
            for index, member in enumerate(members)
        ]
    )


def _read_coordinates(kind: str, value: object, path: Path, budget: VertexBudget) -> BaseGeometry:
    match kind:
        case "Point":
            return shapely.Point(read_position(value, path, budget))
        case "MultiPoint":
            return shapely.MultiPoint(read_positions(value, path, budget))
        case "LineString":
            return shapely.LineString(read_line(value, path, budget))
        case "MultiLineString":
            lines = enumerate(read_array(value, path, "an array of lines"))
            return shapely.MultiLineString([read_line(line, (*path, index), budget) for index, line in lines])
        case "Polygon":
            outer, *holes = read_polygon(value, path, budget)
            return shapely.Polygon(outer, holes)
    polygons = enumerate(read_array(value, path, "an array of polygons"))
    rings = [read_polygon(polygon, (*path, index), budget) for index, polygon in polygons]
    return shapely.MultiPolygon([(outer, holes) for outer, *holes in rings])


def _require_validity(shape: BaseGeometry, path: Path) -> None:
    if not shapely.is_valid(shape):
        reason = shapely.is_valid_reason(shape)  # names the place: "Self-intersection[121.5 38.9]"
        raise GeoJSONError(
            (*path, "geometries" if shape.geom_type == "GeometryCollection" else "coordinates"),
            f"the {shape.geom_type} is not valid: {reason} (longitude latitude); redraw it there so that no boundary"
            " crosses or overlaps itself or another",
        )


def _listed(types: frozenset[str]) -> str:
    return ", ".join(sorted(types))
