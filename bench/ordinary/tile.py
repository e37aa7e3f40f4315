"""A vector tile the ordinary way: rows through the ORM, projected in Python, encoded by mapbox-vector-tile."""

import math

import mapbox_vector_tile
from geoalchemy2.shape import to_shape
from shapely import Point
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from bench.ordinary import models
from bench.ordinary.loading import Sessions

EARTH_METERS = 20_037_508.342789244
"""Half the equator: Web Mercator's plane reaches so far from its origin on each axis."""
EXTENT, BUFFER = 4096, 64


def _web_mercator(lon: float, lat: float) -> tuple[float, float]:
    """EPSG:3857 metres of a WGS 84 position."""
    return lon / 180 * EARTH_METERS, math.asinh(math.tan(math.radians(lat))) / math.pi * EARTH_METERS


def _bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile in EPSG:3857 metres."""
    side = 2 * EARTH_METERS / 2**z
    west, north = x * side - EARTH_METERS, EARTH_METERS - y * side
    return west, north - side, west + side, north


async def projects_tile(request: Request, sessions: Sessions) -> Response:
    """``/tiles/projects/{z}/{x}/{y}.mvt``: every project of a tile and of the buffer about it."""
    z, x, y = (request.path_params[name] for name in "zxy")
    whole = func.ST_MakeEnvelope(-EARTH_METERS, -EARTH_METERS, EARTH_METERS, EARTH_METERS, 3857)
    envelope = func.ST_Transform(func.ST_TileEnvelope(z, x, y, whole, BUFFER / EXTENT), 4326)
    statement = (
        select(
            models.Project.id,
            models.Project.stage,
            models.Project.total_investment,
            models.Project.location,
            models.Region.code,
        )
        .join(models.Project.region)
        .where(models.Project.location.op("&&")(envelope))
    )
    west, south, east, north = _bounds(z, x, y)
    margin = (east - west) * (BUFFER + 0.5) / EXTENT  # a place is rounded to the grid before it is cut
    features = []
    async with sessions() as session:
        for identity, stage, investment, location, code in await session.execute(statement):
            point = to_shape(location)
            at_x, at_y = _web_mercator(point.x, point.y)
            if not (west - margin <= at_x <= east + margin and south - margin <= at_y <= north + margin):
                continue
            attributes = {"stage": stage, "totalInvestment": float(investment), "regionCode": code}
            features.append({"id": identity, "geometry": Point(at_x, at_y), "properties": attributes})
    body = mapbox_vector_tile.encode(
        {"name": "projects", "features": features},
        default_options={"quantize_bounds": (west, south, east, north), "extents": EXTENT},
    )
    return Response(body, media_type="application/vnd.mapbox-vector-tile")
