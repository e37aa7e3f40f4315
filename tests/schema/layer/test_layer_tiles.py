"""The layers' own statements on the sample city: regions stay a map of regions, and nothing is lost."""

from typing import Any

import asyncpg
import mapbox_vector_tile
import pytest
import shapely
from shapely.geometry import shape

from geo.mercator import PIXEL, Tile
from geo.tile import tile_parameters
from schema.access.rules import Role
from schema.access.visible import Viewer
from schema.layer.registry import LAYERS
from schema.layer.tile import LayerStatements

READER = Viewer("kim", Role.READER)
STATEMENTS = LayerStatements(crowd=20_000)


async def features(connection: asyncpg.Connection, layer: str, tile: Tile) -> list[dict[str, Any]]:
    statement = STATEMENTS.tile(LAYERS[layer], READER, tile.z)
    place = tile_parameters(tile, crowd_expected=False)
    row = await connection.fetchrow(statement.text, *statement.arguments(READER, place))
    decoded = mapbox_vector_tile.decode(row["drawn"], default_options={"y_coord_down": True})
    found: list[dict[str, Any]] = decoded[layer]["features"]
    return found


@pytest.mark.parametrize("tile", [Tile(7, 107, 48), Tile(8, 214, 97), Tile(10, 857, 391), Tile(12, 3432, 1566)])
async def test_districts_cover_the_city_without_cracks_one_can_see(connection: asyncpg.Connection, tile: Tile) -> None:
    found = await features(connection, "regions", tile)
    by_code = {one["properties"]["code"]: shape(one["geometry"]) for one in found if "code" in one["properties"]}
    assert all(one.is_valid for one in by_code.values())
    city = by_code.pop("210200")
    districts = [one for code, one in by_code.items() if "-" not in code]  # pioneer zones lie upon districts
    assert len(districts) > 1
    cracks = shapely.difference(city, shapely.union_all(districts))
    assert cracks.area < city.area * 0.01
    assert cracks.buffer(-PIXEL / 2).is_empty, "a crack is a pixel wide"
    overlaps = sum(one.area for one in districts) - shapely.union_all(districts).area
    assert overlaps < city.area * 0.01


async def test_parcels_are_drawn_or_counted(connection: asyncpg.Connection) -> None:
    parcels = await connection.fetchval("SELECT count(*) FROM parcel")
    for zoom in range(0, 8):
        x, y = 107 >> (7 - zoom), 48 >> (7 - zoom)
        found = await features(connection, "parcels", Tile(zoom, x, y))
        counted = sum(one["properties"].get("pointCount", 1) for one in found)
        assert counted == parcels if zoom < 6 else counted <= parcels
        area = sum(one["properties"]["areaHectares"] for one in found)
        if zoom < 6:
            assert area == pytest.approx(await connection.fetchval("SELECT sum(area_hectares) FROM parcel"))
