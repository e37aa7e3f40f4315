"""The statements of the benchmark's workloads use their indexes, planned for their values and for any.

On a city of 20,000 projects, so that the planner has a choice; each asks for the share of it that the benchmark asks
of its 100,000. A statement that stops using an index is right as ever and a hundred times slower on a real city.
"""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from api.explain import Sent, plan_of
from bench import documents
from bench.workloads import BUSY_STAGES, CENTRES, NTH_NEAREST, TILE_ZOOM
from geo.mercator import Tile
from geo.tile import tile_parameters
from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.engine import Engine, Query
from schema.layer.registry import LAYERS
from schema.layer.tile import LayerStatements
from schema.limits import Limits
from schema.root import model
from schema.sample.load import seed
from schema.sample.progress import silence
from tests.conftest import TODAY, NewDatabase

PROJECTS = 20_000
BIG = {"project", "issue", "inspection", "parcel"}
"""Tables that nothing below may read whole."""
CROWD = 5_000
"""Features of a tile; any number will do."""
READER = Viewer("kim", Role.READER)
ENGINE = Engine(model(), visible, Limits())


@dataclass(frozen=True)
class Access:
    """How a plan reaches rows: what it reads, by which indexes, and which big tables it reads whole or sorts."""

    tables: frozenset[str]
    indexes: frozenset[str]
    whole: frozenset[str]
    sorted: frozenset[str]


@dataclass(frozen=True)
class City:
    """A connection as the service's readers have it, and values that find something in its city."""

    connection: asyncpg.Connection
    boxes: Mapping[int, list[float]]
    """Bounding boxes in degrees by the number of projects in them."""
    stage: str
    region: str
    project: int
    codes: Mapping[str, str]


def sent(document: str, variables: Mapping[str, Any]) -> Sent:
    """The one statement of an operation and its values."""
    node, operation = ENGINE.operation(Query(document, variables, None))
    coerced = ENGINE.variables(node, operation, variables)
    (compiled,) = ENGINE.compile(node, operation, coerced, READER)
    assert compiled.statement is not None
    return Sent(compiled.statement.text, ENGINE.parameters(compiled.statement, coerced.coerced, READER, []))


def nodes(
    plan: Mapping[str, Any], *, cut: bool = False, sorting: bool = False
) -> Iterator[tuple[Mapping[str, Any], bool, bool]]:
    """Every node, with whether a limit ends its reading early, and whether what it reads is sorted."""
    yield plan, cut, sorting
    kind = plan["Node Type"]
    cut = kind == "Limit" or (cut and kind not in ("Sort", "Incremental Sort", "Aggregate", "Hash", "Materialize"))
    sorting = kind in ("Sort", "Incremental Sort") or (sorting and kind not in ("Aggregate", "Subquery Scan"))
    for below in plan.get("Plans", ()):
        yield from nodes(below, cut=cut, sorting=sorting)


def reads_all(node: Mapping[str, Any], *, cut: bool) -> bool:
    """Whether a node reads its table whole: in a row, or along an index with nothing to find in it and no end."""
    if node["Node Type"] == "Seq Scan":
        return True
    return "Index Name" in node and not cut and "Index Cond" not in node and "Order By" not in node


async def access(connection: asyncpg.Connection, statement: Sent, *, generic: bool) -> Access:
    plan = await plan_of(connection, statement, generic=generic, as_json=True)
    found = list(nodes(plan["Plan"]))
    reading = [(one, cut, sorting) for one, cut, sorting in found if "Relation Name" in one]
    assert reading, "a plan that reads nothing shows nothing"
    return Access(
        frozenset(one["Relation Name"] for one, _, _ in reading),
        frozenset(one["Index Name"] for one, _, _ in found if "Index Name" in one),
        frozenset(one["Relation Name"] for one, cut, _ in reading if reads_all(one, cut=cut)) & BIG,
        frozenset(one["Relation Name"] for one, _, sorting in reading if sorting) & BIG,
    )


