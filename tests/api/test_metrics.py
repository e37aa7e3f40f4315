"""What a service counts: right for one process and for several, for operators only, and nothing of what was asked."""

import datetime
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.exposition import text
from api.metrics import Gauge, Metrics, Outcome, Surface
from api.token import issue_token
from schema.access.rules import Role
from schema.problem import ProblemCode
from tests.api.client import Client, serving, token
from tests.api.test_serving import HOUSE, free_port, serve

PROJECTS = "{ projects(first: 1) { nodes { code } } }"
Samples = dict[tuple[str, ...], float]


def samples(exposition: str) -> Samples:
    """(name, label values sorted by label…) → value."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


async def scraped(client: Client) -> Samples:
    answer = await client.http.get("/metrics", headers={"authorization": f"Bearer {token(Role.OPERATOR)}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    return samples(answer.text)


@pytest.mark.parametrize(
    ("role", "method", "status", "code"),
    [
        (None, "GET", 401, "UNAUTHENTICATED"),
        (Role.READER, "GET", 403, "FORBIDDEN"),
        (Role.WRITER, "GET", 403, "FORBIDDEN"),
        (Role.OPERATOR, "POST", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_they_are_for_operators(service: Client, role: Role | None, method: str, status: int, code: str) -> None:
    headers = {"authorization": f"Bearer {token(role)}"} if role else {}
    # that it comes from this machine, or says so, opens nothing
    answer = await service.http.request(method, "/metrics", headers={**headers, "x-forwarded-for": "127.0.0.1"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "luodi_" not in answer.text
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_each_request_is_counted_by_its_end(city_url: str) -> None:
    async with serving(city_url) as client:
        headers = {"authorization": f"Bearer {token()}", "accept-encoding": "identity"}
        first = await client.http.get("/graphql", params={"query": PROJECTS}, headers=headers)
        held = headers | {"if-none-match": first.headers["etag"]}
        assert (await client.http.get("/graphql", params={"query": PROJECTS}, headers=held)).status_code == 304
        answers = [await client.ask(PROJECTS) for _ in range(3)]
        await client.ask("{ nonsense }")
        await client.http.post("/graphql", json={"query": PROJECTS})
        await client.ask(
            'mutation { reportIssue(input: { idempotencyKey: "k", project: { code: "c" }, title: "t" }) '
            "{ issue { id } } }"
        )
        seen = await scraped(client)
    ends = {
        end: count
        for (name, end, *_), count in ((k, v) for k, v in seen.items() if len(k) > 1)
        if name == "luodi_requests_total"
    }
    assert ends == {
        "ANSWERED": 4,
        "NOT_MODIFIED": 1,
        "GRAPHQL_VALIDATION_FAILED": 1,
        "UNAUTHENTICATED": 1,
        "FORBIDDEN": 1,
    }
    assert seen["luodi_request_seconds_count", "graphql"] == 8
    assert seen["luodi_request_seconds_bucket", "+Inf", "graphql"] == 8
    assert 0 < seen["luodi_request_seconds_sum", "graphql"] < 60
    assert seen["luodi_statement_seconds_count",] == 5, "a statement for each answer, a small one for the 304"
    assert seen["luodi_sent_bytes_total", "graphql"] >= len(first.content) + sum(len(one.content) for one in answers)
    assert seen["luodi_connections", "idle"] == 1
    assert seen["luodi_connections", "used"] == 0
    assert seen["luodi_requests_waiting",] == 0
    assert seen["luodi_cache_lookups_total", "documents", "yes"] == 4
    assert seen["luodi_cache_entries", "plans"] == 3, "the query by GET, by POST, and the mutation"
    assert seen["luodi_cache_characters", "documents"] > len(PROJECTS)


async def test_nothing_of_what_was_asked_is_in_them(city_url: str) -> None:
    async with serving(city_url) as client:
        secret = "query Zebra($zebra: String) { projects(filter: { name: { eq: $zebra } }) { totalCount } }"
        await client.ask(secret, {"zebra": "zebra"}, subject="zebra")
        await client.ask("{ zebra }", subject="zebra")
        answer = await client.http.get("/metrics", headers={"authorization": f"Bearer {token(Role.OPERATOR)}"})
    assert "zebra" not in answer.text.lower()


def test_durations_fall_into_their_buckets() -> None:
    metrics = Metrics()
    for seconds in (0.0005, 0.001, 0.0011, 0.3, 99.0):
        metrics.request(Surface.TILES, Outcome.ANSWERED, seconds, 0)
    seen = samples(text(metrics).decode())
    buckets = {
        bound: seen["luodi_request_seconds_bucket", bound, "tiles"] for bound in ("0.001", "0.0025", "0.5", "10")
    }
    assert buckets == {"0.001": 2, "0.0025": 3, "0.5": 4, "10": 4}
    assert seen["luodi_request_seconds_bucket", "+Inf", "tiles"] == 5
    assert seen["luodi_request_seconds_sum", "tiles"] == pytest.approx(99.3026)


def test_every_problem_code_can_be_an_end() -> None:
    metrics = Metrics()
    for code in ProblemCode:
        metrics.request(Surface.GRAPHQL, code, 0, 0)
    assert text(metrics).decode().count("luodi_requests_total{") == len(ProblemCode)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        yield Path(made)


COUNTS = """
import os, sys
from pathlib import Path
from api.metrics import Gauge, Metrics, Outcome, Surface
metrics = Metrics(Path(sys.argv[1]))
metrics.own(Gauge.CONNECTIONS_OPEN, lambda: 10)
metrics.own(Gauge.PLANS_HITS, lambda: 100)
metrics.request(Surface.GRAPHQL, Outcome.ANSWERED, 0.1, 5)
metrics.sample()
print("counted", flush=True)
sys.stdin.read()
os._exit(9)
"""


def test_processes_add_up_and_the_dead_keep_what_they_counted(folder: Path) -> None:
    metrics = Metrics(folder)
    metrics.own(Gauge.CONNECTIONS_OPEN, lambda: 1)
    metrics.own(Gauge.PLANS_HITS, lambda: 1)
    metrics.request(Surface.GRAPHQL, Outcome.ANSWERED, 0.1, 5)

    def seen() -> tuple[float, ...]:
        total = metrics.total()
        return (
            total["requests", "graphql", "ANSWERED"],
            total["bytes", "graphql"],
            total["gauge", Gauge.CONNECTIONS_OPEN],
            total["gauge", Gauge.PLANS_HITS],
        )

    assert seen() == (1, 5, 1, 1)
    others = [
        subprocess.Popen(
            [sys.executable, "-c", COUNTS, folder], cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == b"counted\n"
    assert seen() == (3, 15, 21, 201)
    for other in others:
        other.communicate(timeout=30)
    assert seen() == (3, 15, 1, 201)


def test_a_file_that_is_no_whole_one_is_passed_over(folder: Path) -> None:
    metrics = Metrics(folder)
    (folder / "half.cells").write_bytes(b"1234")
    assert metrics.total()["requests", "graphql", "ANSWERED"] == 0


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="luodi-metrics-", dir="/tmp") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def test_two_workers_are_counted_together(data_dir: Path) -> None:
    """Whichever of them answers a scrape, and whichever answered the requests."""
    port = free_port()
    process = serve(data_dir, port, workers=2)
    try:
        key = (data_dir / "secrets" / "token.key").read_bytes().strip()
        now = datetime.datetime.now(datetime.UTC)
        bearer = issue_token(
            key, role=Role.OPERATOR, subject="prometheus", now=now, lifetime=datetime.timedelta(hours=1)
        )
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}

        def request(method: str, path: str, body: str | None = None) -> str:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request(method, path, body, headers)
            answer = connection.getresponse().read().decode()
            connection.close()
            return answer

        for number in range(1, 41):
            assert "errors" not in request("POST", "/graphql", json.dumps({"query": PROJECTS}))
            until = time.monotonic() + 10
            counted = 0.0
            while counted < number and time.monotonic() < until:  # a request is counted when its answer is on its way
                counted = samples(request("GET", "/metrics"))["luodi_requests_total", "ANSWERED", "graphql"]
            assert counted == number
    finally:
        process.terminate()
        process.communicate(timeout=30)
