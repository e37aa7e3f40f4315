"""Vector tiles over HTTP: ``/tiles/{layer}/{z}/{x}/{y}.mvt`` and ``/tiles/{layer}.json`` (TileJSON 3.0).

A tile is one statement; asking again for one that has not changed is one tiny statement and answers 304. Everything is
for the viewer of the token alone: ``Cache-Control: private, no-cache``.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from starlette.types import Receive, Scope, Send

from api.abandoning import Waiting, Watch
from api.authentication import Authentication
from api.conditional import Tags, entity_tag, entity_tag_held
from api.encoding import Coding, encode, takes_a_coding
from api.graphql_http import Clock
from api.masking import problem_to_tell
from api.metrics import Metrics, Outcome, Surface
from api.pool import Database
from api.problem_json import problem_answer
from api.tilejson import TILEJSON, tilejson
from geo.mercator import Tile, TileError, parse_tile
from geo.tile import tile_parameters
from schema.access.visible import Viewer
from schema.layer.layer import MapLayer
from schema.layer.registry import LAYERS
from schema.layer.tile import LayerStatement, LayerStatements
from schema.limits import Limits
from schema.problem import Problem, ProblemCode, bad_input

MVT = "application/vnd.mapbox-vector-tile"
CROWDS_REMEMBERED = 10_000
"""Tiles of which it is known that they hold a crowd, so that it is looked for first: a matter of speed alone."""

_TILE = re.compile(r"([^/]+)/([^/]*)/([^/]*)/([^/]*)\.mvt\Z")
_DESCRIPTION = re.compile(r"([^/]+)\.json\Z")
_READ = {b"accept-encoding", b"authorization", b"if-none-match"}
_LISTS = {b"accept-encoding", b"if-none-match"}
_PRIVATE = ((b"cache-control", b"private, no-cache"), (b"vary", b"Accept-Encoding, Authorization"))


@dataclass(frozen=True, slots=True)
class Content:
    """What is answered: ``body`` is None when the client holds it already, under ``tag`` as it stands."""

    body: bytes | None
    tag: str
    media_type: str


class Tiles:
    """Serves everything below ``/tiles/``; the route gives the rest of the path as ``rest``."""

    database: Database | None = None
    """Set when it is open."""

    def __init__(
        self,
        authentication: Authentication,
        clock: Clock,
        limits: Limits,
        tags: Tags,
        metrics: Metrics,
        public_url: str,
    ) -> None:
        self._authentication = authentication
        self._clock = clock
        self._tags = tags
        self._metrics = metrics
        self._public_url = public_url
        self._statements = LayerStatements(crowd=limits.tile_features)
        self._crowds: OrderedDict[tuple[str, Tile], None] = OrderedDict()
        self._watch = Watch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        headers: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                text = value.decode("latin-1")
                headers[name] = f"{headers[name]},{text}" if name in headers and name in _LISTS else text
        end: str = ProblemCode.INTERNAL
        sent = 0
        waiting: Waiting | None = None
        try:
            waiting = self._watch.begin(receive)
            try:
                content = await self._content(scope, headers)
                end = Outcome.NOT_MODIFIED if content.body is None else Outcome.ANSWERED
                status, head, body = await _answer(content, headers.get(b"accept-encoding"))
            except Exception as error:  # noqa: BLE001 - the edge: logged whole, masked for the caller
                problem = problem_to_tell(error)
                end = problem.code
                told = problem_answer(problem)
                status, head, body = told.status, told.headers, told.body
            body = b"" if scope["method"] == "HEAD" else body
            sent = len(body)
            await send({"type": "http.response.start", "status": status, "headers": head})
            await send({"type": "http.response.body", "body": body})
        except asyncio.CancelledError:
            end = Outcome.ABANDONED
            if waiting is None or not waiting.was_abandoned():
                raise
        finally:
            if waiting is not None:
                self._watch.end(waiting)
            self._metrics.request(Surface.TILES, end, perf_counter() - begun, sent)

    async def _content(self, scope: Scope, headers: dict[bytes, str]) -> Content:
        if scope["method"] not in ("GET", "HEAD"):
            raise Problem(ProblemCode.METHOD_NOT_ALLOWED, "Tiles are read by GET.")
        if not takes_a_coding(headers.get(b"accept-encoding")):
            raise Problem(ProblemCode.NOT_ACCEPTABLE, f"Tiles come in these codings: {', '.join(Coding)}.")
        viewer = self._authentication.viewer(headers.get(b"authorization", ""), self._clock())
        held = headers.get(b"if-none-match")
        rest: str = scope["path_params"]["rest"]
        if found := _TILE.match(rest):
            layer = _layer(found[1])
            return await self._tile(layer, _tile_address(layer, found[2], found[3], found[4]), viewer, held)
        if found := _DESCRIPTION.match(rest):
            return await self._description(_layer(found[1]), viewer, held)
        raise Problem(
            ProblemCode.NOT_FOUND, "Tiles are at /tiles/{layer}/{z}/{x}/{y}.mvt, layers at /tiles/{layer}.json."
        )

    async def _tile(self, layer: MapLayer, tile: Tile, viewer: Viewer, held: str | None) -> Content:
        statement = self._statements.tile(layer, viewer, tile.z)
        crowd = (layer.name, tile)
        place = tile_parameters(tile, crowd_expected=crowd in self._crowds)
        # what is expected decides the way to the tile, not the tile
        made_from = statement.arguments(viewer, {**place, "crowd_expected": False})
        if kept := await self._kept(layer, held, MVT, statement, made_from):
            return kept
        row = await self._row(statement, statement.arguments(viewer, place))
        drawn, body = row["drawn"], row["drawn"] if row["drawn"] is not None else row["grouped"]
        if drawn is None:
            self._crowds[crowd] = None
            if len(self._crowds) > CROWDS_REMEMBERED:
                self._crowds.popitem(last=False)
        else:
            self._crowds.pop(crowd, None)
        return Content(body, self._tag(MVT, statement, made_from, row), MVT)

    async def _description(self, layer: MapLayer, viewer: Viewer, held: str | None) -> Content:
        statement = self._statements.extent(layer, viewer)
        description = tilejson(layer, self._public_url, None)
        made_from = [description, *statement.arguments(viewer, {})]
        if kept := await self._kept(layer, held, TILEJSON, statement, made_from):
            return kept
        row = await self._row(statement, statement.arguments(viewer, {}))
        bounds = None if row["west"] is None else (row["west"], row["south"], row["east"], row["north"])
        body = tilejson(layer, self._public_url, bounds)
        return Content(body, self._tag(TILEJSON, statement, made_from, row), TILEJSON)

    async def _kept(
        self, layer: MapLayer, held: str | None, media_type: str, statement: LayerStatement, made_from: Sequence[Any]
    ) -> Content | None:
        """What the client holds, if it is what there is; by one statement that reads a version and nothing else."""
        if held is None:
            return None
        row = await self._row(self._statements.version(layer), ())
        tag = entity_tag_held(held, self._tag(media_type, statement, made_from, row))
        return None if tag is None else Content(None, tag, media_type)

    def _tag(self, media_type: str, statement: LayerStatement, made_from: Sequence[Any], row: Any) -> str:
        return self._tags.tag(media_type, statement.text, made_from, row["version"].decode())

    async def _row(self, statement: LayerStatement, arguments: Sequence[Any]) -> Any:
        assert self.database is not None, "requests come after the start"
        return await self.database.fetchrow(statement.text, *arguments)


def _layer(name: str) -> MapLayer:
    found = LAYERS.get(name)
    if found is None:
        raise Problem(ProblemCode.NOT_FOUND, f"There is no such layer; there are {', '.join(LAYERS)}.")
    return found


def _tile_address(layer: MapLayer, z: str, x: str, y: str) -> Tile:
    try:
        tile = parse_tile(z, x, y)
    except TileError as error:
        raise bad_input(str(error), argument=error.argument) from error
    if not layer.minimum_zoom <= tile.z <= layer.maximum_zoom:
        zooms = f"{layer.minimum_zoom} to {layer.maximum_zoom}"
        raise bad_input(f"Layer {layer.name} has tiles of zooms {zooms}; show those larger beyond.", argument="z")
    return tile


async def _answer(content: Content, accept_encoding: str | None) -> tuple[int, Sequence[tuple[bytes, bytes]], bytes]:
    if content.body is None:
        return 304, [(b"etag", content.tag.encode("latin-1")), *_PRIVATE], b""
    if not content.body:
        return 204, [(b"etag", entity_tag(content.tag, Coding.IDENTITY).encode()), *_PRIVATE], b""
    body, coding = await encode(content.body, accept_encoding)
    head = [
        (b"content-type", content.media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"etag", entity_tag(content.tag, coding).encode()),
        *_PRIVATE,
    ]
    if coding is not Coding.IDENTITY:
        head.append((b"content-encoding", coding.encode()))
    return 200, head, body
