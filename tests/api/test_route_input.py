"""The shapes of a route's input: each a small round that can be driven, or a refusal that says what to mend."""

import datetime
from typing import Any

import asyncpg
import pytest

from tests.api.client import Client
from tests.api.round_trip import DAY, HERE, ZHONGSHAN_SQUARE, check_round

ROUTE = """
query Route($input: SiteVisitRouteInput!) {
  siteVisitRoute(input: $input) {
    basis meters seconds departure finish geometry
    legs { sequence meters seconds geometry }
    stops { sequence arrival departure waitSeconds project { id code location } }
    unvisited { project { id code } reason detail }
    corridor(meters: 500) { projects(first: 3) { totalCount nodes { code } } }
  }
}
"""


@pytest.fixture
async def located(connection: asyncpg.Connection) -> list[str]:
    """Ids of five projects on the mainland, nearest to the start first."""
    rows = await connection.fetch(
        """
        SELECT 'prj_' || id AS id FROM project WHERE location IS NOT NULL
        ORDER BY location::geography <-> ST_SetSRID(ST_Point(121.6147, 38.914), 4326)::geography, id LIMIT 5
        """
    )
    return [row["id"] for row in rows]


async def planned(service: Client, **given: Any) -> dict[str, Any]:
    data = await service.data(ROUTE, {"input": {"start": ZHONGSHAN_SQUARE, "date": DAY} | given})
    answer: dict[str, Any] = data["siteVisitRoute"]
    return answer


async def refused(service: Client, **given: Any) -> dict[str, Any]:
    """The one problem of a round that cannot be planned."""
    answer = await service.ask(ROUTE, {"input": {"start": ZHONGSHAN_SQUARE, "date": DAY} | given})
    assert answer.status_code < 500
    body = answer.json()
    assert body.get("data") is None
    (problem,) = body["errors"]
    assert problem["path"] == ["siteVisitRoute"]
    return dict(problem)


async def test_sites_by_their_ids(service: Client, located: list[str]) -> None:
    route = await planned(service, sites={"projectIds": located})
    check_round(route, start=HERE, end=HERE)
    assert sorted(stop["project"]["id"] for stop in route["stops"]) == sorted(located)
    assert route["unvisited"] == []


async def test_the_order_and_repetition_of_ids_play_no_part(service: Client, located: list[str]) -> None:
    route = await planned(service, sites={"projectIds": located})
    assert await planned(service, sites={"projectIds": [*reversed(located), located[0]]}) == route


async def test_an_end_of_its_own(service: Client, located: list[str]) -> None:
    end = [121.525, 38.955]
    route = await planned(service, sites={"projectIds": located}, end={"type": "Point", "coordinates": end})
    check_round(route, start=HERE, end=end)
    assert route["geometry"]["coordinates"][-1] == end


async def test_other_shift_and_service(service: Client, located: list[str]) -> None:
    route = await planned(
        service, sites={"projectIds": located}, shiftStart="13:00", shiftEnd="15:00:00", serviceMinutes=10
    )
    shift = tuple(datetime.datetime.fromisoformat(f"{DAY}T{hour}:00:00+08:00") for hour in (13, 15))
    check_round(route, start=HERE, end=HERE, service_seconds=600, shift=shift)  # type: ignore[arg-type]
    assert route["stops"]


@pytest.mark.parametrize(
    "sites",
    [{"filter": {"code": {"eq": "nowhere"}}}, {"filter": {"region": {"under": "999999"}}}, {"projectIds": []}],
    ids=["no such code", "no such region", "no ids"],
)
async def test_no_sites_at_all(service: Client, sites: dict[str, Any]) -> None:
    route = await planned(service, sites=sites)
    assert (route["stops"], route["unvisited"], route["meters"], route["seconds"]) == ([], [], 0, 0)
    check_round(route, start=HERE, end=HERE)


async def test_one_site(service: Client, located: list[str]) -> None:
    route = await planned(service, sites={"projectIds": located[:1]})
    check_round(route, start=HERE, end=HERE, limit=1)
    assert [stop["project"]["id"] for stop in route["stops"]] == located[:1]
    assert route["legs"][0]["meters"] == route["legs"][1]["meters"]


async def test_at_most_one_stop(service: Client, located: list[str]) -> None:
    route = await planned(service, sites={"projectIds": located}, limit=1)
    check_round(route, start=HERE, end=HERE, limit=1)
    assert len(route["stops"]) == 1
    assert {one["reason"] for one in route["unvisited"]} == {"STOP_LIMIT"}
    assert len(route["unvisited"]) == len(located) - 1


async def test_an_unknown_id_is_told(service: Client, located: list[str]) -> None:
    problem = await refused(service, sites={"projectIds": [*located, "prj_1"]})
    assert problem["extensions"] == {"code": "NOT_FOUND", "argument": "input.sites.projectIds"}
    assert "prj_1" in problem["message"]


