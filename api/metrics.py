"""What a service counts while it serves: plain numbers in cells, cheap enough to be always on (1 µs a request).

Each process has its own cells. With a folder they are a file that the other processes of the service can read, so that
any of them answers a scrape for all; what a process counted stays when it ends, what it held does not.
"""

import fcntl
import mmap
import os
import struct
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from schema.problem import ProblemCode

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histograms' buckets."""


class Surface(StrEnum):
    """Where requests come in."""

    GRAPHQL = "graphql"
    TILES = "tiles"


class Outcome(StrEnum):
    """How a request ended that has no problem code."""

    ANSWERED = "ANSWERED"
    NOT_MODIFIED = "NOT_MODIFIED"
    ABANDONED = "ABANDONED"


class Gauge(StrEnum):
    """What is read from its owner whenever somebody asks."""

    CONNECTIONS_OPEN = "connections_open"
    CONNECTIONS_IDLE = "connections_idle"
    REQUESTS_WAITING = "requests_waiting"
    DOCUMENTS_KEPT = "documents_kept"
    DOCUMENTS_WEIGHT = "documents_weight"
    DOCUMENTS_HITS = "documents_hits"
    DOCUMENTS_MISSES = "documents_misses"
    PLANS_KEPT = "plans_kept"
    PLANS_WEIGHT = "plans_weight"
    PLANS_HITS = "plans_hits"
    PLANS_MISSES = "plans_misses"


LASTING = {Gauge.DOCUMENTS_HITS, Gauge.DOCUMENTS_MISSES, Gauge.PLANS_HITS, Gauge.PLANS_MISSES}
"""Counts that their owner keeps: they outlive the process that counted."""

Cell = tuple[str, ...]
"""The name of a cell: (kind, labels…)."""

ENDS: tuple[str, ...] = (*Outcome, *ProblemCode)
BUCKETS = len(SECONDS) + 1


def _cells() -> list[Cell]:
    named: list[Cell] = [("requests", surface, end) for surface in Surface for end in ENDS]
    named += [("bytes", surface) for surface in Surface]
    for what in (*Surface, "statement"):
        named += [("bucket", what, str(number)) for number in range(BUCKETS)]
        named.append(("seconds", what))
    named.append(("cancelled",))
    named += [("gauge", one) for one in Gauge]
    return named


PLACES: Mapping[Cell, int] = {cell: place for place, cell in enumerate(_cells())}
SIZE = 8 * len(PLACES)


class Metrics:
    """The counts of one process; ``folder`` holds those of all processes of the service, None when it is the only one.

    Raises OSError when the folder cannot be written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file = _file(folder) if folder else None
        self._cells = memoryview(mmap.mmap(self._file or -1, SIZE)).cast("d")
        self._ends = {surface: {end: PLACES["requests", surface, end] for end in ENDS} for surface in Surface}
        self._bytes = {surface: PLACES["bytes", surface] for surface in Surface}
        self._first = {what: PLACES["bucket", what, "0"] for what in (*Surface, "statement")}
        self._cancelled = PLACES[("cancelled",)]
        self._owners: dict[Gauge, Callable[[], float]] = {}

    def request(self, surface: Surface, end: str, seconds: float, sent: int) -> None:
        """Count a request: an ``Outcome`` or problem code, the seconds it took, the bytes of its body as sent."""
        cells = self._cells
        cells[self._ends[surface][end]] += 1
        cells[self._bytes[surface]] += sent
        first = self._first[surface]
        cells[first + bisect_left(SECONDS, seconds)] += 1
        cells[first + BUCKETS] += seconds

    def statement(self, seconds: float) -> None:
        """Count a statement that ended, with the seconds its answer took to arrive."""
        first = self._first["statement"]
        self._cells[first + bisect_left(SECONDS, seconds)] += 1
        self._cells[first + BUCKETS] += seconds

    def cancelled(self) -> None:
        """Count a statement that was stopped because nobody waited for it any more."""
        self._cells[self._cancelled] += 1

    def own(self, gauge: Gauge, read: Callable[[], float]) -> None:
        """Who knows a gauge of this process."""
        self._owners[gauge] = read

    def sample(self) -> None:
        """Write the gauges of this process where the others can read them."""
        for gauge, read in self._owners.items():
            self._cells[PLACES["gauge", gauge]] = read()

    def total(self) -> dict[Cell, float]:
        """The cells of all processes of the service, added up."""
        self.sample()
        total = dict(zip(PLACES, self._cells, strict=True))
        for cells, lives in self._others():
            for cell, value in zip(PLACES, cells, strict=True):
                if lives or cell[0] != "gauge" or cell[1] in LASTING:
                    total[cell] += value
        return total

    def _others(self) -> Iterable[tuple[Sequence[float], bool]]:
        if self._folder is None:
            return
        for path in sorted(self._folder.glob("*.cells")):
            if self._file is None or os.path.samestat(os.fstat(self._file), path.stat()):
                continue
            with path.open("rb") as file:
                content = file.read(SIZE)
                if len(content) == SIZE:  # less is one that is just being made
                    yield struct.unpack(f"{len(PLACES)}d", content), _is_locked(file.fileno())


def _file(folder: Path) -> int:
    """A new file for this process's cells, locked as long as the process lives."""
    descriptor, _ = tempfile.mkstemp(suffix=".cells", dir=folder)
    os.truncate(descriptor, SIZE)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
