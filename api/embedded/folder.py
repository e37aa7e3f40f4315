"""The data folder and the socket's folder: made, checked, and refused with a reason."""

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from api.embedded.account import Account
from api.embedded.errors import DataFolderUnusable

# A new cluster with PostGIS is 60 MB, its write-ahead log and the sample city come on top.
FREE_BYTES_FOR_NEW = 400 * 1024 * 1024
# Below this PostgreSQL may stop in the middle of a write; it would recover, but only with room.
FREE_BYTES_FOR_START = 64 * 1024 * 1024
# A socket's path holds 107 bytes, of which PostgreSQL's file name takes 18; kept well below.
SOCKET_DIR_BYTES = 80


def prepare_data_dir(data_dir: Path, *, free_bytes_needed: int | None = None) -> None:
    """Make the data folder if it is missing and see that it can be written and has room.

    Raises ``DataFolderUnusable`` naming the folder and the fix.
    """
    probe = data_dir / f".writable.{os.getpid()}"
    try:
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        probe.touch(mode=0o600)
        probe.unlink()
        state = os.statvfs(data_dir)
    except OSError as error:
        raise unusable(data_dir, error) from error
    is_new = not (data_dir / "postgres").exists()
    needed = free_bytes_needed or (FREE_BYTES_FOR_NEW if is_new else FREE_BYTES_FOR_START)
    free = state.f_bavail * state.f_frsize
    if free < needed:
        raise DataFolderUnusable(
            f"The data folder {data_dir} has {free // 2**20} MB free and {needed // 2**20} MB are needed: "
            "make room on that disk, or set LUODI_DATA_DIR to a folder on another."
        )


def unusable(data_dir: Path, error: OSError) -> DataFolderUnusable:
    """The clear refusal for what the operating system said about the data folder."""
    if error.errno in (errno.EACCES, errno.EPERM):
        reason, fix = "may not be written by this user", "give this user the folder (chown)"
    elif error.errno == errno.EROFS:
        reason, fix = "is on a read-only disk", "mount it for writing"
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason, fix = "is full", "make room on that disk"
    elif error.errno in (errno.ENOTDIR, errno.EEXIST):
        reason, fix = "is not a folder, or lies below something that is not", "move that file away"
    else:
        reason, fix = f"cannot be used ({error.strerror})", "look at that path"
    return DataFolderUnusable(f"The data folder {data_dir} {reason}: {fix}, or set LUODI_DATA_DIR to another folder.")


def open_to(account: Account, data_dir: Path, bindir: Path) -> None:
    """See that ``account`` can enter the data folder, all the way down from ``/``.

    The folder itself is ours and is opened for passing through; one above it is not ours to change.
    Raises ``DataFolderUnusable`` naming the folder in the way.
    """
    if not account.switch or _enters(account, data_dir, bindir):
        return
    for folder in [*reversed(data_dir.parents), data_dir]:
        if _enters(account, folder, bindir):
            continue
        if folder == data_dir:
            data_dir.chmod(stat.S_IMODE(data_dir.stat().st_mode) | stat.S_IXOTH)
            if _enters(account, data_dir, bindir):
                return
        raise DataFolderUnusable(
            f"The data folder {data_dir} lies below {folder}, which the user {account.name} may not enter, and "
            f"root may not run PostgreSQL itself: set LUODI_DATA_DIR to a folder that user can reach "
            f"(the default is /var/lib/luodi), or chmod o+x {folder}."
        )


def _enters(account: Account, folder: Path, bindir: Path) -> bool:
    return account.run(["/bin/sh", "-c", 'cd "$0"', str(folder)], bindir=bindir).returncode == 0


def prepare_socket_dir(data_dir: Path, account: Account, *, environ: Mapping[str, str], uid: int) -> Path:
    """A short folder for the server's socket that only ``account`` (and root) can enter.

    This is what guards the database: the server trusts whoever reaches the socket, so nobody else may.
    Raises ``DataFolderUnusable`` when somebody else's folder is in the way.
    """
    name = _socket_dir_name(data_dir)
    refusals = []
    for base in _socket_bases(environ, uid):
        socket_dir = base / name
        if len(os.fsencode(socket_dir)) > SOCKET_DIR_BYTES:
            continue
        try:
            own_folder(base, uid, None, 0o711 if uid == 0 else 0o700)
            own_folder(socket_dir, account.uid, account, 0o700)
        except OSError as error:
            refusals.append(f"{error.filename or socket_dir}: {error.strerror}")
            continue
        return socket_dir
    raise DataFolderUnusable(
        f"No folder for the database's socket can be made ({'; '.join(refusals) or 'all paths are too long'}): "
        "remove what is in the way, or set XDG_RUNTIME_DIR to a short path of this user's own."
    )


def remove_socket_dir(data_dir: Path, socket_dir: Path) -> None:
    """Take away the socket's folder of a stopped server, if it is the one we made and it is empty."""
    if socket_dir.name == _socket_dir_name(data_dir):
        with suppress(OSError):
            socket_dir.rmdir()


def _socket_dir_name(data_dir: Path) -> str:
    # Resolved: two spellings of one path must meet at one socket.
    return hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:8]


def _socket_bases(environ: Mapping[str, str], uid: int) -> list[Path]:
    temporary = Path(f"/tmp/luodi-{uid}")  # noqa: S108 -- owner and mode are checked before use
    if uid == 0:
        return [Path("/run/luodi"), temporary]
    runtime = environ.get("XDG_RUNTIME_DIR")
    return [Path(runtime) / "luodi", temporary] if runtime and os.path.isabs(runtime) else [temporary]


def own_folder(folder: Path, uid: int, account: Account | None, mode: int) -> None:
    """Make ``folder``, or see that it is a real folder of ``uid`` that others cannot write."""
    try:
        folder.mkdir(mode=mode)
        if account is not None and account.switch:
            os.chown(folder, account.uid, account.gid)
        folder.chmod(mode)
    except FileExistsError:
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != uid:
            raise OSError(errno.EPERM, "belongs to somebody else", str(folder)) from None
        if stat.S_IMODE(state.st_mode) != mode:
            folder.chmod(mode)
