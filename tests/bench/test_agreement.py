"""What counts as the same answer, and that the three servers give it on a small city."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from api.token import issue_token
from bench.agreement import differences
from bench.client import Question, UnexpectedAnswer, one_client
from bench.contest import OURS, contenders
from bench.measure import Disagreement, Pace, compared_questions, contestants, measure, measure_flagship
from bench.servers import Server, serving
from bench.workloads import Workload, build, build_flagship
from schema.access.rules import Role
from tests.conftest import TODAY

KEY = "a key of the tests, thirty-two bytes or more"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": [1, None, "x"]}, {"a": [1, None, "x"]}),
        (121.1234567, 121.12345670000001),
        (0, 0.0),
        ("2024-01-01T08:00:00+08:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.120000+00:00", "2024-01-01T00:00:00.12+00:00"),
    ],
)
def test_equal_json_numbers_and_instants_agree(left: object, right: object) -> None:
    assert list(differences(left, right)) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": 1}, {"a": 1, "b": None}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        (121.1234567, 121.1234568),
        ("100.00", "100.0"),
        (True, 1),
        (None, 0),
        ("2024-01-01T00:00:00+00:00", "2024-01-01T00:00:01+00:00"),
        ("2024-01-01", "2024-01-02"),
    ],
)
def test_any_other_difference_is_told(left: object, right: object) -> None:
    assert len(list(differences(left, right))) >= 1


@pytest.fixture(scope="module")
def workloads(city_url: str) -> list[Workload]:
    return asyncio.run(build(city_url))


@pytest.fixture(scope="module")
def servers(city_url: str) -> Iterator[list[Server]]:
    token = issue_token(
        KEY.encode(), role=Role.READER, subject="bench", now=datetime.now(UTC), lifetime=timedelta(hours=1)
    )
    environment = {"LUODI_DATABASE_URL": city_url, "LUODI_TOKEN_KEY": KEY}
    with ExitStack() as running:
        yield [running.enter_context(serving(each, environment)) for each in contenders(token).values()]


def test_every_workload_asks_for_something(workloads: list[Workload]) -> None:
    assert [workload.name for workload in workloads] == ["W1", "W2", "W3", "W4", "W5", "W6", "W7"]
    assert all(workload.variants for workload in workloads)


def test_floor_ours_and_the_ordinary_way_answer_alike(workloads: list[Workload], servers: list[Server]) -> None:
    for workload in workloads:
        questions = compared_questions(workload, servers)
        for asked in questions:
            assert len(asked) == len(workload.variants)
            assert min(question.answer_bytes or 0 for question in asked) > 100


def test_the_flagship_finds_a_route(city_url: str, servers: list[Server]) -> None:
    flagship = asyncio.run(build_flagship(city_url, TODAY))
    ours = next(server for server in servers if server.contender.name == OURS)
    assert len(measure_flagship(flagship, ours, 0)) == 1


def test_a_round_measures_every_server(workloads: list[Workload], servers: list[Server]) -> None:
    one = next(workload for workload in workloads if workload.name == "W4")
    told: list[str] = []
    pace = Pace(rounds=2, slice=0.01, round=0.03, cell=0.02)
    floor, ours, ordinary = measure(contestants(one, servers), pace, progress=told.append)
    assert [len(slices) for slices in floor.latency] == [len(slices) for slices in ours.latency] == [3, 3]
    assert [len(slices) for slices in ordinary.latency] == [len(slices) for slices in ordinary.throughput] == [1, 1]
    for figures in (floor, ours, ordinary):
        assert min(min(slices) for slices in [*figures.latency, *figures.throughput]) > 0
        assert 0 < figures.processor < 1
    assert "16 clients" in told


def test_a_server_with_other_data_is_found_out(
    workloads: list[Workload], servers: list[Server], own_city_url: str
) -> None:
    async def raise_every_investment() -> None:
        connection = await asyncpg.connect(own_city_url)
        try:
            await connection.execute("UPDATE project SET total_investment = total_investment + 0.01")
        finally:
            await connection.close()

    asyncio.run(raise_every_investment())
    floor = servers[0]
    with (
        serving(floor.contender, {"LUODI_DATABASE_URL": own_city_url}) as other,
        pytest.raises(Disagreement, match=r"(?s)W1: floor and floor differ in .*totalInvestment"),
    ):
        compared_questions(workloads[0], [floor, other])


def test_an_answer_of_another_length_stops_the_measurement(workloads: list[Workload], servers: list[Server]) -> None:
    asked = compared_questions(workloads[3], servers[:1])[0][0]
    changed = Question(asked.request, (asked.answer_bytes or 0) + 1)
    with pytest.raises(UnexpectedAnswer, match="were compared"):
        one_client(servers[0].port, [changed], 0)


def test_a_server_that_cannot_start_says_why() -> None:
    broken = contenders("")["floor"]
    nowhere = {"LUODI_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere"}
    with pytest.raises(RuntimeError, match="floor ended while starting"), serving(broken, nowhere):
        pytest.fail("a server without a database came up")
