"""`luodi check` and the command line's refusals: each thing missing is named with its mend."""

import asyncio
import importlib
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from api.checking import Finding, check
from api.command import REFUSALS
from migrations.run import upgrade

HOUSE = Path(__file__).resolve().parents[2]
NewDatabase = Callable[..., Awaitable[str]]


def luodi(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("LUODI_")}
    return subprocess.run(
        [sys.executable, "-m", "api.command", *arguments],
        cwd=HOUSE,
        env=inherited | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def missing(url: str) -> list[Finding]:
    return [finding for finding in check(url) if not finding.fine]


async def in_thread(url: str) -> list[Finding]:
    return await asyncio.to_thread(missing, url)


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def as_role(url: str, role: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))


async def test_a_fresh_database_lacks_only_migrations(new_database: NewDatabase) -> None:
    url = await new_database()
    (finding,) = await in_thread(url)
    assert "pending" in finding.line()
    assert "luodi migrate" in finding.line()


async def test_a_migrated_database_lacks_nothing(empty_url: str) -> None:
    assert await in_thread(empty_url) == []


async def test_a_tally_that_differs_is_told_and_mended(own_city_url: str) -> None:
    assert await in_thread(own_city_url) == []
    await execute(own_city_url, "UPDATE project_tally SET open_issues = open_issues + 1")
    (finding,) = await in_thread(own_city_url)
    assert "project_tally differs" in finding.line()
    await execute(own_city_url, finding.mend.partition(": ")[2])
    assert await in_thread(own_city_url) == []


async def test_without_rights_it_says_what_to_grant(new_database: NewDatabase) -> None:
    url = await new_database()
    await execute(url, "CREATE ROLE poor LOGIN")
    try:
        text = "\n".join(finding.line() for finding in await in_thread(as_role(url, "poor")))
        assert "as a superuser, in the database" in text
        assert "CREATE EXTENSION postgis" in text
        assert "GRANT CREATE ON SCHEMA public TO poor" in text
        await execute(url, "CREATE EXTENSION postgis", "GRANT CREATE ON SCHEMA public TO poor")
        (finding,) = await in_thread(as_role(url, "poor"))
        assert "migrations" in finding.what
    finally:
        await execute(url, "DROP OWNED BY poor", "DROP ROLE poor")


async def test_a_read_only_database_is_told(new_database: NewDatabase) -> None:
    url = await new_database()
    await asyncio.to_thread(upgrade, url)
    name = urlsplit(url).path[1:]
    await execute(url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    (finding, *_) = await in_thread(url)
    assert "read-only" in finding.line()
    assert "default_transaction_read_only = off" in finding.line()


def test_one_that_does_not_answer_is_told_without_its_password() -> None:
    answer = luodi("check", LUODI_DATABASE_URL="postgresql://li:hidden@127.0.0.1:1/d")
    assert answer.returncode == 1
    assert answer.stdout.startswith("✗ reachable: postgresql://li:***@127.0.0.1:1/d does not answer")
    assert "hidden" not in answer.stdout + answer.stderr
    assert len(answer.stdout.splitlines()) == 1


def test_a_taken_port_is_told_before_the_data_folder_is_touched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = luodi("serve", LUODI_PORT=port, LUODI_DATA_DIR=str(tmp_path / "data"))
    assert answer.returncode == 2
    assert f"Port {port} on 127.0.0.1 is taken" in answer.stderr
    assert "LUODI_PORT=" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"LUODI_DATA_DIR": "/proc/luodi"}, "The data folder /proc/luodi"),
        ({"LUODI_DATABASE_URL": "postgresql://li:hidden@127.0.0.1:1/d"}, "postgresql://li:***@127.0.0.1:1/d"),
        ({"LUODI_PORT": "no"}, "LUODI_PORT='no'"),
        ({"LUODI_HOST": "192.0.2.1"}, "Cannot listen on 192.0.2.1"),
    ],
)
def test_refusals_are_messages_not_tracebacks(environ: dict[str, str], told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    answer = luodi("serve", **{"LUODI_PORT": port, **environ})
    assert answer.returncode == 2, answer.stderr
    assert told in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "hidden" not in answer.stdout + answer.stderr


def test_a_token_is_printed_alone(tmp_path: Path) -> None:
    answer = luodi("token", "--role", "WRITER", "--subject", "li", LUODI_DATA_DIR=str(tmp_path))
    assert answer.returncode == 0
    assert answer.stdout.count(".") == 2
    assert len(answer.stdout.split()) == 1
    assert answer.stderr == ""


@pytest.mark.parametrize(("module", "name"), REFUSALS)
def test_every_refusal_the_command_line_knows_exists(module: str, name: str) -> None:
    assert issubclass(getattr(importlib.import_module(module), name), Exception)
