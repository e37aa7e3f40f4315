"""Where things stand in the sample city: towns, districts, pioneer zones and the sea before them."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from schema.region.rules import RegionKind
from schema.sample.boundary import Boundary
from schema.sample.draw import Floats, Ints
from schema.sample.shape import METRES_A_DEGREE, Geometries, to_degrees, to_metres

URBAN_SPREAD, RURAL_SPREAD = 1_300.0, 3_200.0  # metres, one standard deviation about a town
OUTSIDE_TOWNS = 0.22  # share of places drawn anywhere in the district
COAST_METRES = (400.0, 4_000.0)
# North of it the city's land meets its neighbours', whose land we do not know and could take for sea.
SEA_NORTHERNMOST = 39.5
BATCH = 4_096


@dataclass(frozen=True)
class District:
    """Share of the city's projects, and the towns (WGS 84) about which they gather."""

    share: float
    spread: float
    towns: tuple[tuple[float, float], ...]


DISTRICTS = {
    "210202": District(7, URBAN_SPREAD, ((121.645, 38.915), (121.685, 38.905))),
    "210203": District(5, URBAN_SPREAD, ((121.612, 38.912), (121.605, 38.885))),
    "210204": District(7, URBAN_SPREAD, ((121.585, 38.905), (121.560, 38.890))),
    "210211": District(19, 2_000.0, ((121.525, 38.955), (121.575, 38.985), (121.440, 38.980), (121.500, 38.870))),
    "210212": District(8, RURAL_SPREAD, ((121.265, 38.815), (121.190, 38.870), (121.440, 38.840))),
    "210213": District(24, RURAL_SPREAD, ((121.790, 39.050), (121.720, 39.100), (121.900, 39.090), (121.840, 39.230))),
    "210214": District(9, RURAL_SPREAD, ((121.970, 39.400), (122.330, 39.420))),
    "210224": District(2, URBAN_SPREAD, ((122.590, 39.270), (122.750, 39.240))),
    "210281": District(11, RURAL_SPREAD, ((122.000, 39.630), (121.450, 39.560), (121.780, 39.980))),
    "210283": District(8, RURAL_SPREAD, ((122.970, 39.690), (122.600, 39.550))),
}  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """The regions' land, ready for many questions. Positions are degrees (WGS 84) unless called metres."""

    city: BaseGeometry
    districts: tuple[Boundary, ...]
    zones: tuple[Boundary, ...]
    tree: shapely.STRtree = field(repr=False)

    def district_shares(self) -> Floats:
        return np.array([DISTRICTS[district.code].share for district in self.districts])

    def places(self, rng: np.random.Generator, district: Ints) -> tuple[Floats, Floats]:
        """A place on the land of each given district (an index into ``districts``), most of them about its towns."""
        lon, lat = np.empty(len(district)), np.empty(len(district))
        for index in np.unique(district):
            wanted = np.flatnonzero(district == index)
            lon[wanted], lat[wanted] = self._inside(rng, self.districts[index], len(wanted))
        return lon, lat

    def _inside(self, rng: np.random.Generator, district: Boundary, count: int) -> tuple[Floats, Floats]:
        towns = np.array(DISTRICTS[district.code].towns)
        sigma = DISTRICTS[district.code].spread / METRES_A_DEGREE
        west, south, east, north = district.geometry.bounds
        found: list[Floats] = [np.empty((0, 2))]
        while sum(map(len, found)) < count:
            town = towns[rng.integers(0, len(towns), BATCH)]
            near = town + rng.standard_normal((BATCH, 2)) * sigma * np.array([1.29, 1.0])
            anywhere = rng.uniform((west, south), (east, north), (BATCH, 2))
            drawn = np.where(rng.random((BATCH, 1)) < OUTSIDE_TOWNS, anywhere, near).round(6)
            found.append(drawn[shapely.contains_xy(district.geometry, drawn)])
        lon, lat = np.concatenate(found)[:count].T
        return lon, lat

    def at_sea(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Places off the coast, within some kilometres of it: on nobody's land."""
        coast = shapely.get_coordinates(self.city)
        coast = coast[coast[:, 1] < SEA_NORTHERNMOST]
        found: list[Floats] = [np.empty((0, 2))]
        while sum(map(len, found)) < count:
            x, y = to_metres(*coast[rng.integers(0, len(coast), BATCH)].T)
            angle, distance = rng.uniform(0, 2 * np.pi, BATCH), rng.uniform(*COAST_METRES, BATCH)
            lon, lat = to_degrees(x + distance * np.cos(angle), y + distance * np.sin(angle))
            drawn = np.stack([lon, lat], axis=1).round(6)
            found.append(drawn[~shapely.contains_xy(self.city, drawn) & (drawn[:, 1] < SEA_NORTHERNMOST)])
        lon, lat = np.concatenate(found)[:count].T
        return lon, lat

    def nearest_district(self, shapes: Geometries) -> Ints:
        """The rule for what lies at sea: the district whose land is nearest answers for it."""
        nearest: Ints = self.tree.query_nearest(shapes, all_matches=False)[1]
        return nearest

    def district_around(self, shapes: Geometries) -> Ints:
        """The district on whose land a whole shape lies; -1 where it lies in none."""
        around = np.full(len(shapes), -1)
        for index, district in enumerate(self.districts):
            around[shapely.contains_properly(district.geometry, shapes)] = index
        return around

    def zones_around(self, shapes: Geometries) -> Ints:
        """The pioneer zone in which a whole shape lies (the smaller where two do); -1 where none does."""
        around = np.full(len(shapes), -1)
        for index in sorted(range(len(self.zones)), key=lambda zone: -self.zones[zone].geometry.area):
            around[shapely.contains_properly(self.zones[index].geometry, shapes)] = index
        return around


def ground(regions: list[Boundary]) -> Ground:
    city = next(region.geometry for region in regions if region.kind is RegionKind.CITY)
    districts = tuple(region for region in regions if region.code in DISTRICTS)
    zones = tuple(region for region in regions if region.kind is RegionKind.PIONEER_ZONE)
    for region in regions:
        shapely.prepare(region.geometry)
    return Ground(city, districts, zones, shapely.STRtree([district.geometry for district in districts]))
