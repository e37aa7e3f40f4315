"""GeoJSON as it comes from outside (RFC 7946): checked member by member, handed on ready to bind."""

from geo.geojson.bbox import BoundingBox, parse_bbox
from geo.geojson.error import GeoJSONError
from geo.geojson.geometry import GEOMETRY_TYPES, MAX_COLLECTION_DEPTH, Geometry, parse_geometry

__all__ = [
    "GEOMETRY_TYPES",
    "MAX_COLLECTION_DEPTH",
    "BoundingBox",
    "GeoJSONError",
    "Geometry",
    "parse_bbox",
    "parse_geometry",
]
