"""W1 to W7 and the flagship: a GraphQL document or a tile each, and variables that are built from the loaded data.

Every workload has several variants (another viewport, another region) that a run cycles through, so that no server
is measured on one hot answer. All coordinates are WGS 84 longitude and latitude.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import asyncpg
import orjson

from bench import documents
from bench.client import Request

TILE_ZOOM = 10
TILE_PROJECTS = 5_000
"""A busy tile in which each project is still drawn for itself, in a city of any size."""
TILE_PATH = "/tiles/projects/{z}/{x}/{y}.mvt"

Variables: TypeAlias = Mapping[str, Any]
BoundingBox: TypeAlias = list[float]


@dataclass(frozen=True)
class Workload:
    """One document, or a tile where there is none, and the variables it is asked with, in turn."""

    name: str
    title: str
    document: str
    variants: tuple[Variables, ...]

    @property
    def is_tile(self) -> bool:
        return not self.document

    def requests(self, path: str, token: str | None) -> list[Request]:
        """A request for each variant: the document by POST to ``path``, or the tile by GET from its own."""
        access = {} if token is None else {"authorization": f"Bearer {token}"}
        if self.is_tile:
            return [Request("GET", TILE_PATH.format_map(each), {"accept": "*/*", **access}) for each in self.variants]
        headers = {"accept": "application/json", "content-type": "application/json", **access}
        bodies = [orjson.dumps({"query": self.document, "variables": dict(each)}) for each in self.variants]
        return [Request("POST", path, headers, body) for body in bodies]


@dataclass(frozen=True)
class Sizes:
    """How many rows each workload asks for: the figures of the published table, less in a city too small for them."""

    viewport: int
    nested: int
    big_map: int
    together: int

    @classmethod
    def fitting(cls, located: int) -> "Sizes":
        """The sizes for a city with ``located`` projects that have a location: every answer must be full."""
        return cls(
            viewport=min(1_000, located // 4),
            nested=min(50, max(1, located // 100)),
            big_map=min(10_000, located // 2),
            together=min(20, located // 10),
        )


NTH_NEAREST = """
SELECT half, gap FROM (
  SELECT (d + lead(d) OVER (ORDER BY d)) / 2 AS half, lead(d) OVER (ORDER BY d) - d AS gap,
    row_number() OVER (ORDER BY d) AS n
  FROM (SELECT greatest(abs(ST_X(location) - $1), abs(ST_Y(location) - $2)) AS d
        FROM project WHERE location IS NOT NULL) AS distances
) AS gaps
WHERE n BETWEEN $3 AND ceil($3 * 1.1) + 2 AND gap IS NOT NULL ORDER BY gap DESC LIMIT 1
"""
"""Half the width of a square around a point that holds ``$3`` projects or up to a tenth more.

The widest gap between neighbours is taken as the edge: PostGIS's index compares boxes in single precision, and no
point may lie so near to an edge that servers could differ about it.
"""

CENTRES = "SELECT ST_X(location) AS x, ST_Y(location) AS y FROM project WHERE location IS NOT NULL ORDER BY id LIMIT $1"

BUSY_STAGES = """
SELECT r.code, p.stage FROM project AS p JOIN region AS r ON r.id = p.region_id
GROUP BY r.code, p.stage HAVING count(*) >= $1 ORDER BY count(*) DESC, r.code, p.stage LIMIT $2
"""

BUSY_TILES = """
SELECT $1::int AS z, x, y, count(*) AS projects FROM (
  SELECT floor((ST_X(location) + 180) / 360 * 2 ^ $1)::int AS x,
    floor((1 - asinh(tan(radians(ST_Y(location)))) / pi()) / 2 * 2 ^ $1)::int AS y
  FROM project WHERE location IS NOT NULL
) AS tile GROUP BY x, y ORDER BY abs(count(*) - $2), x, y LIMIT $3
"""
"""The Web Mercator tiles that hold most nearly ``$2`` projects; x counts from 180° west, y from the north."""


async def _boxes(connection: Any, rows: int, variants: int) -> list[BoundingBox]:
    boxes = []
    for centre in await connection.fetch(CENTRES, variants):
        x, y = centre["x"], centre["y"]
        half = await connection.fetchval(NTH_NEAREST, x, y, rows)
        boxes.append([x - half, y - half, x + half, y + half])
    return boxes


def _range(tiles: Sequence[Any]) -> str:
    counts = sorted(row["projects"] for row in tiles)
    return f"{counts[0]:,} to {counts[-1]:,}"


async def build_flagship(database_url: str, day: date) -> Workload:
    """The flagship asked for ``day``, from the location of one of the city's projects."""
    connection = await asyncpg.connect(database_url)
    try:
        centre = await connection.fetchrow(CENTRES, 1)
    finally:
        await connection.close()
    start = {"type": "Point", "coordinates": [centre["x"], centre["y"]]}
    return Workload(
        "flagship",
        "a route through 12 sites with everything around them",
        documents.FLAGSHIP,
        ({"start": start, "day": day.isoformat()},),
    )


async def build(database_url: str) -> list[Workload]:
    """W1 to W7 on the city that is loaded in the database.

    Raises ``LookupError`` when the city holds too few projects to ask for anything.
    """
    connection = await asyncpg.connect(database_url)
    try:
        located = await connection.fetchval("SELECT count(*) FROM project WHERE location IS NOT NULL")
        if located < 100:
            raise LookupError(f"the city has {located} located projects; the workloads need 100: seed it first")
        sizes = Sizes.fitting(located)
        viewports = await _boxes(connection, sizes.viewport, 4)
        maps = await _boxes(connection, sizes.big_map, 2)
        neighbourhoods = await _boxes(connection, sizes.together, 8)
        stages = await connection.fetch(BUSY_STAGES, sizes.nested, 8)
        tiles = await connection.fetch(BUSY_TILES, TILE_ZOOM, TILE_PROJECTS, 4)
        ids = await connection.fetch("SELECT id FROM project ORDER BY id LIMIT 16")
    finally:
        await connection.close()
    return [
        Workload(
            "W1",
            f"viewport: {sizes.viewport:,} projects in a bbox",
            documents.VIEWPORT,
            tuple({"bbox": box, "first": sizes.viewport} for box in viewports),
        ),
        Workload(
            "W2",
            f"nested: {sizes.nested} projects by stage and region, with issues and inspections",
            documents.NESTED,
            tuple({"stage": row["stage"], "region": row["code"], "first": sizes.nested} for row in stages),
        ),
        Workload(
            "W3",
            f"big map: {sizes.big_map:,} projects in a bbox",
            documents.BIG_MAP,
            tuple({"bbox": box, "first": sizes.big_map} for box in maps),
        ),
        Workload("W4", "one project by id", documents.ONE, tuple({"id": f"prj_{row['id']}"} for row in ids)),
        Workload(
            "W5",
            f"together: {sizes.together} projects, each with the 5 nearest parcels within 2 km",
            documents.TOGETHER,
            tuple({"bbox": box, "first": sizes.together} for box in neighbourhoods),
        ),
        Workload("W6", "aggregate per region", documents.AGGREGATE, ({},)),
        Workload(
            "W7",
            f"tile: one z{TILE_ZOOM} tile of {_range(tiles)} projects, as MVT",
            "",
            tuple({n: row[n] for n in "zxy"} for row in tiles),
        ),
    ]
