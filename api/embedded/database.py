"""The embedded database as a service sees it: start it or join it; the last one to leave stops it."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from api.embedded.account import choose_account
from api.embedded.cluster import NAME, Cluster
from api.embedded.configuration import PORT
from api.embedded.errors import DataFolderUnusable, ServerFailed
from api.embedded.folder import open_to, prepare_data_dir, prepare_socket_dir, remove_socket_dir
from api.embedded.installation import Installation, find_installation
from api.embedded.locks import ServiceLock, starting_or_stopping


class EmbeddedDatabase:
    """A PostgreSQL cluster in ``data_dir/postgres``, reached through a socket in a folder of its own.

    Any number of services may hold one data folder: the first starts the server, the others join it, the last
    to leave stops it. A killed service leaves no lock behind; its server is adopted by the next one. Started by
    root, the server runs as ``user``, or as ``postgres`` or ``nobody``. ``fsync=False`` is for throw-away test
    clusters. ``environ`` is read for ``XDG_RUNTIME_DIR`` alone.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        user: str | None = None,
        fsync: bool = True,
        environ: Mapping[str, str] = os.environ,
        free_bytes_needed: int | None = None,
        find: Callable[..., Installation] = find_installation,
    ) -> None:
        self.data_dir = Path(os.path.abspath(data_dir))
        self._user = user
        self._fsync = fsync
        self._environ = environ
        self._free_bytes_needed = free_bytes_needed
        self._find = find
        self._held: tuple[Cluster, ServiceLock, Path] | None = None

    @property
    def url(self) -> str:
        """``postgresql://`` address of the running server, for asyncpg and SQLAlchemy alike."""
        if self._held is None:
            raise RuntimeError("The embedded database is not started.")
        # The port is said although it names only the socket's file: a PGPORT around us must not change it.
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self._held[2]), safe='/')}&port={PORT}"

    def start(self) -> str:
        """Start the server, or join the one that runs, and give its URL. Raises ``EmbeddedDatabaseError``."""
        if self._held is not None:
            return self.url
        uid = os.geteuid()
        prepare_data_dir(self.data_dir, free_bytes_needed=self._free_bytes_needed)
        with starting_or_stopping(self.data_dir):
            path = self.data_dir / "postgres"
            account = choose_account(path, wished=self._user, uid=uid)
            installation = self._find(major=_major(path))
            open_to(account, self.data_dir, installation.bindir)
            cluster = Cluster(path, installation, account, self._fsync)
            if not path.exists():
                cluster.initialise()
            lock = ServiceLock(self.data_dir)
            try:
                socket_dir = cluster.running_socket_dir()
                if socket_dir is None:
                    if not lock.alone():
                        raise ServerFailed(
                            f"Another service holds {self.data_dir}, but its database does not run where this one "
                            "could join it (it may be in another container): stop that service first, "
                            "or set LUODI_DATA_DIR to another folder."
                        )
                    cluster.clear_away()
                    socket_dir = prepare_socket_dir(self.data_dir, account, environ=self._environ, uid=uid)
                    cluster.start(socket_dir)
                lock.share()
            except BaseException:
                # Told to end while starting: what we started must not stay behind.
                if lock.alone():
                    cluster.stop()
                lock.release()
                raise
        self._held = cluster, lock, socket_dir
        return self.url

    def stop(self) -> None:
        """Leave; the last service to leave stops the server. Call it from the process that called ``start``."""
        if self._held is None:
            return
        cluster, lock, socket_dir = self._held
        self._held = None
        try:
            with starting_or_stopping(self.data_dir):
                if lock.alone():
                    cluster.stop()
                    remove_socket_dir(self.data_dir, socket_dir)
        finally:
            lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _major(cluster: Path) -> int | None:
    """The major version that made the cluster, ``None`` when there is no cluster yet."""
    if not cluster.exists():
        return None
    try:
        return int((cluster / "PG_VERSION").read_text())
    except (ValueError, OSError) as error:
        raise DataFolderUnusable(
            f"{cluster} is not a PostgreSQL cluster this user can read ({error}): "
            "move it away, or set LUODI_DATA_DIR to another folder."
        ) from error
