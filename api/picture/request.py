"""Asks a running service for what the picture shows: the flagship request, and the ground under it."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FLAGSHIP: Final = (Path(__file__).resolve().parent.parent / "flagship.graphql").read_text(encoding="utf-8")

# A faint dot for each site that stays unvisited; more of them would hide the land they stand on.
SITES_DRAWN: Final = 1000

GROUND: Final = """query PictureGround($codes: [String!]!) {
  regions(first: 100) {
    pageInfo { hasNextPage }
    nodes { code name kind geometry(simplifyMeters: 200, precision: 5) }
  }
  projects(filter: { code: { in: $codes } }, first: 1000) { nodes { code location } }
}
"""

Json = Mapping[str, Any]


class PictureError(Exception):
    """The service gave no answer that can be drawn; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn. All geometry is GeoJSON in WGS 84, lon/lat.

    ``route`` is ``SiteVisitRoute`` of the flagship request; ``regions`` hold ``code name kind geometry``;
    ``sites`` are unvisited projects with ``code location``, at most ``SITES_DRAWN`` of them; ``start`` is a
    position in degrees; ``day`` is YYYY-MM-DD.
    """

    route: Json
    regions: tuple[Json, ...]
    sites: tuple[Json, ...]
    start: tuple[float, float]
    day: str


def ask(url: str, token: str, day: str, start: tuple[float, float], seconds: float = 30) -> Scene:
    """The scene of one day from the service's ``/graphql`` at ``url``, in two requests.

    Raises ``PictureError`` when the service cannot be reached within ``seconds`` or refuses.
    """
    point = {"type": "Point", "coordinates": list(start)}
    flagship = _post(url, token, FLAGSHIP, {"start": point, "day": day}, seconds)
    route = flagship["siteVisitRoute"]
    codes = sorted(left["project"]["code"] for left in route["unvisited"])[:SITES_DRAWN]
    ground = _post(url, token, GROUND, {"codes": codes}, seconds)
    if ground["regions"]["pageInfo"]["hasNextPage"]:
        raise PictureError("there are more than 100 regions: a picture of part of them would mislead")
    return Scene(route, tuple(ground["regions"]["nodes"]), tuple(ground["projects"]["nodes"]), start, day)


def _post(url: str, token: str, query: str, variables: Json, seconds: float) -> Json:
    if not url.startswith(("http://", "https://")):
        raise PictureError(f"{url} is not an http address")
    request = urllib.request.Request(  # noqa: S310 - the scheme has just been checked
        url,
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/graphql-response+json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise PictureError(f"{url} answered {error.code}: {error.read(2000).decode(errors='replace')}") from error
    except (OSError, ValueError) as error:
        raise PictureError(f"{url} gave no answer: {error}") from error
    if answer.get("errors") or answer.get("data") is None:
        raise PictureError(f"{url} answered errors: {json.dumps(answer.get('errors'), ensure_ascii=False)[:2000]}")
    data: Json = answer["data"]
    return data
