"""Is the server on a cluster alive, and is it really ours? Read from postmaster.pid and /proc."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What postmaster.pid says: process id, the folder of its socket, and whether it takes connections."""

    pid: int
    socket_dir: str
    ready: bool


def read_postmaster(cluster: Path) -> Postmaster | None:
    """What postmaster.pid says, ``None`` when it is missing or says nothing (a crash may leave it empty)."""
    try:
        lines = (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdecimal():
        return None
    # Lines: pid, cluster, start, port, socket folder, TCP address, shared memory, status. It grows while starting.
    status = lines[7].strip() if len(lines) > 7 else ""
    return Postmaster(int(lines[0]), lines[4].strip() if len(lines) > 4 else "", status == "ready")


def is_running(pid: int, proc: Path = Path("/proc")) -> bool:
    """Whether a process of this number runs: one that has ended but was not collected (a zombie) does not."""
    try:
        text = (proc / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return False
    # The name in parentheses may itself hold parentheses and blanks; the state follows the last one.
    return text.rpartition(")")[2].split()[0] not in ("Z", "X")


def is_server_of(pid: int, cluster: Path, proc: Path = Path("/proc")) -> bool:
    """Whether that process is the server of ``cluster``: alive, named postgres, at home in the folder.

    A number can be given anew to a stranger after a crash; a server's working directory is its cluster.
    """
    if not is_running(pid, proc):
        return False
    try:
        name = (proc / str(pid) / "comm").read_text().strip()
        home = (proc / str(pid) / "cwd").readlink()
    except OSError:
        return False
    return name.startswith("postgres") and home == cluster.resolve()
