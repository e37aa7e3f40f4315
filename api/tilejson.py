"""A layer described for map clients: TileJSON 3.0."""

import orjson

from geo.tile import COUNT
from schema.layer.layer import AttributeType, MapLayer

TILEJSON = "application/json"


def tilejson(layer: MapLayer, public_url: str, bounds: tuple[float, float, float, float] | None) -> bytes:
    """The description of a layer whose tiles are under ``public_url``, which has no trailing slash.

    ``bounds`` are west, south, east, north in degrees, None when nothing is there to be seen.
    """
    fields = {name: f"{one.type}: {one.description}{_from(one.from_zoom)}" for name, one in layer.attributes.items()}
    fields[COUNT] = f"{AttributeType.NUMBER}: how many features a point stands for; absent from a single feature"
    described = {
        "tilejson": "3.0.0",
        "name": layer.title,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [f"{public_url}/tiles/{layer.name}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": layer.minimum_zoom,
        "maxzoom": layer.maximum_zoom,
        "vector_layers": [
            {
                "id": layer.name,
                "description": layer.description,
                "minzoom": layer.minimum_zoom,
                "maxzoom": layer.maximum_zoom,
                "fields": fields,
            }
        ],
    }
    if bounds is not None:
        described["bounds"] = bounds
    return orjson.dumps(described)


def _from(zoom: int) -> str:
    return f"; from zoom {zoom} on" if zoom else ""
