"""`luodi serve` as a process of its own: told to stop, killed, started twice. Nothing may stay behind."""

import importlib.util
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.embedded.postmaster import is_running, read_postmaster

HOUSE = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("api.application") is None, reason="there is no application to serve yet"
)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="luodi-serving-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def serve(data_dir: Path, port: int, workers: int = 1) -> "subprocess.Popen[str]":
    """A service that has said that it serves."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LUODI_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "api.command", "serve", "--no-sample"],
        cwd=HOUSE,
        env=inherited | {"LUODI_DATA_DIR": str(data_dir), "LUODI_PORT": str(port), "LUODI_WORKERS": str(workers)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("In a browser:"):
            return process
    raise AssertionError(f"the service ended with {process.wait(30)} after saying {''.join(said)!r}")


def children(process: "subprocess.Popen[str]") -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def ended(pidfd: int, seconds: float) -> bool:
    """Whether the process behind ``pidfd`` ends within ``seconds``."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    try:
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(pidfd)


def server_pid(data_dir: Path) -> int:
    said = read_postmaster(data_dir / "postgres")
    assert said is not None
    return said.pid


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGTERM, 1), (signal.SIGINT, 2)])
def test_told_to_stop_it_takes_its_database_along(data_dir: Path, number: signal.Signals, workers: int) -> None:
    process = serve(data_dir, free_port(), workers)
    pid = server_pid(data_dir)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not is_running(pid)


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_it_leaves_port_and_data_to_the_next(data_dir: Path, workers: int) -> None:
    port = free_port()
    process = serve(data_dir, port, workers)
    pid = server_pid(data_dir)
    followers = [os.pidfd_open(child) for child in children(process)]
    process.kill()
    # Not communicate(): orphaned workers would hold the pipe, and that they end is what is asked here.
    process.wait(30)
    assert all(ended(follower, 15) for follower in followers), "a worker outlived its service"
    following = serve(data_dir, port, workers)
    assert server_pid(data_dir) == pid, "the running server is adopted"
    following.terminate()
    following.communicate(timeout=30)
    assert following.returncode == 0
    assert not is_running(pid)
    process.communicate(timeout=30)


def test_two_services_on_one_folder_share_the_database(data_dir: Path) -> None:
    first = serve(data_dir, free_port())
    pid = server_pid(data_dir)
    second = serve(data_dir, free_port())
    assert server_pid(data_dir) == pid
    first.terminate()
    first.communicate(timeout=30)
    assert is_running(pid), "the second still needs it"
    second.terminate()
    second.communicate(timeout=30)
    assert not is_running(pid)