@pytest.fixture(scope="module")
async def city(new_database: NewDatabase, migrated_template: str) -> AsyncIterator[City]:
    url = await new_database(migrated_template)
    await asyncio.to_thread(seed, url, projects=PROJECTS, today=TODAY, progress=silence)
    connection = await asyncpg.connect(url, server_settings={"jit": "off", "timezone": "UTC"})
    busy = await connection.fetchrow(BUSY_STAGES, 10, 1)
    codes = {table: await connection.fetchval(f"SELECT max(code) FROM {table}") for table in ("project", "parcel")}  # noqa: S608
    yield City(
        connection,
        {rows: await box(connection, rows) for rows in (20, 200, 2_000)},
        busy["stage"],
        busy["code"],
        await connection.fetchval("SELECT min(id) FROM project"),
        codes,
    )
    await connection.close()


async def box(connection: asyncpg.Connection, rows: int) -> list[float]:
    """The smallest square in degrees around one of the projects that holds so many."""
    centre = await connection.fetchrow(CENTRES, 1)
    x, y = centre["x"], centre["y"]
    half = await connection.fetchval(NTH_NEAREST, x, y, rows)
    return [x - half, y - half, x + half, y + half]


def workload(name: str, city: City) -> Sent:
    """A workload of the benchmark; the share of the city is that of 1,000, 10,000 and 20 of 100,000 projects."""
    match name:
        case "W1":
            return sent(documents.VIEWPORT, {"bbox": city.boxes[200], "first": 200})
        case "W2":
            return sent(documents.NESTED, {"stage": city.stage, "region": city.region, "first": 10})
        case "W3":
            return sent(documents.BIG_MAP, {"bbox": city.boxes[2_000], "first": 2_000})
        case "W4":
            return sent(documents.ONE, {"id": f"prj_{city.project}"})
        case "W5":
            return sent(documents.TOGETHER, {"bbox": city.boxes[20], "first": 20})
        case "W6":
            return sent(documents.AGGREGATE, {})
    west, south, _, _ = city.boxes[20]
    tile = tile_at(west, south)
    statement = LayerStatements(crowd=CROWD).tile(LAYERS["projects"], READER, tile.z)
    return Sent(statement.text, statement.arguments(READER, tile_parameters(tile, crowd_expected=name != "W7")))


WORKLOADS: dict[str, tuple[str, ...]] = {
    "W1": ("ix_project_location",),
    "W2": ("ix_project_region_id", "ix_issue_project_id", "ix_inspection_project_id"),
    "W3": ("ix_project_location",),
    "W4": ("pk_project",),
    "W5": ("ix_project_location", "ix_parcel_geometry_geography"),
    "W6": (),
    "W7": ("ix_project_location",),
    "W7, a crowd expected": ("ix_project_location",),
}
"""The indexes each must use. W6 reads a tally, and no big table at all."""


def faults(name: str, found: Access) -> list[str]:
    """What is wrong with how a workload reaches its rows."""
    wrong = [f"{name} does not use {index}" for index in WORKLOADS[name] if index not in found.indexes]
    wrong += [f"{name} reads all of {table}" for table in sorted(found.whole)]
    if name == "W2" and "project" in found.sorted:
        wrong.append("W2 sorts projects, which the index holds in order")
    if name == "W6" and (read := found.tables & BIG):
        wrong.append(f"W6 reads {', '.join(sorted(read))}")
    return wrong


def tile_at(longitude: float, latitude: float) -> Tile:
    """The tile of the benchmark's zoom at a place."""
    size = 2**TILE_ZOOM
    x = int((longitude + 180) / 360 * size)
    y = int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * size)
    return Tile(TILE_ZOOM, x, y)


PLANS = pytest.mark.parametrize("generic", [False, True], ids=["custom", "generic"])
USES = [(name, index) for name, indexes in WORKLOADS.items() for index in indexes]


@PLANS
@pytest.mark.parametrize("name", WORKLOADS)
async def test_a_workload_uses_its_indexes(city: City, name: str, generic: bool) -> None:
    assert faults(name, await access(city.connection, workload(name, city), generic=generic)) == []


