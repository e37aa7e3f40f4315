"""Being told to stop: a signal becomes an exception that unwinds, so that whatever was started is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class ToldToStop(SystemExit):
    """A signal asked this process to end; its exit code is the shell's for that signal."""


@contextmanager
def unwinding_when_told_to_stop() -> Iterator[None]:
    """Turn SIGTERM, SIGHUP and SIGINT into ``ToldToStop`` inside the block. For the main thread only.

    By default SIGTERM would end the process on the spot and leave the database running; uvicorn raises the signal
    again once it has ended. A second signal is ignored: the end is under way.
    """

    def stop(number: int, _frame: object) -> None:
        for name in SIGNALS:
            signal.signal(name, signal.SIG_IGN)
        raise ToldToStop(128 + number)

    # nohup's wish: a service it started outlives the terminal.
    heard = [n for n in SIGNALS if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    former = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
