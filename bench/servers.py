"""The servers under measurement: one uvicorn worker each, in its own process, on a free port of the loopback."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent
STARTING_SECONDS = 30.0


@dataclass(frozen=True)
class Contender:
    """A way to do the work: its factory, how it is asked, and what it needs from the environment."""

    name: str
    factory: str
    path_per_workload: bool = False
    token: str | None = None

    def path(self, workload: str) -> str:
        return f"/{workload}" if self.path_per_workload else "/graphql"


def _resident_mebibytes(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"process {process_id} has ended")


@dataclass(frozen=True)
class Server:
    """A running contender."""

    contender: Contender
    port: int
    process_id: int

    def resident_mebibytes(self) -> float:
        """The resident memory (RSS) of the worker, shared pages included."""
        return _resident_mebibytes(self.process_id)

    def children_mebibytes(self) -> float:
        """The resident memory of the processes the worker has started, such as a solver."""
        listed = Path(f"/proc/{self.process_id}/task/{self.process_id}/children").read_text()
        return sum(_resident_mebibytes(int(each)) for each in listed.split())

    def processor_seconds(self) -> float:
        """User and system time the worker has used so far; PostgreSQL's own is not in it."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_listening(process: subprocess.Popen[bytes], port: int, name: str, log: Path) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended while starting:\n{log.read_text()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{name} did not listen within {STARTING_SECONDS} s:\n{log.read_text()[-2000:]}")


@contextmanager
def serving(contender: Contender, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a contender while the block lasts. Raises with the end of its log when it does not come up."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="luodi-bench-") as folder:
        log = Path(folder) / f"{contender.name}.log"
        command = [
            *(sys.executable, "-m", "uvicorn", contender.factory, "--factory"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
        ]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env={**os.environ, **environment},
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        try:
            _await_listening(process, port, contender.name, log)
            yield Server(contender, port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