@PLANS
@pytest.mark.parametrize(("name", "index"), USES)
async def test_it_is_seen_when_an_index_is_missing(city: City, name: str, index: str, generic: bool) -> None:
    connection = city.connection
    transaction = connection.transaction()
    await transaction.start()
    try:
        await drop(connection, index)
        found = faults(name, await access(connection, workload(name, city), generic=generic))
    finally:
        await transaction.rollback()
    assert f"{name} does not use {index}" in found


async def test_it_is_seen_when_an_aggregate_reads_the_projects(city: City) -> None:
    by_code = '{ projectStats(by: [REGION], filter: { code: { startsWith: "2" } }) { region { code } projectCount } }'
    assert faults("W6", await access(city.connection, sent(by_code, {}), generic=False))


async def drop(connection: asyncpg.Connection, index: str) -> None:
    """Drop an index, and the key that stands on it."""
    table = await connection.fetchval("SELECT conrelid::regclass FROM pg_constraint WHERE conname = $1", index)
    await connection.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {index} CASCADE" if table else f"DROP INDEX {index} CASCADE"
    )


HERE = '{ type: "Point", coordinates: [121.6147, 38.914] }'
AREA = '{ type: "Polygon", coordinates: [[[121.6, 38.9], [121.61, 38.9], [121.61, 38.91], [121.6, 38.9]]] }'
FOUND = {
    "pk_project": 'node(id: "prj_PROJECT") { id }',
    "uq_project_code": 'project(by: { code: "PROJECT_CODE" }) { id }',
    "uq_parcel_code": 'parcels(filter: { code: { eq: "PARCEL_CODE" } }) { nodes { id } }',
    "ix_project_region_id": (
        'region(by: { code: "REGION" }) { projects(filter: { stage: { eq: STAGE } }) { totalCount } }'
    ),
    "ix_project_updated_at": 'projects(filter: { updatedAt: { gte: "2100-01-01T00:00:00Z" } }) { nodes { id } }',
    "ix_project_location": f"projects(filter: {{ location: {{ intersects: {AREA} }} }}) {{ nodes {{ id }} }}",
    "ix_project_footprint": f"projects(filter: {{ footprint: {{ intersects: {AREA} }} }}) {{ nodes {{ id }} }}",
    "ix_project_location_geography": (
        f"projects(filter: {{ location: {{ dwithin: {{ geometry: {HERE}, meters: 500 }} }} }}) {{ nodes {{ id }} }}"
    ),
    "ix_project_footprint_geography": (
        f"projects(filter: {{ footprint: {{ dwithin: {{ geometry: {HERE}, meters: 500 }} }} }}) {{ nodes {{ id }} }}"
    ),
    "ix_issue_affected_area_geography": (
        f"issues(filter: {{ affectedArea: {{ dwithin: {{ geometry: {HERE}, meters: 500 }} }} }}) {{ nodes {{ id }} }}"
    ),
    "ix_inspection_location_geography": (
        f"inspections(filter: {{ location: {{ dwithin: {{ geometry: {HERE}, meters: 500 }} }} }}) {{ nodes {{ id }} }}"
    ),
    "ix_issue_project_id": 'project(by: { code: "PROJECT_CODE" }) { issues { nodes { id } } }',
    "ix_issue_idempotency_key": 'issues(filter: { idempotencyKey: { eq: "a" } }) { nodes { id } }',
    "ix_issue_affected_area": f"issues(filter: {{ affectedArea: {{ intersects: {AREA} }} }}) {{ nodes {{ id }} }}",
    "ix_inspection_project_id": 'project(by: { code: "PROJECT_CODE" }) { inspections { nodes { id } } }',
    "ix_inspection_location": f"inspections(filter: {{ location: {{ intersects: {AREA} }} }}) {{ nodes {{ id }} }}",
    "ix_parcel_region_id": (
        'parcels(filter: { region: { code: { eq: "REGION" } }, status: { eq: ON_OFFER } }) { nodes { id } }'
    ),
    "ix_parcel_land_use": 'parcels(filter: { landUse: { eq: "0101" } }) { nodes { id } }',
    "ix_parcel_geometry": f"parcels(filter: {{ geometry: {{ intersects: {AREA} }} }}) {{ nodes {{ id }} }}",
    "ix_parcel_geometry_geography": (
        f"parcels(filter: {{ geometry: {{ dwithin: {{ geometry: {HERE}, meters: 500 }} }} }}) {{ nodes {{ id }} }}"
    ),
}
"""A request that each index is there for, because it finds few rows by it."""
ORDERED = {
    "ix_project_stage": "projects(filter: { stage: { eq: STAGE } }, orderBy: [{ field: TOTAL_INVESTMENT }])",
    "ix_project_total_investment": "projects(orderBy: [{ field: TOTAL_INVESTMENT, direction: DESC }])",
    "ix_project_updated_at": "projects(orderBy: [{ field: UPDATED_AT, direction: DESC }])",
    "ix_project_started_on": "projects(orderBy: [{ field: STARTED_ON }])",
    "ix_project_started_on_desc": "projects(orderBy: [{ field: STARTED_ON, direction: DESC }])",
    "ix_project_name": "projects(orderBy: [{ field: NAME }])",
    "pk_project": "projects",
    "ix_issue_status": "issues(filter: { status: { eq: OPEN } }, orderBy: [{ field: DEADLINE }])",
    "ix_issue_deadline": "issues(orderBy: [{ field: DEADLINE }])",
    "ix_issue_deadline_desc": "issues(orderBy: [{ field: DEADLINE, direction: DESC }])",
    "ix_issue_created_at": "issues(orderBy: [{ field: CREATED_AT, direction: DESC }])",
    "pk_issue": "issues",
    "ix_inspection_started_at": "inspections(orderBy: [{ field: STARTED_AT }])",
    "ix_inspection_started_at_desc": "inspections(orderBy: [{ field: STARTED_AT, direction: DESC }])",
    "pk_inspection": "inspections",
    "pk_parcel": "parcels",
}
"""A page that each index holds in order, so that no more of it is read than the page."""


