"""Load the sample city: drawn in memory, copied in one transaction, refused where real work is in the way."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date

import asyncpg
import numpy as np

from schema.sample.boundary import Boundary, boundaries
from schema.sample.draw import identities
from schema.sample.ground import ground
from schema.sample.inspection import draw_inspections
from schema.sample.issue import draw_issues
from schema.sample.parcel import MOST_PARCELS, draw_parcels
from schema.sample.progress import Tell, on_console
from schema.sample.project import MOST_PROJECTS, draw_projects
from schema.sample.rows import Rows
from schema.sample.shape import ewkb

SEED = 20230111
# Rows for each project at the size of the real thing and at the size of the benchmarks; between the two the ratio
# grows with the logarithm of the projects, beyond them it stays.
SIZES = (3_200, 100_000)
RATIOS = {"issue": (1.875, 2.0), "inspection": (1.40625, 1.5), "parcel": (0.78125, 0.5)}
BATCH = 5_000
SAMPLE_TABLES = ("project", "issue", "inspection", "parcel")
REGION_DAYS = "issue.region_deadline_days"


class SampleRefused(Exception):
    """The sample was not loaded; the message says what is in the way and how to go on."""


@dataclass(frozen=True)
class SeedReport:
    """Rows loaded, table by table."""

    regions: int
    projects: int
    issues: int
    inspections: int
    parcels: int


def counts(projects: int) -> dict[str, int]:
    """How many issues, inspections and parcels go with so many projects; parcels stop where the ground is full.

    Raises ``ValueError`` above 2,000,000 projects: all rows are drawn in memory first.
    """
    if not 1 <= projects <= MOST_PROJECTS:
        raise ValueError(f"A sample has 1 to {MOST_PROJECTS:,} projects, not {projects:,}")
    found = {
        table: round(projects * float(np.interp(np.log(projects), np.log(SIZES), ratios)))
        for table, ratios in RATIOS.items()
    }
    return found | {"parcel": min(found["parcel"], MOST_PARCELS)}


def seed(
    url: str,
    *,
    today: date,
    projects: int = 3_200,
    seed: int = SEED,
    replace: bool = False,
    progress: Tell | None = None,
) -> SeedReport:
    """Load a sample city of ``projects`` projects, with five years of dates up to ``today``, into a migrated database.

    One transaction: all of it is there or none. The same ``seed``, ``projects`` and ``today`` give the same rows.
    ``progress`` is told each step; None shows it on standard error. Opens its own event loop.
    Raises :class:`SampleRefused` when the database holds regions or records already, unless ``replace``: then the rows
    of origin SAMPLE go first, and real ones stay. Regions are kept and updated by their code.
    """
    with _telling(progress) as tell:
        return asyncio.run(_seed(url, projects, seed, today, replace, tell))


@contextmanager
def _telling(progress: Tell | None) -> Iterator[Tell]:
    with on_console() if progress is None else nullcontext(progress) as tell:
        yield tell


async def _seed(url: str, projects: int, seed: int, today: date, replace: bool, tell: Tell) -> SeedReport:
    counts(projects)  # refuses a size out of range before anything is touched
    connection = await asyncpg.connect(url)
    try:
        await _understand_geometry(connection)
        # While a commit waits to be written, VACUUM marks no page of it as visible to all.
        await connection.execute("SET synchronous_commit = on")
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('luodi.sample', 0))")
            await connection.execute("SET LOCAL statement_timeout = 0")
            await _make_room(connection, replace)
            report = await _fill(connection, np.random.default_rng(seed), projects, today, tell)
        # Outside the transaction, as VACUUM must be: fresh statistics, and a visibility map for index-only scans.
        tell("Statistics", 0, 1)
        await connection.execute("VACUUM (ANALYZE) region, region_closure, project, issue, inspection, parcel")
        tell("Statistics", 1, 1)
        return report
    finally:
        await connection.close()


async def _understand_geometry(connection: asyncpg.Connection) -> None:
    schema = await connection.fetchval(
        "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis'"
    )
    if schema is None:
        raise SampleRefused("The database is not migrated: run `luodi migrate` first")
    await connection.set_type_codec("geometry", schema=schema, encoder=bytes, decoder=bytes, format="binary")


async def _make_room(connection: asyncpg.Connection, replace: bool) -> None:
    if replace:
        kept = await connection.fetchval(
            "SELECT (SELECT count(*) FROM issue JOIN project p ON p.id = project_id"
            " WHERE issue.origin <> 'SAMPLE' AND p.origin = 'SAMPLE')"
            " + (SELECT count(*) FROM inspection JOIN project p ON p.id = project_id"
            " WHERE inspection.origin <> 'SAMPLE' AND p.origin = 'SAMPLE')"
        )
        if kept:
            raise SampleRefused(
                f"{kept} real issues and inspections stand on sample projects, which therefore cannot be replaced: "
                "delete those, or use another database"
            )
        for table in ("issue", "inspection", "parcel", "project"):
            await connection.execute(f"DELETE FROM {table} WHERE origin = 'SAMPLE'")  # noqa: S608 -- our own names
        return
    for table in ("region", *SAMPLE_TABLES):
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):  # noqa: S608 -- our own names
            raise SampleRefused(
                f"The database holds rows of {table} already: give an empty one, or replace the sample that is there"
            )


async def _fill(
    connection: asyncpg.Connection, rng: np.random.Generator, projects: int, today: date, tell: Tell
) -> SeedReport:
    regions = boundaries()
    region_ids = await _load_regions(connection, rng, regions)
    land = ground(regions)
    region_days = await connection.fetchval(
        "SELECT value FROM policy_parameter WHERE name = $1 AND effective_from <= $2"
        " ORDER BY effective_from DESC LIMIT 1",
        REGION_DAYS,
        today,
    )
    if region_days is None:
        raise SampleRefused(f"policy_parameter has no {REGION_DAYS} in force on {today}: add one")
    sizes = counts(projects)
    # Each kind from a generator of its own: a change to one leaves the others as they were.
    of_projects, of_issues, of_inspections, of_parcels = rng.spawn(4)
    drawn = draw_projects(of_projects, projects, land, region_ids, today)
    await _copy(connection, drawn.rows, tell)
    await _copy(connection, draw_issues(of_issues, sizes["issue"], drawn, today, int(region_days)), tell)
    await _copy(connection, draw_inspections(of_inspections, sizes["inspection"], drawn, today), tell)
    await _load_parcels(connection, draw_parcels(of_parcels, sizes["parcel"], land, region_ids, today), tell)
    return SeedReport(len(regions), projects, sizes["issue"], sizes["inspection"], sizes["parcel"])


async def _load_regions(
    connection: asyncpg.Connection, rng: np.random.Generator, regions: list[Boundary]
) -> dict[str, int]:
    """Insert the regions, or bring those that are there up to date; the id of each code."""
    ids: dict[str, int] = {}
    drawn = identities(rng, len(regions)).tolist()
    shapes = ewkb(np.array([region.geometry for region in regions], dtype=object))
    for region, identity, shape in zip(regions, drawn, shapes, strict=True):
        ids[region.code] = await connection.fetchval(
            "INSERT INTO region (id, code, name, kind, parent_id, geometry, origin) VALUES ($1, $2, $3, $4, $5, $6, $7)"
            " ON CONFLICT (code) DO UPDATE SET geometry = excluded.geometry RETURNING id",
            identity,
            region.code,
            region.name,
            region.kind,
            None if region.parent is None else ids[region.parent],
            shape,
            region.origin,
        )
    return ids


async def _copy(connection: asyncpg.Connection, rows: Rows, tell: Tell, into: str | None = None) -> None:
    total = len(rows.records)
    tell(rows.table, 0, total)
    for start in range(0, total, BATCH):
        await connection.copy_records_to_table(
            into or rows.table, columns=rows.columns, records=rows.records[start : start + BATCH]
        )
        tell(rows.table, min(start + BATCH, total), total)


async def _load_parcels(connection: asyncpg.Connection, parcels: Rows, tell: Tell) -> None:
    """Copy the parcels beside their table, and move them in with the area that PostGIS finds on the ellipsoid."""
    listed = ", ".join(parcels.columns)
    await connection.execute(
        f"CREATE TEMPORARY TABLE parcel_draft ON COMMIT DROP AS SELECT {listed} FROM parcel WITH NO DATA"  # noqa: S608
    )
    await connection.execute("ALTER TABLE parcel_draft ADD place bigint GENERATED ALWAYS AS IDENTITY")
    await _copy(connection, parcels, tell, into="parcel_draft")
    await connection.execute(
        f"INSERT INTO parcel ({listed}, area_hectares)"  # noqa: S608 -- our own columns
        f" SELECT {listed}, ST_Area(geography(geometry)) / 10000 FROM parcel_draft ORDER BY place"
    )
