"""`luodi check`: what a database still lacks before the service can run on it, and how to mend it."""

import asyncio
from dataclasses import dataclass

import asyncpg

from api.database import DatabaseUnreachable, connect
from api.settings import masked

OLDEST_MAJOR = 15
OLDEST_POSTGIS = (3, 3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: fine, or not fine with the way to mend it."""

    fine: bool
    what: str
    mend: str = ""

    def line(self) -> str:
        return f"✓ {self.what}" if self.fine else f"✗ {self.what} — {self.mend}"


def check(url: str) -> list[Finding]:
    """What is there and what is missing at ``url``. Never shows a password."""
    findings = asyncio.run(_looked_at(url))
    if all(finding.fine for finding in findings):
        findings.append(_migrations(url))
        if findings[-1].fine:
            findings.append(asyncio.run(_tally(url)))
    elif findings[0].fine:
        findings.append(Finding(False, "migrations: not looked at", "mend the above, then run `luodi migrate`"))
    return findings


async def _looked_at(url: str) -> list[Finding]:
    try:
        connection = await connect(url)
    except DatabaseUnreachable as error:
        # The reason alone: the way to mend it differs from a service's start.
        reason = str(error.__cause__) or type(error.__cause__).__name__
        mend = "start it, or correct LUODI_DATABASE_URL (host, port, user, password, database name)"
        return [Finding(False, f"reachable: {masked(url)} does not answer ({masked(reason)})", mend)]
    try:
        return [
            Finding(True, f"reachable: {masked(url)}"),
            await _version(connection),
            await _encoding(connection),
            await _writable(connection),
            await _postgis(connection),
            await _rights(connection),
        ]
    finally:
        await connection.close()


async def _version(connection: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    major = connection.get_server_version().major
    text = await connection.fetchval("SHOW server_version")
    return Finding(major >= OLDEST_MAJOR, f"version: PostgreSQL {text}", f"upgrade to {OLDEST_MAJOR} or newer")


async def _encoding(connection: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    encoding = await connection.fetchval("SHOW server_encoding")
    mend = "make the database anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
    return Finding(encoding == "UTF8", f"encoding: {encoding}", mend)


async def _writable(connection: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    standby = await connection.fetchval("SELECT pg_is_in_recovery()")
    read_only = await connection.fetchval("SHOW default_transaction_read_only") == "on"
    if standby:
        return Finding(False, "writable: this is a standby", "point LUODI_DATABASE_URL at the primary")
    return Finding(
        not read_only,
        "writable: transactions are read-only" if read_only else "writable",
        "ALTER ROLE or ALTER DATABASE … SET default_transaction_read_only = off",
    )


async def _postgis(connection: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    version = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
    if version is not None:
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
        mend = "install a newer PostGIS and run ALTER EXTENSION postgis UPDATE"
        return Finding(numbers >= OLDEST_POSTGIS, f"extension: PostGIS {version}", mend)
    available = await connection.fetchrow(
        "SELECT e.default_version AS version, coalesce(bool_or(v.trusted), false) AS trusted,"
        " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser"
        " FROM pg_available_extensions e"
        " LEFT JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version"
        " WHERE e.name = 'postgis' GROUP BY e.default_version"
    )
    if available is None:
        major = connection.get_server_version().major
        mend = f"on the database's machine: apt-get install postgresql-{major}-postgis-3"
        return Finding(False, "extension: PostGIS is not installed on the server", mend)
    name = await connection.fetchval("SELECT current_database()")
    if available["superuser"] or available["trusted"]:
        return Finding(True, f"extension: PostGIS {available['version']} is available; `luodi migrate` creates it")
    mend = f"as a superuser, in the database {name}: CREATE EXTENSION postgis"
    return Finding(False, "extension: PostGIS is there but not in this database", mend)


async def _rights(connection: "asyncpg.Connection[asyncpg.Record]") -> Finding:
    row = await connection.fetchrow(
        "SELECT current_user AS role, current_schema() AS schema, current_database() AS database,"
        " CASE WHEN current_schema() IS NOT NULL THEN has_schema_privilege(current_schema(), 'CREATE') END AS make,"
        " has_database_privilege(current_database(), 'TEMPORARY') AS temporary"
    )
    assert row is not None
    if row["schema"] is None:
        return Finding(
            False, f"rights: {row['role']} sees no schema", f"GRANT USAGE, CREATE ON SCHEMA public TO {row['role']}"
        )
    if not row["make"]:
        return Finding(
            False,
            f"rights: {row['role']} may not create tables in schema {row['schema']}",
            f"GRANT CREATE ON SCHEMA {row['schema']} TO {row['role']}",
        )
    return Finding(
        row["temporary"],
        f"rights: {row['role']} may create in schema {row['schema']}",
        f"GRANT TEMPORARY ON DATABASE {row['database']} TO {row['role']}",
    )


def _migrations(url: str) -> Finding:
    from migrations.run import MigrationError, pending

    try:
        missing = pending(url)
    except MigrationError as error:
        return Finding(False, f"migrations: {masked(str(error))}", "use the luodi that migrated this database")
    if missing:
        return Finding(False, f"migrations: {len(missing)} pending ({', '.join(missing)})", "run `luodi migrate`")
    return Finding(True, "migrations: up to date")


async def _tally(url: str) -> Finding:
    from schema.project.tally import tally_differences

    connection = await connect(url)
    try:
        differences = await tally_differences(connection)
    finally:
        await connection.close()
    if differences:
        first = f"first in region {differences[0].region_id}, stage {differences[0].stage}"
        what = f"tally: project_tally differs from the projects in {len(differences)} groups, {first}"
        return Finding(False, what, "rows were loaded past its triggers: SELECT luodi_recount_projects()")
    return Finding(True, "tally: equals a recount of projects and issues")
