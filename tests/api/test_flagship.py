"""The main job over HTTP in the sample city as it stands: a round that can be driven, and the data around it."""

import asyncio
import copy
import datetime
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import api
from schema.sample.load import seed
from schema.sample.progress import silence
from tests.api.client import Client, serving
from tests.api.round_trip import DAY, HERE, ZHONGSHAN_SQUARE, check_round
from tests.api.statements import Statements, recorded_statements
from tests.conftest import TODAY, NewDatabase

FLAGSHIP = (Path(api.__file__).parent / "flagship.graphql").read_text()
WHOLE = FLAGSHIP.replace(
    "    basis\n",
    "    basis departure finish\n    legs { sequence meters seconds geometry }\n",
).replace("      sequence\n", "      sequence waitSeconds\n")
"""The flagship with the legs as well, so that the round can be checked to the second."""

ASKED = {"start": ZHONGSHAN_SQUARE, "day": DAY}
PAGE_ALL = 10_000

CANDIDATES = """
query Candidates {
  projects(first: 10000, filter: { region: { under: "210200" }, issues: { some: { status: { in: [OPEN] } } } }) {
    nodes { code } pageInfo { hasNextPage }
  }
}
"""


@pytest.fixture(scope="module")
async def real_city_url(new_database: NewDatabase, migrated_template: str) -> str:
    """Address of the sample city at its promised size, of this module alone."""
    url = await new_database(migrated_template)
    await asyncio.to_thread(seed, url, projects=3_200, today=TODAY, progress=silence)
    return url


@pytest.fixture(scope="module")
def statements() -> Iterator[Statements]:
    with recorded_statements() as seen:
        yield seen


@pytest.fixture(scope="module")
async def city(real_city_url: str, statements: Statements) -> AsyncIterator[Client]:
    async with serving(real_city_url) as client:
        yield client


