"""Drawing from a seeded generator: identities, weighted choices, days and instants."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Choice = TypeVar("Choice")

ID_BITS = 52
SECONDS_A_DAY = 86_400


def identities(rng: np.random.Generator, count: int) -> Ints:
    """``count`` different ids of 52 bits, none of them 0, in drawn order."""
    drawn = rng.integers(1, 1 << ID_BITS, size=count)
    while len(first := np.unique(drawn, return_index=True)[1]) < count:
        drawn = np.concatenate([drawn[np.sort(first)], rng.integers(1, 1 << ID_BITS, size=count - len(first))])
    return drawn


def chosen(rng: np.random.Generator, options: Sequence[Choice], count: int) -> list[Choice]:
    """``count`` of ``options``, each as likely as the other."""
    return [options[index] for index in rng.integers(0, len(options), size=count).tolist()]


def weighted(rng: np.random.Generator, weights: Sequence[float] | Floats, count: int) -> Ints:
    """``count`` indices into ``weights``, as likely as their weights say."""
    shares = np.asarray(weights, dtype=np.float64)
    return rng.choice(len(shares), size=count, p=shares / shares.sum())


def days(ordinals: Ints) -> list[date]:
    """Proleptic ordinals (``date.toordinal``) as days."""
    return [date.fromordinal(ordinal) for ordinal in ordinals.tolist()]


def instants(rng: np.random.Generator, ordinals: Ints, *, from_hour: float, to_hour: float) -> list[datetime]:
    """An instant on each day, between two hours of UTC, to the second."""
    start = date(1970, 1, 1).toordinal()
    seconds = rng.integers(int(from_hour * 3600), int(to_hour * 3600), size=len(ordinals))
    stamps = (ordinals - start) * SECONDS_A_DAY + seconds
    return [datetime.fromtimestamp(stamp, UTC) for stamp in stamps.tolist()]


def between(rng: np.random.Generator, low: Ints | int, high: Ints | int) -> Ints:
    """Whole numbers from ``low`` to ``high``, both included; ``low`` where ``high`` lies below it."""
    lows, highs = np.broadcast_arrays(np.asarray(low), np.asarray(high))
    drawn: Ints = lows + (rng.random(lows.shape) * np.maximum(highs - lows + 1, 1)).astype(np.int64)
    return drawn


def where(mask: Bools, values: Sequence[Any]) -> list[Any]:
    """``values``, with None where the mask is false."""
    return [value if kept else None for value, kept in zip(values, mask.tolist(), strict=True)]
