"""PostgreSQL's configuration for one service on one machine: the one file we include, luodi.conf."""

import os
from pathlib import Path

MEGABYTE = 1024 * 1024
FILE_NAME = "luodi.conf"
PORT = 5432  # only part of the socket's name: TCP is off


def machine_memory(cgroup: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Bytes of memory this process may count on: the machine's, or its container's if that is less."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = cgroup.read_text().strip()
    except OSError:
        return memory
    return min(memory, int(limit)) if limit.isdigit() else memory


def configuration(*, memory: int, socket_dir: Path, shared_memory_free: int, fsync: bool) -> str:
    """The text of luodi.conf for a machine with ``memory`` bytes, ``shared_memory_free`` of them in /dev/shm.

    256 MB of shared buffers at 4 GB of memory, in proportion up to 1 GB: the system's cache does the rest.
    """
    buffers = _between(64, memory // 16 // MEGABYTE, 1024)
    settings: dict[str, str | int] = {
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "max_connections": 100,
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(memory // 2 // MEGABYTE, 128)}MB",
        "work_mem": f"{_between(4, memory // 256 // MEGABYTE, 32)}MB",
        "maintenance_work_mem": f"{_between(64, memory // 16 // MEGABYTE, 512)}MB",
        # Statements here live for milliseconds; compiling one costs more than it saves.
        "jit": "off",
        "random_page_cost": "1.1",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "wal_compression": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "on",
        "log_directory": "log",
        # One file a weekday, overwritten a week later: a log that cannot fill the disk by staying.
        "log_filename": "postgresql-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": 0,
        "log_line_prefix": "%m [%p] ",
        "log_min_duration_statement": "2s",
        # Bind values are people's data; the log gets the statement without them.
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
    }
    # Containers often give /dev/shm 64 MB, which one parallel hash join overflows.
    settings["dynamic_shared_memory_type"] = "posix" if shared_memory_free >= 256 * MEGABYTE else "mmap"
    if not fsync:  # a throw-away cluster: losing it costs nothing
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    header = "# Written by the service at every start: changes here do not stay. Add yours to postgresql.conf.\n"
    return header + "".join(f"{name} = {_quoted(str(value))}\n" for name, value in settings.items())


def shared_memory_free(folder: Path = Path("/dev/shm")) -> int:  # noqa: S108
    """Free bytes where PostgreSQL would put shared memory between parallel workers; 0 if it cannot."""
    try:
        state = os.statvfs(folder)
    except OSError:
        return 0
    return state.f_bavail * state.f_frsize if os.access(folder, os.W_OK) else 0


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
