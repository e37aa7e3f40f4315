"""Two locks in the data folder, held through the kernel: a killed service's locks vanish with it.

``service.lock`` is shared by all services on the folder; whoever can take it alone is the last one.
``startup.lock`` lets one process at a time start or stop the server.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from api.embedded.errors import DataFolderUnusable
from api.embedded.folder import unusable


class ServiceLock:
    """This process's share of ``service.lock``."""

    def __init__(self, data_dir: Path) -> None:
        self._descriptor = _open(data_dir, "service.lock")

    def share(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Whether nobody else holds a share. Ask only inside ``starting_or_stopping``."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        os.close(self._descriptor)


@contextmanager
def starting_or_stopping(
    data_dir: Path,
    *,
    seconds: float = 180.0,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold ``startup.lock``. Raises ``DataFolderUnusable`` when another process keeps it for ``seconds``."""
    descriptor = _open(data_dir, "startup.lock")
    try:
        deadline = clock() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if clock() >= deadline:
                    raise DataFolderUnusable(
                        f"Another process has been starting or stopping the database in {data_dir} for "
                        f"{seconds:.0f} s: see which one holds {data_dir / 'startup.lock'} (fuser) and end it."
                    ) from None
                pause(0.05)
        yield
    finally:
        os.close(descriptor)


def _open(data_dir: Path, name: str) -> int:
    try:
        # A locked file must outlive its name: it is never deleted, or two processes could lock two files.
        return os.open(data_dir / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise unusable(data_dir, error) from error