@pytest.fixture(scope="module")
async def database(real_city_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(real_city_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def route(city: Client) -> dict[str, Any]:
    """The flagship's answer, with legs."""
    answer: dict[str, Any] = (await city.data(WHOLE, ASKED))["siteVisitRoute"]
    return answer


async def test_the_flagship_is_a_round_that_can_be_driven(route: dict[str, Any]) -> None:
    check_round(route, start=HERE, end=HERE)
    assert len(route["stops"]) >= 6, "a working day in a city has room for more than a handful"


def later(text: str, seconds: float) -> str:
    return (datetime.datetime.fromisoformat(text) + datetime.timedelta(seconds=seconds)).isoformat()


SPOILT: dict[str, Callable[[dict[str, Any]], object]] = {
    "two stops change places": lambda route: route["stops"].insert(0, route["stops"].pop(1)),
    "numbered from 0": lambda route: [stop.update(sequence=stop["sequence"] - 1) for stop in route["stops"]],
    "a stop too many": lambda route: route["stops"].extend(route["stops"][:1] * 12),
    "a leg a minute shorter": lambda route: route["legs"][1].update(seconds=route["legs"][1]["seconds"] - 60),
    "a leg two per mille shorter": lambda route: route["legs"][1].update(meters=route["legs"][1]["meters"] * 0.998),
    "the sum of metres": lambda route: route.update(meters=route["meters"] + 1),
    "the sum of seconds": lambda route: route.update(seconds=route["seconds"] + 1),
    "leaves before the shift": lambda route: route.update(departure=later(route["departure"], -1)),
    "ends another time": lambda route: route.update(finish=later(route["finish"], 1)),
    "a shorter visit": lambda route: route["stops"][0].update(departure=later(route["stops"][0]["departure"], -60)),
    "a wait nobody made": lambda route: route["stops"][0].update(waitSeconds=60),
    "a line past a stop": lambda route: route["geometry"]["coordinates"].pop(2),
    "a line that does not come back": lambda route: route["geometry"]["coordinates"].pop(),
    "roads it has not seen": lambda route: route.update(basis="ROAD_NETWORK"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_round_that_cannot_be_driven_is_found_out(
    route: dict[str, Any], spoil: Callable[[dict[str, Any]], object]
) -> None:
    spoilt = copy.deepcopy(route)
    spoil(spoilt)
    with pytest.raises(AssertionError):
        check_round(spoilt, start=HERE, end=HERE)


async def test_stops_and_unvisited_are_the_candidates_each_once(city: Client, route: dict[str, Any]) -> None:
    candidates = (await city.data(CANDIDATES))["projects"]
    assert not candidates["pageInfo"]["hasNextPage"]
    wanted = [node["code"] for node in candidates["nodes"]]
    stops = [stop["project"]["code"] for stop in route["stops"]]
    unvisited = [one["project"]["code"] for one in route["unvisited"]]
    assert len(wanted) > 120, "more than the solver takes at once"
    assert sorted(stops + unvisited) == sorted(wanted)


async def test_candidates_are_what_the_filter_says_by_sql_of_the_test(
    route: dict[str, Any], database: asyncpg.Connection
) -> None:
    rows = await database.fetch(
        """
        WITH RECURSIVE dalian AS (
            SELECT id FROM region WHERE code = '210200'
            UNION ALL SELECT region.id FROM region JOIN dalian ON region.parent_id = dalian.id
        )
        SELECT code FROM project
        WHERE region_id IN (SELECT id FROM dalian) AND id IN (SELECT project_id FROM issue WHERE status = 'OPEN')
        """
    )
    told = [one["project"]["code"] for one in (*route["stops"], *route["unvisited"])]
    assert sorted(told) == sorted(row["code"] for row in rows)


async def test_every_site_left_out_says_why(route: dict[str, Any]) -> None:
    assert route["unvisited"]
    for one in route["unvisited"]:
        assert one["reason"] in {
            "NO_LOCATION",
            "UNREACHABLE",
            "OUTSIDE_SHIFT",
            "NOT_CONSIDERED",
            "STOP_LIMIT",
            "NO_TIME",
        }
        assert len(one["detail"]) > 10


STOP_DATA = FLAGSHIP.partition("      project {\n")[2].partition("\n      }\n    }\n    unvisited")[0]
"""What the flagship selects under a stop's project."""


async def test_data_under_a_stop_is_what_a_request_of_its_own_answers(city: Client, route: dict[str, Any]) -> None:
    assert "nearbyParcels" in STOP_DATA
    for stop in route["stops"]:
        alone = await city.data(
            "query ($code: String!) { project(by: { code: $code }) {" + STOP_DATA + "} }",
            {"code": stop["project"]["code"]},
        )
        assert stop["project"] == alone["project"]
    assert any(stop["project"]["inspections"]["nodes"] for stop in route["stops"])
    assert any(stop["project"]["nearbyParcels"]["edges"] for stop in route["stops"])
    assert all(stop["project"]["issues"]["totalCount"] > 0 for stop in route["stops"])


async def test_data_under_a_stop_is_what_the_tables_hold(route: dict[str, Any], database: asyncpg.Connection) -> None:
    for stop in route["stops"]:
        told = stop["project"]
        row = await database.fetchrow(
            """
            SELECT project.id, project.name, stage, total_investment::text AS investment, region.code AS region,
                   ST_X(location) AS lon, ST_Y(location) AS lat
            FROM project JOIN region ON region.id = project.region_id WHERE project.code = $1
            """,
            told["code"],
        )
        assert (told["name"], told["stage"], told["totalInvestment"], told["region"]["code"]) == (
            row["name"],
            row["stage"],
            row["investment"],
            row["region"],
        )
        assert told["location"]["coordinates"] == pytest.approx([row["lon"], row["lat"]], abs=1e-7)
        issues = await database.fetch(
            "SELECT title, level, deadline FROM issue WHERE project_id = $1 AND status = 'OPEN'", row["id"]
        )
        assert told["issues"]["totalCount"] == len(issues)
        known = {(one["title"], one["level"], one["deadline"] and one["deadline"].isoformat()) for one in issues}
        shown = told["issues"]["nodes"]
        assert len(shown) == min(5, len(issues))
        assert {(one["title"], one["level"], one["deadline"]) for one in shown} <= known
        near = await database.fetch(
            """
            SELECT code, ST_Distance(geometry::geography, ST_SetSRID(ST_Point($1, $2), 4326)::geography) AS meters
            FROM parcel ORDER BY 2, id LIMIT 5
            """,
            row["lon"],
            row["lat"],
        )
        edges = told["nearbyParcels"]["edges"]
        expected = [one for one in near if one["meters"] <= 2000]
        assert [edge["node"]["code"] for edge in edges] == [one["code"] for one in expected]
        assert [edge["distanceMeters"] for edge in edges] == pytest.approx(
            [one["meters"] for one in expected], abs=0.01
        )


CORRIDOR = WHOLE.replace("first: 10)", f"first: {PAGE_ALL})")
WITHIN_500 = """
SELECT code FROM {table}
WHERE ST_DWithin({column}::geography, ST_SetSRID(ST_GeomFromGeoJSON($1), 4326)::geography, 500)
"""


async def test_the_corridor_is_what_lies_within_500_metres(
    city: Client, route: dict[str, Any], database: asyncpg.Connection
) -> None:
    assert CORRIDOR.count(f"first: {PAGE_ALL}") == 2
    whole = (await city.data(CORRIDOR, ASKED))["siteVisitRoute"]["corridor"]
    line = await database.fetchval(
        """
        SELECT ST_AsGeoJSON(ST_MakeLine(array_agg(ST_Point(x, y) ORDER BY place)), 15)
        FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS vertex (x, y, place)
        """,
        *([position[axis] for position in route["geometry"]["coordinates"]] for axis in (0, 1)),
    )
    for name, table, column in (("parcels", "parcel", "geometry"), ("projects", "project", "location")):
        rows = await database.fetch(WITHIN_500.format(table=table, column=column), line)
        codes = {node["code"] for node in whole[name]["nodes"]}
        assert codes == {row["code"] for row in rows}
        assert codes, f"no {name} lie along the round, so nothing is shown"
        page = [node["code"] for node in route["corridor"][name]["nodes"]]
        assert page == [node["code"] for node in whole[name]["nodes"]][:10]


async def test_asked_again_the_answer_is_the_same_byte_for_byte(city: Client, route: dict[str, Any]) -> None:
    first, second = await city.ask(WHOLE, ASKED), await city.ask(WHOLE, ASKED)
    assert first.content == second.content
    assert first.json()["data"]["siteVisitRoute"] == route


async def test_the_legs_asked_for_or_not_the_round_is_the_same(city: Client, route: dict[str, Any]) -> None:
    plain = (await city.data(FLAGSHIP, ASKED))["siteVisitRoute"]
    less = {name: value for name, value in route.items() if name not in ("legs", "departure", "finish")}
    less["stops"] = [{name: one for name, one in stop.items() if name != "waitSeconds"} for stop in route["stops"]]
    assert plain == less


BESIDE = """
  one: project(by: { code: $code }) { name region { name } }
  regions(first: 3) { totalCount nodes { code stats { projectCount } } }
  viewer { subject role }
  layers { name }
  __typename
}
"""


@pytest.mark.parametrize("again", [False, True], ids=["a document new to the service", "a document it knows"])
async def test_the_flagship_takes_two_statements(city: Client, statements: Statements, again: bool) -> None:
    document = FLAGSHIP.replace("query Flagship", "query Two")
    if again:
        await city.data(document, ASKED)
    async with statements.sent() as sent:
        await city.data(document, ASKED)
    assert len(sent) == 2, sent


async def test_other_root_fields_beside_it_take_no_more_statements(city: Client, statements: Statements) -> None:
    head, _, _ = FLAGSHIP.rstrip().rpartition("}")
    document = head.replace("$day: Date!", "$day: Date!, $code: String!") + BESIDE
    code = (await city.data(CANDIDATES))["projects"]["nodes"][0]["code"]
    async with statements.sent() as sent:
        data = await city.data(document, ASKED | {"code": code})
    assert list(data) == ["siteVisitRoute", "one", "regions", "viewer", "layers", "__typename"]
    assert data["one"]["name"]
    assert data["regions"]["totalCount"] >= 11
    assert len(sent) == 2, sent


async def test_two_rounds_in_one_operation_share_the_second_statement(city: Client, statements: Statements) -> None:
    document = (
        "query ($a: SiteVisitRouteInput!, $b: SiteVisitRouteInput!) {"
        " a: siteVisitRoute(input: $a) { stops { project { code } } }"
        " b: siteVisitRoute(input: $b) { stops { project { code } } } }"
    )
    some = {"start": ZHONGSHAN_SQUARE, "date": DAY, "limit": 2}
    first = {"sites": {"filter": {"region": {"code": {"eq": "210202"}}}}}
    second = {"sites": {"filter": {"region": {"code": {"eq": "210203"}}}}}
    async with statements.sent() as sent:
        both = await city.data(document, {"a": some | first, "b": some | second})
    assert len(sent) == 3, sent
    assert len(both["a"]["stops"]) == len(both["b"]["stops"]) == 2
    assert both["a"] != both["b"]
