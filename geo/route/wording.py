"""Times in words, for the details given with an answer."""

from __future__ import annotations


def clock_text(seconds: int) -> str:
    """Wall-clock time of seconds after midnight, rounded up to the minute; past midnight with the days added."""
    days, minutes = divmod(-(-seconds // 60), 24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f" (+{days} d)" if days else "")


def duration_text(seconds: int) -> str:
    """A duration, rounded up to the minute."""
    hours, minutes = divmod(-(-seconds // 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
