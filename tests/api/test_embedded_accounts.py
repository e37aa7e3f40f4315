"""The embedded PostgreSQL as other users than the one who runs the tests: a child process changes to them."""

import os
import pickle
import pwd
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.embedded import DataFolderUnusable, EmbeddedDatabase
from api.embedded.account import choose_account
from api.embedded.errors import EmbeddedDatabaseError
from api.embedded.folder import own_folder
from api.embedded.postmaster import is_running, read_postmaster

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="luodi-accounts-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


def as_nobody(work: Callable[[], object]) -> object:
    """What ``work`` answers, done by a forked child without privileges (the interpreter may lie where it cannot go)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY.pw_gid)
            os.setuid(NOBODY.pw_uid)
            os.chdir("/")
            answer = work()
        except BaseException:  # noqa: BLE001 -- the child must answer and end, whatever happens
            answer = traceback.format_exc()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pickle.load(pipe)  # noqa: S301 -- our own child's
    os.waitpid(child, 0)
    return answer


def test_root_gives_way_to_an_unprivileged_user(folder: Path) -> None:
    with EmbeddedDatabase(folder, user="nobody", fsync=False):
        said = read_postmaster(folder / "postgres")
        assert said is not None
        assert Path(f"/proc/{said.pid}").stat().st_uid == NOBODY.pw_uid
        assert Path(said.socket_dir).stat().st_uid == NOBODY.pw_uid


def test_programs_run_with_nothing_of_roots(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = choose_account(folder / "postgres", wished="nobody", uid=0)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PGOPTIONS", "-c fsync=off")
    former = os.getgroups()
    os.setgroups([0, 1])
    try:
        said = account.run(["/bin/sh", "-c", "id -u; id -G; pwd; env | grep -c PG"], bindir=Path("/bin")).stdout
    finally:
        os.setgroups(former)
    assert said.split() == [str(NOBODY.pw_uid), str(NOBODY.pw_gid), "/", "0"]


def test_the_clusters_owner_runs_it_whoever_is_wished(folder: Path) -> None:
    cluster = folder / "postgres"
    cluster.mkdir()
    os.chown(cluster, NOBODY.pw_uid, NOBODY.pw_gid)
    assert choose_account(cluster, wished="postgres", uid=0).uid == NOBODY.pw_uid


@pytest.mark.parametrize("name", ["root", "no-such-user"])
def test_root_or_an_unknown_user_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(EmbeddedDatabaseError, match="LUODI_POSTGRES_USER"):
        choose_account(folder / "postgres", wished=name, uid=0)


def test_works_from_a_folder_the_server_cannot_enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "clone"
    closed.mkdir(mode=0o700)
    monkeypatch.chdir(closed)
    with EmbeddedDatabase(folder / "data", fsync=False) as database:
        assert database.url


def test_a_data_folder_of_our_own_is_opened_for_passing_through(folder: Path) -> None:
    data_dir = folder / "data"
    data_dir.mkdir(mode=0o700)
    with EmbeddedDatabase(data_dir, fsync=False):
        assert data_dir.stat().st_mode & 0o777 == 0o701


def test_a_data_folder_below_a_closed_one_names_that_one(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(DataFolderUnusable, match=f"lies below {closed}, which the user .* may not enter"):
        EmbeddedDatabase(closed / "data").start()
    assert closed.stat().st_mode & 0o777 == 0o700, "a folder above is not ours to change"


def test_without_root_it_runs_as_oneself(folder: Path) -> None:
    data_dir = folder / "data"
    data_dir.mkdir(mode=0o700)
    os.chown(data_dir, NOBODY.pw_uid, NOBODY.pw_gid)

    def work() -> object:
        with EmbeddedDatabase(data_dir, fsync=False, environ={}) as database:
            said = read_postmaster(data_dir / "postgres")
            assert said is not None
            return said.pid, said.socket_dir, database.url, Path(f"/proc/{said.pid}").stat().st_uid

    answer = as_nobody(work)
    assert isinstance(answer, tuple), answer
    pid, socket_dir, url, uid = answer
    assert uid == NOBODY.pw_uid
    assert socket_dir.startswith(f"/tmp/luodi-{NOBODY.pw_uid}/")
    assert socket_dir in url
    assert not is_running(pid)


def test_without_root_a_folder_one_may_not_write_is_told(folder: Path) -> None:
    data_dir = folder / "data"
    data_dir.mkdir(mode=0o755)

    def work() -> object:
        try:
            EmbeddedDatabase(data_dir, environ={}).start()
        except DataFolderUnusable as refusal:
            return str(refusal)
        return "started"

    assert as_nobody(work) == (
        f"The data folder {data_dir} may not be written by this user: give this user the folder (chown), "
        "or set LUODI_DATA_DIR to another folder."
    )


def test_a_socket_folder_of_somebody_else_is_never_taken_over(folder: Path) -> None:
    theirs = folder / "luodi"
    theirs.mkdir(mode=0o711)
    os.chown(theirs, NOBODY.pw_uid, NOBODY.pw_gid)
    link = folder / "link"
    link.symlink_to("/etc")
    for path in (theirs, link):
        with pytest.raises(OSError, match="belongs to somebody else"):
            own_folder(path, 0, None, 0o711)
    (folder / "ours").mkdir(mode=0o777)
    own_folder(folder / "ours", 0, None, 0o711)
    assert (folder / "ours").stat().st_mode & 0o777 == 0o711


def test_a_socket_folder_prepared_by_somebody_else_is_not_used(folder: Path) -> None:
    data_dir, runtime = folder / "data", folder / "run"
    for path in (data_dir, runtime):
        path.mkdir(mode=0o700)
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    # Root's folder, writable by all: whoever made it could take the socket's place.
    (runtime / "luodi").mkdir()
    (runtime / "luodi").chmod(0o777)

    def work() -> object:
        with EmbeddedDatabase(data_dir, fsync=False, environ={"XDG_RUNTIME_DIR": str(runtime)}) as database:
            return database.url

    url = as_nobody(work)
    assert f"host=/tmp/luodi-{NOBODY.pw_uid}/" in str(url)
