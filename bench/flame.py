"""``python -m bench.flame W3``: the worker under load as a flame graph, written to ``docs/flame/W3.svg``.

py-spy samples the worker's stacks, C and C++ included, while sixteen clients ask; a frame's width is its share of the
samples in which the worker was not waiting. PostgreSQL's time is not in it: see ``bench.statements_beside``.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

import click
import uvloop

from bench.client import many_clients
from bench.contest import OURS, Access, contenders
from bench.measure import MANY, compared_questions
from bench.servers import PROJECT, Server, serving
from bench.workloads import Workload, build

FOLDER = PROJECT / "docs" / "flame"
WARMING_SECONDS = 1.0
SPARE_SECONDS = 3.0
"""The load lasts so much longer than the sampling, which py-spy begins late."""
SAMPLES_A_SECOND = 250


def compact(picture: str, title: str) -> str:
    """The same picture under its title in few lines: a frame needs none of its own, nor do comments and statements."""
    picture = re.sub(r"(<text id=\"title\"[^>]*>)[^<]*", lambda found: found[1] + escape(title), picture, count=1)
    head, script, tail = picture.partition("</script>")
    lines = [line.strip() for line in head.splitlines() if not line.strip().startswith("//")]
    joined = re.sub(r"(?<=[;{,])\n+", " ", re.sub(r"\n{2,}", "\n", "\n".join(lines)))
    return joined + script + "".join(line.strip() for line in tail.splitlines()) + "\n"


async def _load(port: int, workload: Workload, server: Server, seconds: float) -> None:
    (questions,) = compared_questions(workload, [server])
    await many_clients(port, questions, seconds, MANY)


def record(server: Server, workload: Workload, seconds: float, *, native: bool) -> str:
    """The flame graph of a server's first worker as SVG. Raises ``CalledProcessError`` when py-spy may not look."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_load(server.port, workload, server, WARMING_SECONDS))
        with tempfile.TemporaryDirectory(prefix="luodi-flame-") as folder:
            picture = Path(folder) / "flame.svg"
            command = [
                *(str(Path(sys.executable).with_name("py-spy")), "record", "--nolineno"),
                *("--pid", str(server.worker_ids[0]), "--output", str(picture), "--duration", f"{seconds:.0f}"),
                *("--rate", str(SAMPLES_A_SECOND), *(["--native"] if native else [])),
            ]
            spy = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            runner.run(_load(server.port, workload, server, seconds + SPARE_SECONDS))
            told, _ = spy.communicate(timeout=60)
            if spy.returncode:
                raise subprocess.CalledProcessError(spy.returncode, command, told)
            title = f"{workload.name}, {server.contender.name}, {MANY} clients"
            return compact(picture.read_text(), title)


@click.command(help=__doc__)
@click.argument("name", metavar="W3")
@click.option("--database-url", envvar="LUODI_BENCH_DATABASE_URL", required=True, help="A loaded city; only read.")
@click.option("--contender", default=OURS, show_default=True, help="Whose worker.")
@click.option("--seconds", default=8.0, show_default=True, help="How long to sample.")
@click.option("--native/--python-only", default=True, show_default=True, help="With the frames of C and C++.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The picture to write.")
def main(name: str, database_url: str, contender: str, seconds: float, native: bool, output: Path | None) -> None:
    workloads = {each.name: each for each in asyncio.run(build(database_url))}
    if name not in workloads:
        raise click.BadParameter(f"{name} is none of {', '.join(workloads)}")
    access = Access.issue()
    with serving(contenders(access.token)[contender], access.environment(database_url)) as server:
        picture = record(server, workloads[name], seconds, native=native)
    page = output or FOLDER / (f"{name}.svg" if contender == OURS else f"{name}-{contender}.svg")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(picture, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
