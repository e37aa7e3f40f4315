"""When two vector tiles show the same: features by id, equal attributes, places within one unit of the grid."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import mapbox_vector_tile

from bench import agreement

GRID_TOLERANCE = 1
"""Units of the tile's grid of 4,096: a rounding apart."""

RIM = 63
"""Units beyond the edges where the buffer of 64 ends: a point there may be rounded in or out, and nobody sees it."""


@dataclass(frozen=True)
class Tile:
    """A decoded tile: by layer and feature id, what the features say and where they are (grid units)."""

    attributes: dict[str, Any]
    places: dict[str, Any]


def decoded(answer: bytes) -> Tile:
    """A Mapbox Vector Tile. Raises ``ValueError`` when two features of a layer have one id, or a feature none."""
    attributes: dict[str, Any] = {}
    places: dict[str, Any] = {}
    for name, layer in mapbox_vector_tile.decode(answer, default_options={"y_coord_down": True}).items():
        features = {str(feature["id"]): feature for feature in layer["features"]}
        if len(features) != len(layer["features"]):
            raise ValueError(f"{len(layer['features'])} features of layer {name} have {len(features)} ids")
        features = {key: each for key, each in features.items() if not _on_rim(each, layer["extent"])}
        attributes[name] = {"extent": layer["extent"], **{key: each["properties"] for key, each in features.items()}}
        places[name] = {key: each["geometry"]["coordinates"] for key, each in features.items()}
    return Tile(attributes, places)


def _on_rim(feature: dict[str, Any], extent: int) -> bool:
    geometry = feature["geometry"]
    return geometry["type"] == "Point" and any(not -RIM < one < extent + RIM for one in geometry["coordinates"])


def differences(left: Tile, right: Tile) -> Iterator[str]:
    """Every place where two tiles differ, as a path and both values."""
    yield from agreement.differences(left.attributes, right.attributes)
    yield from agreement.differences(left.places, right.places, tolerance=GRID_TOLERANCE)