async def test_an_id_of_another_type_is_told(service: Client, connection: asyncpg.Connection) -> None:
    issue = await connection.fetchval("SELECT 'iss_' || id FROM issue ORDER BY id LIMIT 1")
    problem = await refused(service, sites={"projectIds": [issue]})
    assert problem["extensions"]["code"] == "BAD_USER_INPUT"


async def test_sites_whose_place_nobody_knows(service: Client) -> None:
    route = await planned(service, sites={"filter": {"location": {"isNull": True}}})
    check_round(route, start=HERE, end=HERE)
    assert route["stops"] == []
    assert route["unvisited"]
    assert {one["reason"] for one in route["unvisited"]} == {"NO_LOCATION"}


async def test_a_shift_too_short_for_any_visit_leaves_every_site_with_a_reason(
    service: Client, located: list[str]
) -> None:
    route = await planned(service, sites={"projectIds": located}, shiftEnd="08:31")
    assert route["stops"] == []
    assert {one["reason"] for one in route["unvisited"]} == {"OUTSIDE_SHIFT"}


async def test_a_shift_too_short_for_the_way_to_the_end_is_refused(service: Client, located: list[str]) -> None:
    far = {"type": "Point", "coordinates": [122.97, 39.69]}
    problem = await refused(service, sites={"projectIds": located}, end=far, shiftEnd="09:00")
    assert problem["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"shiftStart": "17:00", "shiftEnd": "09:00"}, "input"),
        ({"shiftStart": "09:00", "shiftEnd": "09:00"}, "input"),
        ({"limit": 0}, "input.limit"),
        ({"limit": -1}, "input.limit"),
        ({"limit": 61}, "input.limit"),
        ({"serviceMinutes": -1}, "input.serviceMinutes"),
        ({"serviceMinutes": 1441}, "input.serviceMinutes"),
        ({"start": {"type": "MultiPoint", "coordinates": [HERE]}}, "input.start"),
        ({"end": {"type": "LineString", "coordinates": [HERE, [121.7, 38.9]]}}, "input.end"),
    ],
)
async def test_a_day_that_makes_no_sense_is_refused(
    service: Client, located: list[str], given: dict[str, Any], argument: str
) -> None:
    problem = await refused(service, sites={"projectIds": located}, **given)
    assert problem["extensions"]["code"] == "BAD_USER_INPUT"
    assert problem["extensions"]["argument"] == argument


async def test_nulls_mean_the_defaults(service: Client, located: list[str]) -> None:
    nulls = dict.fromkeys(("limit", "end", "shiftStart", "shiftEnd", "serviceMinutes"))
    sites = {"projectIds": located}
    assert await planned(service, sites=sites, **nulls) == await planned(service, sites=sites)


@pytest.mark.parametrize(
    "start",
    [
        {"type": "Feature", "properties": {}, "geometry": ZHONGSHAN_SQUARE},
        {"type": "FeatureCollection", "features": []},
    ],
)
async def test_a_feature_is_no_geometry(service: Client, located: list[str], start: dict[str, Any]) -> None:
    answer = await service.ask(ROUTE, {"input": {"start": start, "date": DAY, "sites": {"projectIds": located}}})
    assert answer.status_code == 400
    (problem,) = answer.json()["errors"]
    assert problem["extensions"]["code"] == "BAD_USER_INPUT"
    assert start["type"] in problem["message"]


async def test_a_value_the_filter_cannot_use_is_told_at_the_route(service: Client) -> None:
    problem = await refused(service, sites={"filter": {"location": {"bbox": [121, 39, 122, 38]}}})
    assert problem["extensions"]["code"] == "BAD_USER_INPUT"
    problem = await refused(service, sites={"filter": {"id": {"eq": "iss_1"}}})
    assert problem["extensions"]["code"] == "BAD_USER_INPUT"


async def test_what_is_asked_of_every_unvisited_site_is_in_the_cost(service: Client) -> None:
    """Ten thousand sites may be left out; what hangs under each is reckoned before any is read."""
    document = """query ($start: GeoJSON!, $day: Date!) {
      siteVisitRoute(input: { sites: { filter: {} }, start: $start, date: $day }) {
        unvisited { project { issues(first: 100) { nodes { id } } } } } }"""
    answer = await service.ask(document, {"start": ZHONGSHAN_SQUARE, "day": DAY})
    assert answer.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_one_request_plans_a_few_routes_not_a_hundred(service: Client) -> None:
    """Each route occupies a solver: an operation that asks for many is refused before the first is solved."""
    route = "siteVisitRoute(input: { sites: { filter: {} }, start: $start, date: $day }) { seconds }"
    document = "query ($start: GeoJSON!, $day: Date!) {" + " ".join(f"r{n}: {route}" for n in range(4)) + "}"
    answer = await service.ask(document, {"start": ZHONGSHAN_SQUARE, "day": DAY})
    assert answer.json()["errors"][0]["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": 3, "value": 4}
