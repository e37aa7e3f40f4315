"""One PostgreSQL cluster on disk: made, started, found running, stopped, through PostgreSQL's own programs."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from api.embedded.account import Account
from api.embedded.configuration import FILE_NAME, PORT, configuration, machine_memory, shared_memory_free
from api.embedded.errors import DataFolderUnusable, ServerFailed
from api.embedded.folder import unusable
from api.embedded.installation import Installation
from api.embedded.postmaster import is_server_of, read_postmaster

NAME = "luodi"  # of the role and of the database alike
START_SECONDS = 120  # crash recovery after kill -9 replays up to two checkpoints
STOP_SECONDS = 60
ORPHAN_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster in ``path``, run by ``account`` with the programs of ``installation``.

    Every method may raise ``ServerFailed`` with the end of PostgreSQL's log. Call them only while holding
    the folder's ``startup.lock``.
    """

    path: Path
    installation: Installation
    account: Account
    fsync: bool

    def initialise(self) -> None:
        """Make the cluster beside its place and move it there whole: a killed initdb leaves nothing half-made."""
        draft = self.path.with_suffix(".new")
        try:
            if draft.exists():
                shutil.rmtree(draft)
            draft.mkdir(mode=0o700)
            if self.account.switch:
                os.chown(draft, self.account.uid, self.account.gid)
        except OSError as error:
            raise unusable(self.path.parent, error) from error
        # Trust, because the socket's folder lets nobody else through; there is no password to lose.
        options = ["-D", str(draft), "-U", NAME, "--auth-local=trust", "--auth-host=reject"]
        options += ["--locale=C.UTF-8", "-E", "UTF8", "--no-instructions"]
        self._program("initdb", *options, *([] if self.fsync else ["--no-sync"]))
        single = ["--single", "-D", str(draft), *([] if self.fsync else ["-F"]), "postgres"]
        self._program("postgres", *single, given=f"CREATE DATABASE {NAME} TEMPLATE template0;\n")
        self._write(draft / "postgresql.conf", f"include '{FILE_NAME}'\n", append=True)
        self._write(draft / FILE_NAME, "")
        draft.rename(self.path)

    def running_socket_dir(self) -> Path | None:
        """Where the running server listens, once it is ready; ``None`` when none runs that could be joined."""
        deadline = time.monotonic() + START_SECONDS
        while (said := read_postmaster(self.path)) is not None and is_server_of(said.pid, self.path):
            if said.ready:
                socket_dir = Path(said.socket_dir)
                return socket_dir if (socket_dir / f".s.PGSQL.{PORT}").exists() else None
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"PostgreSQL (process {said.pid}) in {self.path} is still not ready after {START_SECONDS} s: "
                    f"see {self.path / 'log'}."
                )
            time.sleep(0.05)
        return None

    def clear_away(self) -> None:
        """End what no service can use: a server whose socket was swept away, the pid file of a dead one."""
        self.stop()
        said = read_postmaster(self.path)
        if said is not None and Path(f"/proc/{said.pid}").exists():
            # A stranger, or a zombie nobody collects, has the number. PostgreSQL would take it for the server.
            (self.path / "postmaster.pid").unlink()

    def start(self, socket_dir: Path) -> None:
        """Start the server and wait until it answers, crash recovery included."""
        for leftover in socket_dir.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)
        text = configuration(
            memory=machine_memory(),
            socket_dir=socket_dir,
            shared_memory_free=shared_memory_free(),
            fsync=self.fsync,
        )
        self._write(self.path / FILE_NAME, text)
        log = self.path / "start.log"
        command = ["start", "-w", "-s", "-t", str(START_SECONDS), "-D", str(self.path), "-l", str(log)]
        deadline = time.monotonic() + ORPHAN_SECONDS
        while True:
            self._write(log, "")
            result = self._run("pg_ctl", *command)
            if result.returncode == 0:
                return
            story = self._end_of_logs(log)
            # Backends of a killed server hold its shared memory for a moment until they notice and leave.
            if "still in use" not in story or time.monotonic() > deadline:
                raise ServerFailed(
                    f"PostgreSQL did not start in {self.path}. "
                    f"Its log, {log} and {self.path / 'log'}, ends:\n{story or result.stdout.strip()}"
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server if it runs: open connections end, what was committed is on disk."""
        said = read_postmaster(self.path)
        if said is None or not is_server_of(said.pid, self.path):
            return
        command = ["stop", "-w", "-s", "-m", "fast", "-t", str(STOP_SECONDS), "-D", str(self.path)]
        result = self._run("pg_ctl", *command)
        if result.returncode != 0 and is_server_of(said.pid, self.path):
            raise ServerFailed(f"PostgreSQL in {self.path} did not stop: {result.stdout.strip()}")

    def _end_of_logs(self, start_log: Path) -> str:
        collected = sorted((self.path / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]
        logs = [log for log in (start_log, *collected) if log.exists()]
        return "\n".join(line for log in logs for line in log.read_text(errors="replace").splitlines()[-8:])

    def _run(self, program: str, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [self.installation.program(program), *arguments]
        seconds = START_SECONDS + 30.0
        try:
            return self.account.run(command, bindir=self.installation.bindir, given=given, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise ServerFailed(f"{program} did not end within {seconds:.0f} s in {self.path}.") from error

    def _program(self, program: str, *arguments: str, given: str | None = None) -> None:
        result = self._run(program, *arguments, given=given)
        # In single-user mode a failed statement is told on the output alone, the exit code stays 0.
        if result.returncode != 0 or "ERROR:" in result.stdout:
            raise ServerFailed(f"{program} failed in {self.path.parent}:\n{result.stdout.strip()}")

    def _write(self, path: Path, text: str, *, append: bool = False) -> None:
        # As the cluster's owner: root must not follow whatever that user may have put under this name.
        script = f'umask 077; cat {">>" if append else ">"} "$0"'
        result = self.account.run(["/bin/sh", "-c", script, str(path)], bindir=self.installation.bindir, given=text)
        if result.returncode != 0:
            raise DataFolderUnusable(
                f"{path} cannot be written by {self.account.name} ({result.stdout.strip()}): "
                "give that user the folder and make room on its disk, or set LUODI_DATA_DIR to another folder."
            )
