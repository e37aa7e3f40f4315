"""Tiles over HTTP: addresses, who may see what, conditional requests, codings and problems."""

import asyncio
import gzip
from typing import Any

import asyncpg
import httpx
import mapbox_vector_tile
import pytest

from schema.access.rules import Role
from schema.layer.registry import LAYERS
from schema.limits import Limits
from tests.api.client import Client, serving, token
from tests.api.statements import recorded_statements

CITY = "8/214/97"
"""A tile with most of the city."""
EMPTY = "8/0/0"
MVT = "application/vnd.mapbox-vector-tile"


async def get(
    client: Client, path: str, *, role: Role = Role.READER, method: str = "GET", **headers: str
) -> httpx.Response:
    given = {"authorization": f"Bearer {token(role)}", "accept-encoding": "identity"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.http.request(method, path, headers=given)


def features(answer: httpx.Response, layer: str) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = mapbox_vector_tile.decode(answer.content)[layer]["features"]
    return found


def is_problem(answer: httpx.Response, status: int, code: str, argument: str | None = None) -> bool:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return (answer.status_code, problem["code"], problem.get("argument")) == (status, code, argument)


@pytest.mark.parametrize("layer", LAYERS)
async def test_each_layer_has_tiles(service: Client, layer: str) -> None:
    answer = await get(service, f"/tiles/{layer}/{CITY}.mvt")
    assert answer.headers["content-type"] == MVT
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "Accept-Encoding, Authorization"
    assert len(features(answer, layer)) > 5


async def test_a_tile_holds_the_rows_there_are(service: Client, connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT p.id, p.code, p.name, p.stage, p.total_investment, r.code AS region FROM project AS p"
        " JOIN region AS r ON r.id = p.region_id"
        " WHERE p.location && ST_Transform(ST_TileEnvelope(12, 3430, 1567), 4326)"
    )
    assert rows
    found = {
        one["id"]: one["properties"]
        for one in features(await get(service, "/tiles/projects/12/3430/1567.mvt"), "projects")
    }
    for row in rows:
        assert found[row["id"]] == {
            "code": row["code"],
            "name": row["name"],
            "stage": row["stage"],
            "totalInvestment": float(row["total_investment"]),
            "regionCode": row["region"],
        }


async def test_a_feature_is_found_again_by_its_global_id(service: Client) -> None:
    for layer, declared in LAYERS.items():
        found = features(await get(service, f"/tiles/{layer}/{CITY}.mvt"), layer)
        number = next(one["id"] for one in found if "pointCount" not in one["properties"])
        data = await service.data(
            "query ($id: ID!) { node(id: $id) { __typename } }", {"id": f"{declared.prefix}_{number}"}
        )
        assert data == {"node": {"__typename": declared.entity.__name__}}


async def test_far_out_names_are_left_out_and_numbers_stay(service: Client) -> None:
    (one, *_) = features(await get(service, "/tiles/projects/11/1715/783.mvt"), "projects")
    assert one["properties"].keys() == {"stage", "totalInvestment", "regionCode"}


@pytest.mark.parametrize(
    ("address", "argument"),
    [
        ("٣/0/0", "z"), ("+1/0/0", "z"), (" 1/0/0", "z"), ("01/0/0", "z"), ("1.0/0/0", "z"), ("-1/0/0", "z"),
        ("/0/0", "z"),
        ("17/0/0", "z"), ("23/0/0", "z"), ("99999999999/0/0", "z"),
        ("1/2/0", "x"), ("1/-1/0", "x"), ("1/%31%00/0", "x"), ("1/1e0/0", "x"), ("1/0x1/0", "x"),
        ("1/0/2", "y"), ("1/0/ 1", "y"), ("1/0/٠", "y"), ("1/0/1.png", "y"),
        ("1/0/1' OR 1=1--", "y"),
    ],
)  # fmt: skip
async def test_an_address_that_is_none_is_refused(service: Client, address: str, argument: str) -> None:
    assert is_problem(await get(service, f"/tiles/projects/{address}.mvt"), 400, "BAD_USER_INPUT", argument)


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/nothing/0/0/0.mvt", "/tiles/project/0/0/0.mvt", "/tiles/Projects/0/0/0.mvt", "/tiles/nothing.json",
        "/tiles/projects/0/0/0.png", "/tiles/projects/0/0.mvt", "/tiles/projects/0/0/0/0.mvt", "/tiles/projects",
        "/tiles/", "/tiles/projects.json/", "/tiles/projects/0/0/0.mvt/",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(service: Client, path: str) -> None:
    assert is_problem(await get(service, path), 404, "NOT_FOUND")


async def test_without_a_token_nothing_is_seen(service: Client) -> None:
    for path in (f"/tiles/projects/{CITY}.mvt", "/tiles/projects.json", "/tiles/nothing.json"):
        for authorization in ("", "Bearer nonsense"):
            answer = await get(service, path, authorization=authorization)
            assert is_problem(answer, 401, "UNAUTHENTICATED")
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_tiles_are_only_read(service: Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await get(service, f"/tiles/projects/{CITY}.mvt", method=method)
        assert is_problem(answer, 405, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == "GET, HEAD"


async def test_head_tells_what_get_would(service: Client) -> None:
    for path in (f"/tiles/projects/{CITY}.mvt", "/tiles/projects.json", f"/tiles/projects/{EMPTY}.mvt"):
        got, told = await get(service, path), await get(service, path, method="HEAD")
        assert (told.status_code, told.headers, told.content) == (got.status_code, got.headers, b"")


@pytest.mark.parametrize("address", [EMPTY, "0/0/0", "3/0/0", "3/7/7", "16/0/65535", "16/65535/0"])
async def test_an_empty_tile_says_so_and_has_a_tag(service: Client, address: str) -> None:
    answer = await get(service, f"/tiles/projects/{address}.mvt")
    if address == "0/0/0":
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    again = await get(service, f"/tiles/projects/{address}.mvt", if_none_match=answer.headers["etag"])
    assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"])


async def test_a_tile_that_is_held_costs_one_tiny_statement(city_url: str) -> None:
    path = f"/tiles/projects/{CITY}.mvt"
    with recorded_statements() as statements:
        async with serving(city_url) as client:
            tag = (await get(client, path)).headers["etag"]
            assert tag.startswith('"'), "strong"
            for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
                async with statements.sent() as sent:
                    answer = await get(client, path, if_none_match=held)
                assert (answer.status_code, answer.content) == (304, b"")
                assert answer.headers["cache-control"] == "private, no-cache"
                (one,) = sent
                assert "table_version" in one
                assert "ST_AsMVT" not in one
            assert (await get(client, path, if_none_match='"other"')).status_code == 200


async def test_other_tiles_layers_scopes_and_codings_have_other_tags(service: Client) -> None:
    answers = [
        await get(service, f"/tiles/projects/{CITY}.mvt"),
        await get(service, f"/tiles/projects/{CITY}.mvt", role=Role.OPERATOR),
        await get(service, f"/tiles/projects/{CITY}.mvt", accept_encoding="gzip"),
        await get(service, "/tiles/projects/9/428/195.mvt"),
        await get(service, f"/tiles/inspections/{CITY}.mvt"),
        await get(service, f"/tiles/inspections/{CITY}.mvt", role=Role.OPERATOR),
        await get(service, "/tiles/projects.json"),
    ]
    tags = [one.headers["etag"] for one in answers]
    # where both may see the same, they may share a tag
    assert len({*tags}) >= len(tags) - 1
    assert tags[4] != tags[5]


async def test_a_coded_tile_is_the_same_tile(service: Client) -> None:
    plain = await get(service, f"/tiles/projects/{CITY}.mvt")
    answer = await get(service, f"/tiles/projects/{CITY}.mvt", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(plain.content)
    assert features(answer, "projects") == features(plain, "projects")
    held = await get(
        service, f"/tiles/projects/{CITY}.mvt", accept_encoding="gzip", if_none_match=answer.headers["etag"]
    )
    assert (held.status_code, held.headers["etag"]) == (304, answer.headers["etag"])
    refused = await get(service, f"/tiles/projects/{CITY}.mvt", accept_encoding="identity;q=0")
    assert is_problem(refused, 406, "NOT_ACCEPTABLE")


async def test_no_tile_shows_an_unannounced_inspection_before_it_starts(own_service: Client, own_city_url: str) -> None:
    connection = await asyncpg.connect(own_city_url)
    try:
        hidden = await connection.fetchval(
            "UPDATE inspection SET kind = 'UNANNOUNCED', started_at = NULL, result = NULL, findings = NULL,"
            " location = ST_SetSRID(ST_MakePoint(121.6, 38.95), 4326)"
            " WHERE id = (SELECT min(id) FROM inspection) RETURNING id"
        )
        await connection.execute("DELETE FROM inspection WHERE id <> $1", hidden)
    finally:
        await connection.close()
    for zoom, x, y in ((16, 54904, 25058), (8, 214, 97)):
        tile = f"/tiles/inspections/{zoom}/{x}/{y}.mvt"
        assert (await get(own_service, tile)).status_code == 204
        (seen,) = features(await get(own_service, tile, role=Role.OPERATOR), "inspections")
        assert (seen["id"], seen["properties"]) == (hidden, {"kind": "UNANNOUNCED"})
    assert "bounds" not in (await get(own_service, "/tiles/inspections.json")).json()
    assert (await get(own_service, "/tiles/inspections.json", role=Role.OPERATOR)).json()["bounds"]


async def test_a_tag_moves_with_its_layer_and_with_nothing_else(own_service: Client, own_city_url: str) -> None:
    paths = {layer: f"/tiles/{layer}/{CITY}.mvt" for layer in LAYERS} | {"json": "/tiles/projects.json"}

    async def tags() -> dict[str, str]:
        return {name: (await get(own_service, path)).headers["etag"] for name, path in paths.items()}

    connection = await asyncpg.connect(own_city_url)
    try:
        first = await tags()
        assert await tags() == first
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("UPDATE project SET name = name || '!'")
        assert await tags() == first, "what is not committed is not there"
        await transaction.rollback()
        assert await tags() == first
        await connection.execute("UPDATE issue SET title = title || '!'")
        assert await tags() == first
        for table, moved in (
            ("parcel", {"parcels"}),
            ("inspection", {"inspections"}),
            ("project", {"projects", "json"}),
            ("region", {"regions", "projects", "json"}),
        ):
            before = await tags()
            await connection.execute(f"UPDATE {table} SET version = version + 1")  # noqa: S608 - a name from above
            after = await tags()
            assert {name for name in paths if after[name] != before[name]} == moved
            held = await get(own_service, paths["parcels"], if_none_match=before["parcels"])
            assert held.status_code == (200 if table == "parcel" else 304)
    finally:
        await connection.close()


async def test_a_crowd_is_grouped_whatever_was_known_before(city_url: str) -> None:
    async with serving(city_url) as all_of_them, serving(city_url, Limits(tile_features=20)) as few:
        path = f"/tiles/projects/{CITY}.mvt"
        singles = features(await get(all_of_them, path), "projects")
        first, second = [features(await get(few, path), "projects") for _ in range(2)]
        assert sum(one["properties"].get("pointCount", 1) for one in first) == pytest.approx(len(singles), abs=5)
        assert len(first) < len(singles)
        order = lambda one: (one["geometry"]["coordinates"], one["id"])  # noqa: E731
        assert sorted(first, key=order) == sorted(second, key=order)
        other_limit = (await get(all_of_them, path)).headers["etag"]
        assert (await get(few, path)).headers["etag"] != other_limit


async def test_tilejson_describes_the_layer(service: Client, connection: asyncpg.Connection) -> None:
    for name, layer in LAYERS.items():
        answer = await get(service, f"/tiles/{name}.json", host="evil.example")
        assert answer.headers["content-type"] == "application/json"
        described = answer.json()
        assert described["tilejson"] == "3.0.0"
        assert described["tiles"] == [f"http://127.0.0.1:8000/tiles/{name}/{{z}}/{{x}}/{{y}}.mvt"]
        west, south, east, north = described["bounds"]
        outside = await connection.fetchval(
            f"SELECT count(*) FROM {layer.table.name}"  # noqa: S608 - names of our own
            f" WHERE NOT {layer.place.name} && ST_MakeEnvelope($1, $2, $3, $4, 4326)",
            west, south, east, north,
        )  # fmt: skip
        assert (outside, -180 <= west < east <= 180, -90 <= south < north <= 90) == (0, True, True)
        (fields,) = (one["fields"] for one in described["vector_layers"] if one["id"] == name)
        assert fields.keys() == {*layer.attributes, "pointCount"}
        shown = set().union(
            *(one["properties"] for one in features(await get(service, f"/tiles/{name}/{CITY}.mvt"), name))
        )
        assert shown <= fields.keys()
        held = await get(service, f"/tiles/{name}.json", if_none_match=answer.headers["etag"])
        assert held.status_code == 304


async def test_links_are_made_of_the_public_address(city_url: str) -> None:
    async with serving(city_url, public_url="https://map.example.cn/luodi") as client:
        described = (await get(client, "/tiles/regions.json", host="evil.example")).json()
    assert described["tiles"] == ["https://map.example.cn/luodi/tiles/regions/{z}/{x}/{y}.mvt"]


async def test_a_tile_that_takes_too_long_says_so(own_city_url: str) -> None:
    holder = await asyncpg.connect(own_city_url)
    try:
        async with serving(own_city_url, Limits(statement_timeout_seconds=0.2)) as client:
            async with holder.transaction():
                await holder.execute("LOCK TABLE project IN ACCESS EXCLUSIVE MODE")
                assert is_problem(await get(client, f"/tiles/projects/{CITY}.mvt"), 504, "TIMEOUT")
            assert (await get(client, f"/tiles/projects/{CITY}.mvt")).status_code == 200
    finally:
        await holder.close()


async def test_a_busy_service_asks_to_come_again(own_city_url: str) -> None:
    holder = await asyncpg.connect(own_city_url)
    try:
        async with serving(own_city_url, Limits(waiting_seconds=0.2, waiting_requests=5)) as client:
            async with holder.transaction():
                await holder.execute("LOCK TABLE project IN ACCESS EXCLUSIVE MODE")
                pending = [asyncio.create_task(get(client, f"/tiles/projects/{CITY}.mvt")) for _ in range(20)]
                done, _ = await asyncio.wait(pending, timeout=20, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    answer = task.result()
                    assert is_problem(answer, 503, "UNAVAILABLE")
                    assert answer.headers["retry-after"]
            answers = await asyncio.gather(*pending)
    finally:
        await holder.close()
    assert {one.status_code for one in answers} == {200, 503}


async def test_gzip_is_what_it_says(service: Client) -> None:
    request = service.http.build_request(
        "GET", f"/tiles/regions/{CITY}.mvt", headers={"authorization": f"Bearer {token()}", "accept-encoding": "gzip"}
    )
    answer = await service.http.send(request, stream=True)
    raw = b"".join([part async for part in answer.aiter_raw()])
    await answer.aclose()
    assert len(raw) == int(answer.headers["content-length"])
    assert "regions" in mapbox_vector_tile.decode(gzip.decompress(raw))
