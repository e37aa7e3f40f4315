"""When two answers say the same: equal JSON, numbers within 1e-9, instants equal however they are written."""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

TOLERANCE = 1e-9
"""In the number's own unit: a tenth of a millimetre in degrees, a nanometre in metres."""


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _same_value(left: Any, right: Any, tolerance: float) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return math.isclose(left, right, rel_tol=0, abs_tol=tolerance)
    if isinstance(left, str) and isinstance(right, str):
        return left == right or ((instant := _instant(left)) is not None and instant == _instant(right))
    return left is None and right is None


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def differences(left: Any, right: Any, path: str = "$", tolerance: float = TOLERANCE) -> Iterator[str]:
    """Every place where two parsed answers differ, as a path and both values; numbers by more than ``tolerance``."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            if key not in left or key not in right:
                yield f"{path}.{key}: only on the {'left' if key in left else 'right'}"
            else:
                yield from differences(left[key], right[key], f"{path}.{key}", tolerance)
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            yield f"{path}: {len(left)} members and {len(right)}"
        for index, (one, other) in enumerate(zip(left, right, strict=False)):
            yield from differences(one, other, f"{path}[{index}]", tolerance)
    elif not _same_value(left, right, tolerance):
        yield f"{path}: {_shortened(left)} and {_shortened(right)}"
