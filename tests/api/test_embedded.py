"""The embedded PostgreSQL for real: killed, left behind, shared, refused. One cluster serves most tests."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from api.embedded import DataFolderUnusable, EmbeddedDatabase, PostgreSQLMissing, ServerFailed, find_installation
from api.embedded.cluster import NAME
from api.embedded.installation import Installation
from api.embedded.postmaster import is_running, is_server_of, read_postmaster

HOUSE = Path(__file__).resolve().parents[2]
# Starts the database, runs the statements given, says where it is, and waits to be told or killed.
SERVICE = """
import asyncio, sys
from pathlib import Path
import asyncpg
from api.embedded import EmbeddedDatabase

async def execute(url):
    connection = await asyncpg.connect(url)
    for statement in sys.argv[2:]:
        await connection.execute(statement)
    await connection.close()

database = EmbeddedDatabase(Path(sys.argv[1]))
asyncio.run(execute(database.start()))
print(database.url, flush=True)
sys.stdin.read()
database.stop()
"""


@pytest.fixture
def free_folder() -> Iterator[Path]:
    """A folder any user can pass through: pytest's own lets root alone in."""
    folder = Path(tempfile.mkdtemp(prefix="luodi-embedded-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A data folder with a cluster, not running; each test leaves it so."""
    folder = Path(tempfile.mkdtemp(prefix="luodi-embedded-", dir="/tmp"))
    folder.chmod(0o711)
    with EmbeddedDatabase(folder):
        pass
    yield folder
    shutil.rmtree(folder)


def service(data_dir: Path, *statements: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(data_dir), *statements],
        cwd=HOUSE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def url_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("postgresql://"), f"the service ended with {process.wait(10)}"
    return url


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate("", timeout=30)
    assert process.returncode == 0


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL


def value(url: str, question: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(ask())


def server_pid(data_dir: Path) -> int:
    said = read_postmaster(data_dir / "postgres")
    assert said is not None
    return said.pid


def test_serves_on_a_socket_only_and_leaves_nothing_running(data_dir: Path) -> None:
    with EmbeddedDatabase(data_dir) as database:
        pid = server_pid(data_dir)
        assert value(database.url, "SHOW listen_addresses") == ""
        assert value(database.url, "SHOW fsync") == "on"
        assert value(database.url, "SHOW jit") == "off"
        assert value(database.url, "SHOW timezone") == "UTC"
        assert value(database.url, "SHOW server_encoding") == "UTF8"
        assert value(database.url, "SELECT current_database() || current_user") == NAME * 2
        socket_dir = Path(str(value(database.url, "SHOW unix_socket_directories")))
        assert socket_dir.stat().st_mode & 0o777 == 0o700
        assert len(str(socket_dir)) < 100
    assert not is_running(pid)
    assert not socket_dir.exists()


def test_nothing_committed_is_lost_when_service_and_server_are_killed(data_dir: Path) -> None:
    process = service(data_dir, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    url_of(process)
    pid = server_pid(data_dir)
    kill(process)
    os.kill(pid, signal.SIGKILL)
    with EmbeddedDatabase(data_dir) as database:
        assert value(database.url, "SELECT n FROM kept") == 7
        assert server_pid(data_dir) != pid
        value(database.url, "DROP TABLE kept")


def test_the_server_a_killed_service_leaves_is_adopted_and_stopped(data_dir: Path) -> None:
    process = service(data_dir)
    url = url_of(process)
    pid = server_pid(data_dir)
    kill(process)
    assert is_server_of(pid, data_dir / "postgres")
    with EmbeddedDatabase(data_dir) as database:
        assert database.url == url
        assert server_pid(data_dir) == pid
    assert not is_running(pid)


@pytest.mark.parametrize("stranger", ["dead", "alive"])
def test_a_stale_pid_file_does_not_block(data_dir: Path, stranger: str) -> None:
    cluster = data_dir / "postgres"
    owner = cluster.stat()
    # A process of the very user who runs the server: PostgreSQL itself would take it for a server and refuse.
    process = subprocess.Popen(["/bin/sleep", "60"], user=owner.st_uid, cwd="/")
    try:
        if stranger == "dead":
            process.kill()
            process.wait()
        stale = cluster / "postmaster.pid"
        stale.write_text(f"{process.pid}\n{cluster}\n1700000000\n5432\n/run/luodi/gone\n\n  1 1\nready   \n")
        os.chown(stale, owner.st_uid, owner.st_gid)
        with EmbeddedDatabase(data_dir) as database:
            assert value(database.url, "SELECT 1") == 1
    finally:
        process.kill()
        process.wait()


def test_two_services_starting_at_once_share_one_server(data_dir: Path) -> None:
    first, second = service(data_dir), service(data_dir)
    assert url_of(first) == (url := url_of(second))
    pid = server_pid(data_dir)
    end(first)
    assert value(url, "SELECT 1") == 1, "the first to leave must not take the server away"
    end(second)
    assert not is_running(pid)


def test_a_server_whose_socket_was_swept_away_is_started_anew(data_dir: Path) -> None:
    process = service(data_dir)
    socket_dir = Path(str(value(url_of(process), "SHOW unix_socket_directories")))
    kill(process)
    shutil.rmtree(socket_dir)
    with EmbeddedDatabase(data_dir) as database:
        assert value(database.url, "SELECT 1") == 1


def test_a_folder_held_by_a_service_whose_server_is_out_of_sight_is_refused(data_dir: Path) -> None:
    # As when two containers share the folder: a second server on the same files would ruin them.
    process = service(data_dir)
    url_of(process)
    stale = data_dir / "postgres" / "postmaster.pid"
    written = stale.read_text()
    stale.write_text(written.replace(written.split()[0], "4194999", 1))
    with pytest.raises(ServerFailed, match="Another service holds"):
        EmbeddedDatabase(data_dir).start()
    stale.write_text(written)
    end(process)


def test_variables_for_other_servers_do_not_reach_in(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, wrong in {"PGPORT": "5999", "PGDATA": "/nowhere", "PGOPTIONS": "-c fsync=off", "PGHOST": "x"}.items():
        monkeypatch.setenv(name, wrong)
    database = EmbeddedDatabase(data_dir)
    url = database.start()
    monkeypatch.delenv("PGOPTIONS")
    assert value(url, "SHOW fsync") == "on"
    database.stop()


def test_a_killed_initdb_leaves_nothing_in_the_way(free_folder: Path) -> None:
    (free_folder / "postgres.new" / "base").mkdir(parents=True)
    with EmbeddedDatabase(free_folder, fsync=False) as database:
        assert value(database.url, "SHOW fsync") == "off"
    assert not (free_folder / "postgres.new").exists()


def test_a_full_disk_is_told_before_anything_is_made(free_folder: Path) -> None:
    with pytest.raises(DataFolderUnusable, match=f"{free_folder} has .* MB free and .* needed: make room"):
        EmbeddedDatabase(free_folder, free_bytes_needed=2**62).start()
    assert list(free_folder.iterdir()) == []


def test_a_file_in_the_folders_place_is_told(free_folder: Path) -> None:
    (free_folder / "data").write_text("a file")
    with pytest.raises(DataFolderUnusable, match=r"is not a folder.*LUODI_DATA_DIR"):
        EmbeddedDatabase(free_folder / "data").start()


def test_missing_postgis_names_the_package(free_folder: Path) -> None:
    real = find_installation()
    bare = free_folder / "lib" / "bin"
    bare.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        (bare / name).symlink_to(real.program(name))
    with pytest.raises(PostgreSQLMissing, match=r"apt-get install postgresql-\d+-postgis-3"):
        # 15's own share folder is the machine's; an unheard-of version has none.
        find_installation(candidates=iter([_as_version(bare, 99)]))
    with pytest.raises(PostgreSQLMissing, match="apt-get install postgresql-15 postgresql-15-postgis-3"):
        find_installation(candidates=iter([]))
    with pytest.raises(PostgreSQLMissing, match="made by PostgreSQL 12"):
        find_installation(major=12)


def _as_version(bare: Path, major: int) -> Path:
    (bare / "postgres").unlink()
    (bare / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.1'\n")
    (bare / "postgres").chmod(0o755)
    return bare


def test_a_cluster_of_a_version_not_installed_is_told(free_folder: Path) -> None:
    (free_folder / "postgres").mkdir()
    (free_folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(PostgreSQLMissing, match="made by PostgreSQL 12, which is not installed"):
        EmbeddedDatabase(free_folder).start()


def test_the_server_that_cannot_start_shows_its_log(free_folder: Path) -> None:
    with EmbeddedDatabase(free_folder, fsync=False):
        pass
    with (free_folder / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(ServerFailed, match="no_such_setting"):
        EmbeddedDatabase(free_folder, fsync=False).start()


def test_found_installation_is_not_the_link_in_path() -> None:
    installation = find_installation()
    assert isinstance(installation, Installation)
    assert installation.major >= 15
    assert (installation.bindir / "postgres").is_file()
    assert not (installation.bindir / "pg_ctl").is_symlink()
