"""The ways of asking that the page compares, asked of a real server on a small city."""

import asyncio

import orjson
import pytest

from bench.cheaper import AGAIN, BY_ID, Asked, by_get, hold_cheaper
from bench.client import Request
from bench.growth import COMPARED, measure_growth
from bench.measure import Pace, Ratio
from bench.workloads import build

BRIEF = Pace(rounds=1, slice=0.01, round=0.01, cell=0.01)


def silent(_: str) -> None:
    """Progress nobody reads."""


@pytest.fixture(scope="module")
def asked(city_url: str) -> dict[str, dict[str, Asked]]:
    workloads = asyncio.run(build(city_url))
    found = hold_cheaper(city_url, workloads, BRIEF, silent)
    return {workload.name: {one.name: one for one in ways} for workload, ways in found}


def test_a_query_by_get_says_the_same() -> None:
    body = orjson.dumps({"query": "query ($n: Int!) { a(first: $n) }", "variables": {"n": 2}})
    made = by_get(Request("POST", "/graphql", {"accept": "a", "content-type": "b"}, body))
    assert (
        made.path
        == "/graphql?query=query+%28%24n%3A+Int%21%29+%7B+a%28first%3A+%24n%29+%7D&variables=%7B%22n%22%3A+2%7D"
    )
    assert (made.method, made.headers, made.body) == ("GET", {"accept": "a"}, b"")


def test_what_is_held_already_is_not_sent_again(asked: dict[str, dict[str, Asked]]) -> None:
    for name in AGAIN:
        ways = asked[name]
        assert ways["GET"].answer == "200"
        assert ways["GET"].body_bytes == ways["POST"].body_bytes > 1_000
        assert (ways["GET, If-None-Match"].answer, ways["GET, If-None-Match"].body_bytes) == ("304", 0)


def test_what_is_compressed_is_smaller(asked: dict[str, dict[str, Asked]]) -> None:
    for name in AGAIN:
        for coding in ("gzip", "br", "zstd"):
            one = asked[name][f"POST, Accept-Encoding: {coding}"]
            assert one.answer == f"200 {coding}"
            assert 0 < one.body_bytes < asked[name]["POST"].body_bytes / 2
        assert asked[name]["POST, Accept-Encoding: identity"].body_bytes == asked[name]["POST"].body_bytes


def test_a_document_asked_by_id_is_answered_like_its_text(asked: dict[str, dict[str, Asked]]) -> None:
    for name in BY_ID:
        assert asked[name]["POST by id"].answer == "200"
        assert asked[name]["POST by id"].body_bytes == asked[name]["POST"].body_bytes


def test_every_way_that_is_answered_is_measured(asked: dict[str, dict[str, Asked]]) -> None:
    assert sorted(asked) == sorted({*AGAIN, *BY_ID})
    for ways in asked.values():
        for one in ways.values():
            assert one.measured is not None
            assert one.measured.answers > 0


def test_growth_asks_both_cities_in_turn(city_url: str) -> None:
    found = measure_growth(city_url, city_url, (400, 400), BRIEF, silent)
    assert [each.workload for each in found.grown] == list(COMPARED)
    for each in found.grown:
        for small, big in each.latencies.values():
            assert 0.02 < Ratio.of(big.latency, small.latency).median < 50
            assert small.throughput == big.throughput == []
