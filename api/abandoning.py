"""Requests whose client has gone are given up, and with them the statement they wait for.

A request is looked at only when it has lasted a while; one timer looks at all of them, so a fast one pays half a
microsecond.
"""

import asyncio

from starlette.types import Receive

PATIENCE_SECONDS = 0.1
"""How long a request lasts before its client is watched."""


class Waiting:
    """A client that waits for an answer; ``gone`` when it has been seen to go."""

    __slots__ = ("gone", "receive", "since", "task", "watcher")

    def __init__(self, task: "asyncio.Task[object]", receive: Receive, since: float) -> None:
        self.task = task
        self.receive = receive
        self.since = since
        self.watcher: asyncio.Task[None] | None = None
        self.gone = False

    def was_abandoned(self) -> bool:
        """Whether the cancellation just caught means this alone: then it ends here, and is not passed on."""
        return self.gone and self.task.uncancel() == 0


class Watch:
    """Watches the clients of one event loop; a request may be given up between ``begin`` and ``end``."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._waiting: dict[Waiting, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, receive: Receive) -> Waiting:
        """The current task may be cancelled from now on, once ``receive`` tells that the client is gone.

        The request's body must have been read.
        """
        task = asyncio.current_task()
        assert task is not None, "requests are answered in tasks"
        loop = task.get_loop()
        waiting = Waiting(task, receive, loop.time())
        self._waiting[waiting] = None  # in the order of their age
        if self._timer is None:
            self._timer = loop.call_later(self._patience, self._look, loop)
        return waiting

    def end(self, waiting: Waiting) -> None:
        """The answer is on its way, or will never be."""
        del self._waiting[waiting]
        if waiting.watcher is not None:
            waiting.watcher.cancel()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if not self._waiting:
            return
        now = loop.time()
        for waiting in self._waiting:
            if now - waiting.since < self._patience / 2:
                break
            if waiting.watcher is None:
                waiting.watcher = loop.create_task(_follow(waiting))
        self._timer = loop.call_later(self._patience, self._look, loop)


async def _follow(waiting: Waiting) -> None:
    while (await waiting.receive())["type"] != "http.disconnect":
        pass  # the empty rest of a body that was read
    waiting.gone = True
    waiting.task.cancel()