def asked(text: str, city: City) -> Sent:
    given = {
        "PROJECT_CODE": city.codes["project"],
        "PARCEL_CODE": city.codes["parcel"],
        "PROJECT": str(city.project),
        "REGION": city.region,
        "STAGE": city.stage,
    }
    for name, value in given.items():
        text = re.sub(rf"\b{name}\b|(?<=_){name}\b", value, text)
    return sent(f"{{ {text} }}", {})


@pytest.mark.parametrize("index", FOUND)
async def test_few_rows_are_found_by_their_index(city: City, index: str) -> None:
    found = await access(city.connection, asked(FOUND[index], city), generic=False)
    assert index in found.indexes
    assert found.whole == frozenset()


@PLANS
@pytest.mark.parametrize("index", ORDERED)
async def test_a_page_is_read_in_the_order_of_its_index(city: City, index: str, generic: bool) -> None:
    found = await access(city.connection, asked(f"{ORDERED[index]} {{ nodes {{ id }} }}", city), generic=generic)
    assert index in found.indexes
    assert found.whole == found.sorted == frozenset()


@pytest.mark.parametrize("table", ["project", "parcel", "inspection"])
async def test_the_nearest_are_found_by_walking_the_index(city: City, table: str) -> None:
    found = await access(
        city.connection,
        asked(f"{table}s(orderBy: [{{ nearestTo: {HERE} }}], first: 5) {{ nodes {{ id }} }}", city),
        generic=False,
    )
    place = {"project": "location", "parcel": "geometry", "inspection": "location"}[table]
    assert f"ix_{table}_{place}_geography" in found.indexes
    assert found.whole == frozenset()


async def test_every_index_of_the_big_tables_is_there_for_a_request(city: City) -> None:
    rows = await city.connection.fetch("SELECT indexname FROM pg_indexes WHERE tablename = ANY($1)", sorted(BIG))
    keys_of_writers = {"uq_issue_reported_by_idempotency_key"}
    assert {row["indexname"] for row in rows} == FOUND.keys() | ORDERED.keys() | keys_of_writers
