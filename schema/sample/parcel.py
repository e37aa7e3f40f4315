"""The land parcels of the sample, and a few sea areas off the coast.

The ground is divided into square blocks, a block into 1 to 25 cells, and at most one plot is drawn in a cell, away
from its rim: so no two parcels touch, whatever is drawn.
"""

from datetime import date

import numpy as np
import shapely

from schema.land.rules import ParcelKind, ParcelStatus
from schema.sample.draw import Floats, Ints, between, identities, instants, weighted
from schema.sample.ground import Ground
from schema.sample.rows import Rows
from schema.sample.shape import Geometries, ewkb, hilbert_order, plots, to_degrees, to_metres

COLUMNS = ("id", "code", "kind", "status", "land_use", "geometry", "region_id", "origin", "created_at", "updated_at")

MOST_PARCELS = 60_000  # beyond, free blocks near the towns become rare
BLOCK = 840.0  # metres; its largest plot has 57 ha
CELLS_A_SIDE = {1: 0.1, 2: 0.3, 3: 0.35, 4: 0.15, 5: 0.1}
SEA_SHARE, ZONE_SHARE, PARTLY_USED = 0.04, 0.6, 0.8
LAND_USE = {"1001": 40, "0701": 12, "1101": 9, "0901": 8, "0902": 4, "0802": 6, "1204": 2, "1208": 2, "0804": 3,
            "0806": 2, "0803": 2, "1303": 2, "1401": 2, "16": 3, "1003": 1, "2301": 2}  # fmt: skip
SEA_USE = {"1802": 45, "2001": 20, "1905": 15, "1901": 12, "2101": 8}
STATUSES = {
    ParcelStatus.RESERVED: 0.45,
    ParcelStatus.ON_OFFER: 0.15,
    ParcelStatus.DELISTED: 0.15,
    ParcelStatus.BUILT: 0.25,
}


def draw_parcels(rng: np.random.Generator, count: int, land: Ground, region_ids: dict[str, int], today: date) -> Rows:
    """``count`` parcels in heap order, without their areas: those are PostGIS's to compute."""
    at_sea = round(count * SEA_SHARE)
    shapes, district = _on_land(rng, land, count - at_sea)
    marine, nearest = _at_sea(rng, land, at_sea)
    shapes, district = np.concatenate([shapes, marine]), np.concatenate([district, nearest])
    is_sea = np.arange(count) >= count - at_sea
    zone = np.where(is_sea | (rng.random(count) >= ZONE_SHARE), -1, land.zones_around(shapes))
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    order = hilbert_order(centre[:, 0], centre[:, 1])
    shapes, district, zone, is_sea = shapes[order], district[order], zone[order], is_sea[order]

    land_use = [list(LAND_USE)[i] for i in weighted(rng, list(LAND_USE.values()), count).tolist()]
    sea_use = [list(SEA_USE)[i] for i in weighted(rng, list(SEA_USE.values()), count).tolist()]
    status = [list(STATUSES)[i].value for i in weighted(rng, list(STATUSES.values()), count).tolist()]
    entered = today.toordinal() - between(rng, np.full(count, 30), 1500)
    changed = between(rng, entered + 1, np.full(count, today.toordinal() - 1))
    serial = (rng.permutation(count) + 1).tolist()
    sea = is_sea.tolist()
    answering = [
        land.zones[z] if z >= 0 else land.districts[d] for z, d in zip(zone.tolist(), district.tolist(), strict=True)
    ]
    return Rows(
        "parcel",
        COLUMNS,
        list(
            zip(
                identities(rng, count).tolist(),
                [
                    f"{land.districts[d].code}-{'H' if marine else 'D'}-{number:06d}"
                    for d, marine, number in zip(district.tolist(), sea, serial, strict=True)
                ],
                [(ParcelKind.SEA_AREA if marine else ParcelKind.LAND).value for marine in sea],
                status,
                [wet if marine else dry for wet, dry, marine in zip(sea_use, land_use, sea, strict=True)],
                ewkb(shapes),
                [region_ids[region.code] for region in answering],
                ["SAMPLE"] * count,
                instants(rng, entered, from_hour=1, to_hour=9),
                instants(rng, changed, from_hour=1, to_hour=9),
                strict=True,
            )
        ),
    )


def _on_land(rng: np.random.Generator, land: Ground, count: int) -> tuple[Geometries, Ints]:
    """Plots wholly on the land of one district each, most of them where the towns are."""
    taken: set[tuple[int, int]] = set()
    shapes: list[Geometries] = []
    owners: list[Ints] = []
    found = 0
    while found < count:
        lon, lat = land.places(rng, weighted(rng, land.district_shares(), max(count // 4, 500)))
        x, y, side = _cells(rng, *_new_blocks(taken, *to_metres(lon, lat)))
        drawn = plots(rng, x, y, side)
        owner = land.district_around(drawn)
        shapes.append(drawn[owner >= 0])
        owners.append(owner[owner >= 0])
        found += len(shapes[-1])
    return np.concatenate(shapes)[:count], np.concatenate(owners)[:count]


def _at_sea(rng: np.random.Generator, land: Ground, count: int) -> tuple[Geometries, Ints]:
    """Plots wholly off the city's land, with the district that answers for them."""
    taken: set[tuple[int, int]] = set()
    shapes: list[Geometries] = [np.empty(0, dtype=object)]
    found = 0
    while found < count:
        bx, by = _new_blocks(taken, *to_metres(*land.at_sea(rng, max(count, 100))))
        # The whole block must be off the land: a land parcel's block touches land, so the two never meet.
        blocks = shapely.box(bx, by, bx + BLOCK, by + BLOCK)
        off = shapely.disjoint(land.city, shapely.transform(blocks, _degrees))
        bx, by = bx[off], by[off]
        drawn = plots(rng, bx, by, np.full(len(bx), BLOCK))
        shapes.append(drawn)
        found += len(drawn)
    sea = np.concatenate(shapes)[:count]
    return sea, land.nearest_district(sea) if count else np.empty(0, dtype=np.int64)


def _degrees(metres: Floats) -> Floats:
    return np.stack(to_degrees(metres[:, 0], metres[:, 1]), axis=1)


def _new_blocks(taken: set[tuple[int, int]], x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Lower left corners of the blocks around positions in metres, leaving out those already ``taken``."""
    blocks = np.unique(np.stack([np.floor(x / BLOCK), np.floor(y / BLOCK)], axis=1).astype(np.int64), axis=0)
    fresh = [block for block in map(tuple, blocks.tolist()) if block not in taken]
    taken.update(fresh)
    corners = np.array(fresh, dtype=np.float64).reshape(-1, 2) * BLOCK
    return corners[:, 0], corners[:, 1]


def _cells(rng: np.random.Generator, bx: Floats, by: Floats) -> tuple[Floats, Floats, Floats]:
    """Cells of the blocks at ``bx``, ``by``, some left empty: lower left corners and sides in metres."""
    a_side = np.array(list(CELLS_A_SIDE))[weighted(rng, list(CELLS_A_SIDE.values()), len(bx))]
    block = np.repeat(np.arange(len(bx)), a_side**2)
    first = np.concatenate([[0], np.cumsum(a_side**2)[:-1]]) if len(bx) else np.empty(0, dtype=np.int64)
    within = np.arange(len(block)) - first[block]
    side = BLOCK / a_side[block]
    used = rng.random(len(block)) < PARTLY_USED
    x, y = bx[block] + within % a_side[block] * side, by[block] + within // a_side[block] * side
    return x[used], y[used], side[used]
