"""Telling how far the sample is: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Tell = Callable[[str, int, int], None]
"""Called with a step's name, the rows done and the rows there will be."""


def silence(step: str, done: int, total: int) -> None:
    """Tell nothing."""


@contextmanager
def on_console(console: Console | None = None) -> Iterator[Tell]:
    """Tell a console (standard error by default): one bar for each step on a terminal, one line for each elsewhere."""
    console = console or Console(file=sys.stderr)
    if not console.is_terminal:

        def line(step: str, done: int, total: int) -> None:
            if done >= total:
                console.print(f"{step}: {total:,}", highlight=False)

        yield line
        return
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as shown:
        tasks = {}

        def bar(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = shown.add_task(step, total=total)
            shown.update(tasks[step], completed=done)

        yield bar
