"""The servers under measurement: uvicorn workers in their own processes, on a free port of the loopback."""

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
STARTING_SECONDS = 60.0
STARTED, LISTENING = b"Application startup complete", b"Uvicorn running on"


@dataclass(frozen=True)
class Contender:
    """A way to do the work: its factory, how it is asked, and what it needs from the environment.

    ``interleaved``: its slices alternate with the first contender's; one too slow for short slices has a cell a round.
    """

    name: str
    factory: str
    path_per_workload: bool = False
    token: str | None = None
    interleaved: bool = True

    def path(self, workload: str) -> str:
        return f"/{workload}" if self.path_per_workload else "/graphql"


def _children(process_id: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]


@dataclass(frozen=True)
class Memory:
    """MiB of one process: ``resident`` with all shared pages, ``proportional`` with its share of them (RSS, PSS)."""

    resident: float
    proportional: float

    @classmethod
    def of(cls, process_id: int) -> "Memory":
        """Read now. Raises ``OSError`` when the process has ended."""
        rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()
        kibibytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in rollup[1:])}
        return cls(kibibytes["Rss"] / 1024, kibibytes["Pss"] / 1024)


@dataclass(frozen=True)
class Server:
    """A running contender and its worker processes."""

    contender: Contender
    port: int
    worker_ids: tuple[int, ...]

    def memory(self) -> list[Memory]:
        """Of each worker."""
        return [Memory.of(each) for each in self.worker_ids]

    def children_mebibytes(self) -> float:
        """The resident memory of the processes that the workers have started, such as solvers."""
        return sum(Memory.of(child).resident for each in self.worker_ids for child in _children(each))

    def processor_seconds(self) -> float:
        """User and system time of the workers' threads so far, to the nanosecond; PostgreSQL's own is not in it."""
        # clock_getcpuclockid(3): the clock of another process's scheduled time
        return sum(time.clock_gettime((~each << 3) | 2) for each in self.worker_ids)


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_started(process: subprocess.Popen[bytes], workers: int, name: str, log: Path) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while (told := log.read_bytes()).count(STARTED) < workers or LISTENING not in told:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended while starting:\n{log.read_text()[-2000:]}")
        if time.monotonic() > until:
            raise TimeoutError(f"{name} did not start within {STARTING_SECONDS} s:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _worker_ids(process_id: int, workers: int) -> tuple[int, ...]:
    """uvicorn is its own only worker, or the parent of several and of multiprocessing's resource tracker."""
    if workers == 1:
        return (process_id,)
    found = tuple(
        child for child in _children(process_id) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    )
    if len(found) != workers:
        raise RuntimeError(f"uvicorn runs {len(found)} workers, not {workers}")
    return found


@contextmanager
def serving(contender: Contender, environment: Mapping[str, str], workers: int = 1) -> Iterator[Server]:
    """Run a contender while the block lasts. Raises with the end of its log when it does not come up."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="luodi-bench-") as folder:
        log = Path(folder) / f"{contender.name}.log"
        command = [
            *(sys.executable, "-m", "uvicorn", contender.factory, "--factory"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)),
            *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "info"),
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
            _await_started(process, workers, contender.name, log)
            yield Server(contender, port, _worker_ids(process.pid, workers))
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
