"""The projects of the sample."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import shapely

from schema.project.rules import ProjectStage
from schema.sample import vocabulary
from schema.sample.draw import Bools, Floats, Ints, between, chosen, days, identities, instants, weighted, where
from schema.sample.ground import Ground
from schema.sample.rows import Rows
from schema.sample.shape import Geometries, ewkb, hilbert_order, plots, to_metres

STAGES = tuple(ProjectStage)
# Of some 3,200 projects in hand about 1,500 start within a year: most of the list is young.
STAGE_SHARES = {
    ProjectStage.PLANNED_RESERVE: 0.15,
    ProjectStage.PRELIMINARY_WORK: 0.14,
    ProjectStage.STARTED: 0.12,
    ProjectStage.UNDER_CONSTRUCTION: 0.38,
    ProjectStage.IN_OPERATION: 0.15,
    ProjectStage.SUSPENDED: 0.035,
    ProjectStage.CANCELLED: 0.025,
}
# Days between the start and today, at most: first the recent ones and their share, then the others.
STARTED_WITHIN = {
    ProjectStage.STARTED: (0, 180, 1.0, 180),
    ProjectStage.UNDER_CONSTRUCTION: (60, 364, 0.88, 1100),
    ProjectStage.IN_OPERATION: (300, 364, 0.04, 1640),
    ProjectStage.SUSPENDED: (60, 364, 0.2, 1400),
    ProjectStage.CANCELLED: (300, 364, 0.0, 1640),
}
FIVE_YEARS = 5 * 365
# Log-normal: 2,900 of 3,200 reach 100 million 元, the largest reach tens of billions.
MEDIAN_INVESTMENT, INVESTMENT_SPREAD = 5.5e8, 1.3
INVESTMENT_RANGE = (2e7, 9.8e10)
SEA_SHARE, UNPLACED_SHARE, ZONE_SHARE = 0.004, 0.2, 0.55
MOST_PROJECTS = 2_000_000  # all rows are drawn before the first is copied: some 4 GB of memory for a million
SERIALS = 999_999  # the serial number in a project's code has six digits

COLUMNS = ("id", "code", "name", "stage", "total_investment", "location", "footprint", "region_id", "started_on",
           "origin", "created_at", "updated_at")  # fmt: skip


@dataclass(frozen=True)
class Projects:
    """Columns of the projects, in heap order; days are ordinals, places degrees (NaN: none)."""

    id: Ints
    stage: Ints
    created: Ints
    started: Ints
    lon: Floats
    lat: Floats
    region_id: Ints
    region_name: list[str]
    rows: Rows


def draw_projects(
    rng: np.random.Generator, count: int, land: Ground, region_ids: dict[str, int], today: date
) -> Projects:
    """``count`` projects, on the land of the region that answers for them but for a few at sea and some unplaced."""
    stage = weighted(rng, [STAGE_SHARES[stage] for stage in STAGES], count)
    district = weighted(rng, land.district_shares(), count)
    lon, lat = land.places(rng, district)
    sea = rng.random(count) < SEA_SHARE
    lon[sea], lat[sea] = land.at_sea(rng, int(sea.sum()))
    district[sea] = land.nearest_district(shapely.points(lon[sea], lat[sea]))
    unplaced = (stage == STAGES.index(ProjectStage.PLANNED_RESERVE)) & (rng.random(count) < UNPLACED_SHARE)
    points = shapely.points(lon, lat)
    zone = np.where(sea, -1, land.zones_around(points))
    zone[rng.random(count) >= ZONE_SHARE] = -1
    lon[unplaced], lat[unplaced] = np.nan, np.nan

    order = hilbert_order(lon, lat)
    stage, district, zone, sea, lon, lat = (
        stage[order],
        district[order],
        zone[order],
        sea[order],
        lon[order],
        lat[order],
    )
    created, started = _days(rng, stage, today)
    investment = _investment(rng, count)
    accountable = [
        land.zones[z] if z >= 0 else land.districts[d] for z, d in zip(zone.tolist(), district.tolist(), strict=True)
    ]
    region_id = np.array([region_ids[region.code] for region in accountable])
    identity = identities(rng, count)
    changed = between(rng, np.maximum(created, started), today.toordinal() - 1)
    placed = ~np.isnan(lon)
    location = where(
        placed, shapely.to_wkb(shapely.points(np.nan_to_num(lon), np.nan_to_num(lat)), include_srid=True).tolist()
    )
    rows = Rows(
        "project",
        COLUMNS,
        list(
            zip(
                identity.tolist(),
                _codes(rng, created, [land.districts[d].code for d in district.tolist()]),
                _names(rng, [region.name for region in accountable], sea),
                [STAGES[s].value for s in stage.tolist()],
                [Decimal(ten_thousands * 10_000) for ten_thousands in investment.tolist()],
                location,
                _footprints(rng, land, stage, district, lon, lat, investment, sea),
                region_id.tolist(),
                where(started > 0, days(np.maximum(started, 1))),
                ["SAMPLE"] * count,
                instants(rng, created, from_hour=1, to_hour=9),
                instants(rng, np.maximum(changed, created + 1), from_hour=1, to_hour=9),
                strict=True,
            )
        ),
    )
    return Projects(identity, stage, created, started, lon, lat, region_id, [r.name for r in accountable], rows)


def _days(rng: np.random.Generator, stage: Ints, today: date) -> tuple[Ints, Ints]:
    """Days of entry and of the start (0: not started), within the last five years."""
    now = today.toordinal()
    started = np.zeros(len(stage), dtype=np.int64)
    for started_stage, (least, recent, share, most) in STARTED_WITHIN.items():
        mask = stage == STAGES.index(started_stage)
        is_recent = rng.random(len(stage)) < share
        age = between(rng, np.where(is_recent, least, recent + 1), np.where(is_recent, recent, most))
        started = np.where(mask, now - age, started)
    # Half of the cancelled ones never started.
    cancelled = stage == STAGES.index(ProjectStage.CANCELLED)
    started[cancelled & (rng.random(len(stage)) < 0.5)] = 0
    waiting = now - between(rng, np.full(len(stage), 3), 900)
    before_start = started - between(rng, np.full(len(stage), 20), 500)
    created = np.where(started > 0, before_start, waiting)
    return np.maximum(created, now - FIVE_YEARS), started


def _investment(rng: np.random.Generator, count: int) -> Ints:
    """Total investment in 万元."""
    drawn = MEDIAN_INVESTMENT * np.exp(INVESTMENT_SPREAD * rng.standard_normal(count))
    return (np.clip(drawn, *INVESTMENT_RANGE) / 10_000).round().astype(np.int64)


def _codes(rng: np.random.Generator, created: Ints, adcodes: list[str]) -> list[str]:
    """Project codes of the right form: year and month of entry, adcode, department, type, and a serial number.

    More projects than serials share them; two that would have the same code take the next serial that is free.
    """
    serial = rng.permutation(len(created)) % SERIALS + 1
    guiding = chosen(rng, ("04", "05", "07", "17", "89"), len(created))
    kind = chosen(rng, ("01", "02", "03", "05"), len(created))
    months = [f"{day.year % 100:02d}{day.month:02d}" for day in days(created)]
    codes: dict[str, None] = {}
    for month, adcode, department, form, number in zip(months, adcodes, guiding, kind, serial.tolist(), strict=True):
        while (code := f"{month}-{adcode}-{department}-{form}-{number:06d}") in codes:
            number = number % SERIALS + 1
        codes[code] = None
    return list(codes)


def _names(rng: np.random.Generator, places: list[str], sea: Bools) -> list[str]:
    count = len(places)
    words = zip(
        places,
        chosen(rng, vocabulary.HOUSES, count),
        chosen(rng, vocabulary.PRODUCTS, count),
        chosen(rng, vocabulary.FORMS, count),
        chosen(rng, vocabulary.AT_SEA, count),
        sea.tolist(),
        strict=True,
    )
    return [
        f"{place}{house}{at_sea if offshore else product + form}项目{vocabulary.MARK}"
        for place, house, product, form, at_sea, offshore in words
    ]


def _footprints(
    rng: np.random.Generator,
    land: Ground,
    stage: Ints,
    district: Ints,
    lon: Floats,
    lat: Floats,
    investment: Ints,
    sea: Bools,
) -> list[bytes | None]:
    """Plots of 0.5 to 40 ha about what is being built or stands; none where one would leave the district's land."""
    built = np.isin(stage, [STAGES.index(s) for s in (ProjectStage.UNDER_CONSTRUCTION, ProjectStage.IN_OPERATION)])
    mask = built & ~np.isnan(lon) & ~sea
    hectares = np.clip(3.0 * (investment[mask] / 55_000) ** 0.5 * rng.uniform(0.5, 1.8, mask.sum()), 0.8, 50.0)
    side = np.sqrt(hectares * 10_000)
    x, y = to_metres(lon[mask], lat[mask])
    shapes: Geometries = plots(rng, x - side / 2, y - side / 2, side)
    on_land = land.district_around(shapes) == district[mask]
    footprint: list[bytes | None] = [None] * len(stage)
    for index, shape, kept in zip(np.flatnonzero(mask).tolist(), ewkb(shapes), on_land.tolist(), strict=True):
        footprint[index] = shape if kept else None
    return footprint
