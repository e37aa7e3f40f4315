"""`luodi serve`: port, database, workers, and an orderly end."""

import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from api.database import database, prepare
from api.ending import ToldToStop
from api.listening import listen
from api.settings import Settings
from api.token import signing_key

if TYPE_CHECKING:
    from starlette.applications import Starlette

SHUTDOWN_SECONDS = 5


def serve(
    settings: Settings,
    *,
    environ: MutableMapping[str, str],
    sample: bool,
    today: date,
    tell: Callable[[str], None],
    ready: Callable[[str], None],
) -> int:
    """Serve until told to stop; the exit code. ``ready`` is called with the database's URL at the first answer.

    The port comes first, so that a taken one is told before the database is touched. The embedded database
    belongs to this process; workers find it through ``environ``.
    """
    listener = listen(settings.host, settings.port)
    try:
        with database(settings) as url:
            signing_key(settings)  # made here once, not by whichever worker comes first
            prepare(url, sample=sample, today=today, tell=tell)
            environ["LUODI_DATABASE_URL"] = url
            address = _local_address(settings)
            threading.Thread(target=_at_first_answer, args=(address, lambda: ready(url)), daemon=True).start()
            with _shared_counts(settings, environ):
                return _run(settings, listener)
    except ToldToStop:
        return 0  # what it was asked to do
    finally:
        listener.close()


@contextmanager
def _shared_counts(settings: Settings, environ: MutableMapping[str, str]) -> Iterator[None]:
    """A folder in which several workers add up their metrics; unless there is one, or only one worker."""
    if settings.workers == 1 or settings.metrics_dir is not None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="luodi-metrics-") as folder:
        environ["LUODI_METRICS_DIR"] = folder
        try:
            yield
        finally:
            del environ["LUODI_METRICS_DIR"]


def _run(settings: Settings, listener: socket.socket) -> int:
    config = uvicorn.Config(
        "api.serving:application",
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        # A live subscription never ends by itself; its client comes back with a cursor.
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    if settings.workers > 1:
        Multiprocess(config, sockets=[listener]).run()
        return 0
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    return 0 if server.started else 1


def application() -> "Starlette":
    """What each worker runs, from the environment alone: a worker is a new process."""
    from api.application import create

    _end_with_parent()
    return create(Settings.from_environment(os.environ))


def _end_with_parent() -> None:
    """End this worker when its parent is gone: a killed service must not leave a process on its port."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()


def _local_address(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _at_first_answer(address: str, tell: Callable[[], None]) -> None:
    # Straight to ourselves: the machine's proxy settings are for other hosts.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/healthz", timeout=120):
            pass
    except urllib.error.HTTPError:
        pass  # an answer all the same
    except OSError:
        return  # it ended before it answered, and says why itself
    tell()
