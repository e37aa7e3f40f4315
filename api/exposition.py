"""``/metrics``: the counts of the whole service as Prometheus reads them, for operators.

The way in is an operator's token and nothing else. That a request comes from this machine proves nothing: behind a
reverse proxy all of them do.
"""

import asyncio
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from api.authentication import Authentication
from api.graphql_http import Clock
from api.metrics import BUCKETS, ENDS, SECONDS, Cell, Gauge, Metrics, Surface
from api.problem_json import problem_answer
from api.readers import Readers
from schema.access.rules import Role
from schema.compiler.engine import Engine
from schema.compiler.kept import Kept
from schema.problem import Problem, ProblemCode

SAMPLING_SECONDS = 1.0
"""How old the gauges of another process may be."""

_BOUNDS = (*(f"{seconds:g}" for seconds in SECONDS), "+Inf")


class Exposition:
    """The ASGI application of ``/metrics``."""

    def __init__(self, metrics: Metrics, authentication: Authentication, clock: Clock) -> None:
        self._metrics = metrics
        self._authentication = authentication
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._response(Request(scope))(scope, receive, send)

    def _response(self, request: Request) -> Response:
        try:
            if request.method not in ("GET", "HEAD"):
                raise Problem(ProblemCode.METHOD_NOT_ALLOWED, "Read the metrics by GET.")
            viewer = self._authentication.viewer(request.headers.get("authorization", ""), self._clock())
            if viewer.role is not Role.OPERATOR:
                raise Problem(ProblemCode.FORBIDDEN, "The metrics are for operators.")
        except Problem as problem:
            answer = problem_answer(problem)
            refusal = Response(answer.body, answer.status)
            refusal.raw_headers = list(answer.headers)
            return refusal
        headers = {"Cache-Control": "no-store"}
        return PlainTextResponse(text(self._metrics), headers=headers, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def text(metrics: Metrics) -> bytes:
    """The counts of all processes of the service in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Service(metrics))
    return generate_latest(registry)


class _Service(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> Iterator[Metric]:
        yield from ()

    def collect(self) -> Iterator[Metric]:
        cells = self._metrics.total()
        requests = CounterMetricFamily(
            "luodi_requests",
            "Requests, by how they ended: ANSWERED, NOT_MODIFIED, ABANDONED or a code.",
            labels=["surface", "end"],
        )
        for surface in Surface:
            for end in ENDS:
                if count := cells["requests", surface, end]:
                    requests.add_metric([surface, end], count)
        yield requests
        sent = CounterMetricFamily("luodi_sent_bytes", "Bytes of bodies, as they were sent.", labels=["surface"])
        seconds = HistogramMetricFamily("luodi_request_seconds", "From a request to its answer.", labels=["surface"])
        for surface in Surface:
            sent.add_metric([surface], cells["bytes", surface])
            seconds.add_metric([surface], _buckets(cells, surface), sum_value=cells["seconds", surface])
        yield from (sent, seconds)
        statements = HistogramMetricFamily("luodi_statement_seconds", "From a statement to its answer.")
        statements.add_metric([], _buckets(cells, "statement"), sum_value=cells["seconds", "statement"])
        yield statements
        message = "Statements stopped because nobody waited for them any more."
        yield CounterMetricFamily("luodi_statements_cancelled", message, value=cells["cancelled",])
        yield from self._gauges(cells)

    def _gauges(self, cells: Mapping[Cell, float]) -> Iterator[Metric]:
        def of(gauge: Gauge) -> float:
            return cells["gauge", gauge]

        connections = GaugeMetricFamily("luodi_connections", "Connections that read, by state.", labels=["state"])
        connections.add_metric(["idle"], of(Gauge.CONNECTIONS_IDLE))
        connections.add_metric(["used"], of(Gauge.CONNECTIONS_OPEN) - of(Gauge.CONNECTIONS_IDLE))
        yield connections
        waiting = "Requests in line for a connection."
        yield GaugeMetricFamily("luodi_requests_waiting", waiting, value=of(Gauge.REQUESTS_WAITING))
        kept = GaugeMetricFamily("luodi_cache_entries", "Documents and plans kept ready.", labels=["cache"])
        weight = GaugeMetricFamily("luodi_cache_characters", "What they weigh, in characters.", labels=["cache"])
        asked = CounterMetricFamily("luodi_cache_lookups", "Times one was looked for.", labels=["cache", "found"])
        for cache in ("documents", "plans"):
            kept.add_metric([cache], of(Gauge(f"{cache}_kept")))
            weight.add_metric([cache], of(Gauge(f"{cache}_weight")))
            asked.add_metric([cache, "yes"], of(Gauge(f"{cache}_hits")))
            asked.add_metric([cache, "no"], of(Gauge(f"{cache}_misses")))
        yield from (kept, weight, asked)


def _buckets(cells: Mapping[Cell, float], what: str) -> list[tuple[str, float]]:
    count = 0.0
    buckets = []
    for number in range(BUCKETS):
        count += cells["bucket", what, str(number)]
        buckets.append((_BOUNDS[number], count))
    return buckets


def own_gauges(metrics: Metrics, engine: Engine, readers: Readers) -> None:
    """Tell the metrics who knows what this process holds."""
    metrics.own(Gauge.CONNECTIONS_OPEN, lambda: readers.open)
    metrics.own(Gauge.CONNECTIONS_IDLE, lambda: readers.idle)
    metrics.own(Gauge.REQUESTS_WAITING, lambda: readers.waiting)
    for name, kept in engine.kept.items():
        _own_cache(metrics, name, kept)


def _own_cache(metrics: Metrics, name: str, kept: Kept[object]) -> None:
    metrics.own(Gauge(f"{name}_kept"), lambda: len(kept))
    metrics.own(Gauge(f"{name}_weight"), lambda: kept.weight)
    metrics.own(Gauge(f"{name}_hits"), lambda: kept.hits)
    metrics.own(Gauge(f"{name}_misses"), lambda: kept.misses)


async def keep_sampling(metrics: Metrics) -> None:
    """Show the other processes what this one holds, for as long as it serves."""
    while True:
        metrics.sample()
        await asyncio.sleep(SAMPLING_SECONDS)
