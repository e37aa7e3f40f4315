"""What only PostGIS defines exactly (distances on the ellipsoid, GeoJSON's rounding): asked one value at a time."""

import asyncio
import json
import math
import threading
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import asyncpg
import shapely

from tests.schema.reference.city import TABLES, Row

T = TypeVar("T")

METERS_PER_DEGREE = math.pi * 6_371_008.8 / 180
DEFAULT_DECIMALS = 7


class Loop:
    """An event loop in a thread of its own, so that plain functions can ask the database."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class PostGIS:
    """One connection, and a memory of its answers."""

    def __init__(self, loop: Loop, connection: asyncpg.Connection) -> None:
        self._loop = loop
        self._connection = connection
        self._distances: dict[Any, Mapping[int, float]] = {}
        self._texts: dict[Any, Any] = {}

    def distances(self, type_: str, column: str, origin: shapely.Geometry) -> Mapping[int, float]:
        """Metres on the ellipsoid from a shape to the geometry of each row that has one, by id."""
        wkb = shapely.to_wkb(origin)
        key = (type_, column, wkb)
        if key not in self._distances:
            statement = (
                f"SELECT id, ST_Distance({column}::geography, ST_GeomFromWKB($1, 4326)::geography)"  # noqa: S608
                f" FROM {TABLES[type_]} WHERE {column} IS NOT NULL"
            )
            found = self._loop.run(self._connection.fetch(statement, wkb))
            self._distances[key] = {row[0]: row[1] for row in found}
        return self._distances[key]

    def geojson(self, row: Row, column: str, crs: str, simplify: float | None, decimals: int | None) -> Any:
        """A row's geometry as GeoJSON, None where it has none."""
        shape = row.columns[column]
        if shape is None:
            return None
        key = (row.type, row.id, column, crs, simplify, decimals)
        if key not in self._texts:
            arguments: list[Any] = [shapely.to_wkb(shape), DEFAULT_DECIMALS if decimals is None else decimals]
            shown = "ST_GeomFromWKB($1, 4326)"
            if simplify is not None:
                _, south, _, north = shape.bounds
                shrink = max(math.cos(math.radians((south + north) / 2)), 0.01)
                shown = f"ST_SimplifyPreserveTopology(ST_Scale({shown}, $3::float8, 1), $4::float8)"
                shown = f"ST_Scale({shown}, 1 / $3::float8, 1)"
                if shape.geom_type.startswith("Multi"):
                    shown = f"ST_Multi({shown})"
                arguments += [shrink, simplify / METERS_PER_DEGREE]
            if crs in ("GCJ02", "BD09"):
                shown = f"luodi_{crs.lower()}({shown})"
            text = self._loop.run(self._connection.fetchval(f"SELECT ST_AsGeoJSON({shown}, $2::int, 0)", *arguments))
            self._texts[key] = json.loads(text)
        return self._texts[key]
