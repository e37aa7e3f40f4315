"""``python -m bench``: load the city once, start the servers, compare their answers, measure, write the page.

``SCALE=10`` makes the city ten times as big, and compares it with the city of 100,000 projects as well.
"""

import asyncio
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from api.ending import unwinding_when_told_to_stop
from api.settings import masked
from bench.cheaper import hold_cheaper
from bench.contest import OURS, City, contenders, hold, hold_flagship
from bench.growth import measure_growth
from bench.measure import Pace
from bench.report import Flagship, Run, markdown
from bench.workloads import build, build_flagship

FOLDER = Path(__file__).parent
PROJECTS = 100_000
SAMPLE_PROJECTS = 3_200
"""The flagship is asked in the sample city as it comes: a bigger one holds more open sites than one request may ask."""
PAGES = {PROJECTS: "RESULTS.md", 10 * PROJECTS: "RESULTS-million.md"}


def default_folder() -> Path:
    """Where the loaded cities are kept between runs: beside the service's own data, never in it."""
    if os.geteuid() == 0:
        return Path("/var/lib/luodi-bench")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "luodi-bench"


def page_of(projects: int) -> Path:
    """The page for a city of that size; a run of an odd size overwrites none of the published ones."""
    return FOLDER / PAGES.get(projects, f"RESULTS-{projects}.md")


@dataclass(frozen=True)
class Cities:
    """Where loaded cities come from: given addresses by size, or embedded databases below a folder."""

    given: dict[int, str]
    folder: Path
    day: date

    @contextmanager
    def open(self, projects: int) -> Iterator[str]:
        """The address of a city, running while the block lasts."""
        with unwinding_when_told_to_stop():
            if (url := self.given.get(projects)) is not None:
                yield url
                return
            from bench.city import loaded_city  # the sample's libraries are not needed for a database that is loaded

            with loaded_city(self.folder, projects, self.day) as url:
                yield url


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@click.command(help=__doc__)
@click.option("--projects", default=PROJECTS, show_default=True, help="Size of the city; SCALE multiplies it.")
@click.option("--date", "day", default="2024-06-30", show_default=True, help="The sample's today.")
@click.option("--rounds", default=5, show_default=True, help="Paired rounds.")
@click.option("--seconds", default=2.0, show_default=True, help="All slices of a contender in one round.")
@click.option("--slice", "slice_", default=0.4, show_default=True, help="Seconds of a slice.")
@click.option("--cell", default=1.0, show_default=True, help="Seconds of a slow contender's cell, one a round.")
@click.option("--workers", multiple=True, default=(1, 2), show_default=True, help="Workers a contender; repeatable.")
@click.option(
    "--only", multiple=True, metavar="W1", help="Only these: W1 to W7, cheaper, flagship, growth; repeatable."
)
@click.option(
    "--contender",
    "names",
    multiple=True,
    default=tuple(contenders("")),
    help="Only these servers; the first is the base.",
)
@click.option("--data", "folder", type=click.Path(path_type=Path), help="Where the cities are kept.")
@click.option("--database-url", envvar="LUODI_BENCH_DATABASE_URL", help="A loaded database instead of an embedded one.")
@click.option("--base-database-url", help=f"The city of {PROJECTS:,} that a bigger one is compared with, if loaded.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The page to write.")
def main(
    projects: int,
    day: str,
    rounds: int,
    seconds: float,
    slice_: float,
    cell: float,
    workers: tuple[int, ...],
    only: tuple[str, ...],
    names: tuple[str, ...],
    folder: Path | None,
    database_url: str | None,
    base_database_url: str | None,
    output: Path | None,
) -> None:
    size = projects * int(os.environ.get("SCALE") or 1)
    given = {PROJECTS: base_database_url, size: database_url}
    cities = Cities({n: url for n, url in given.items() if url}, folder or default_folder(), date.fromisoformat(day))
    pace = Pace(rounds, slice_, seconds, cell)
    shorter = Pace(rounds, slice_, seconds / 2, cell)  # as many rounds of fewer slices, for what has no target

    def wanted(part: str) -> bool:
        return not only or part in only

    with cities.open(size) as url:
        all_workloads = asyncio.run(build(url))
        workloads = [each for each in all_workloads if wanted(each.name)]
        contests = [
            hold(url, workloads, names, count, pace if count == 1 else shorter, _tell) for count in workers if workloads
        ]
        cheaper = hold_cheaper(url, all_workloads, shorter, _tell) if OURS in names and wanted("cheaper") else []
        city = City.of(url)
        growth = None
        if size > PROJECTS and wanted("growth"):
            with cities.open(PROJECTS) as base_url:
                growth = measure_growth(base_url, url, (PROJECTS, size), pace, _tell)
    flagship = None
    if OURS in names and wanted("flagship"):
        with cities.open(SAMPLE_PROJECTS) as url:
            workload = asyncio.run(build_flagship(url, cities.day))
            latencies = hold_flagship(url, workload, 2 * seconds)
            flagship = Flagship(City.of(url).projects, latencies)
    page = markdown(Run(_command(), cities.day, pace, city, contests, cheaper, flagship, growth))
    print(page)
    (output or page_of(size)).write_text(page, encoding="utf-8")


def _command() -> str:
    """What repeats this run: through make where it can be, with the rest of the command line."""
    scale = os.environ.get("SCALE")
    if len(sys.argv) == 1:
        return f"make bench SCALE={scale}" if scale else "make bench"
    command = shlex.join(["python", "-m", "bench", *map(masked, sys.argv[1:])])
    return f"SCALE={shlex.quote(scale)} {command}" if scale else command
