"""Answers that are cheaper than answers: what our service saves who asks again, asks by id, or takes it compressed.

Ours alone, each way of asking in turn on one worker. Whatever the service does not offer is told as its status.
"""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import orjson

from bench.client import BODILESS, Question, Request, fetch
from bench.contest import OURS, Access, contenders, prefixed
from bench.measure import Contestant, Measured, Pace, Progress, measure
from bench.servers import Server, serving
from bench.workloads import Workload

AGAIN = ("W1", "W3")
BY_ID = ("W2", "W4")
CODINGS = ("identity", "gzip", "br", "zstd")
ANSWERED = (200, 304)


@dataclass(frozen=True)
class Way:
    """One way of asking a workload: the requests of its variants."""

    name: str
    requests: Sequence[Request]


@dataclass(frozen=True)
class Asked:
    """What came back one way: a status and a content coding as text, the body's median bytes, and the figures.

    ``measured`` is ``None`` where the service answers otherwise than with 200 or 304.
    """

    name: str
    answer: str
    body_bytes: int
    measured: Measured | None


def trusted_id(document: str) -> str:
    """The id of a document in the manifest: its SHA-256."""
    return hashlib.sha256(document.encode()).hexdigest()


def by_get(request: Request) -> Request:
    """The same query by GET, as the GraphQL-over-HTTP draft writes it."""
    body = orjson.loads(request.body)
    parameters = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    headers = {name: value for name, value in request.headers.items() if name != "content-type"}
    return Request("GET", f"{request.path}?{urlencode(parameters)}", headers)


def with_headers(request: Request, headers: Mapping[str, str]) -> Request:
    return replace(request, headers={**request.headers, **headers})


def by_id(request: Request, workload: Workload) -> Request:
    """The same query, its document named by its id in the manifest of trusted documents."""
    body = {
        "documentId": f"sha256:{trusted_id(workload.document)}",
        "variables": orjson.loads(request.body)["variables"],
    }
    return replace(request, body=orjson.dumps(body))


def asking_again(server: Server, requests: Sequence[Request]) -> list[Way]:
    """By POST, by GET, and by GET with the ETag that the last answer had."""
    gets = [by_get(each) for each in requests]
    etags = [fetch(server.port, each).headers.get("etag") for each in gets]
    known = [
        with_headers(each, {"if-none-match": etag}) if etag else each for each, etag in zip(gets, etags, strict=True)
    ]
    return [Way("POST", requests), Way("GET", gets), Way("GET, If-None-Match", known)]


def ways_of(server: Server, workload: Workload) -> list[Way]:
    """The ways a workload is asked here; the first is what the others are compared with."""
    requests = workload.requests(server.contender.path(workload.name), server.contender.token)
    ways = [Way("POST", requests)]
    if workload.name in AGAIN:
        ways = asking_again(server, requests)
        ways += [
            Way(
                f"POST, Accept-Encoding: {coding}",
                [with_headers(each, {"accept-encoding": coding}) for each in requests],
            )
            for coding in CODINGS
        ]
    if workload.name in BY_ID:
        ways.append(Way("POST by id", [by_id(each, workload) for each in requests]))
    return ways


def measure_ways(server: Server, ways: Sequence[Way], pace: Pace, progress: Progress) -> list[Asked]:
    """Every way that the service answers, in turn; a way it refuses is told and not measured."""
    contest, told = [], []
    for way in ways:
        answers = [fetch(server.port, each) for each in way.requests]
        statuses = sorted({each.status for each in answers})
        codings = sorted({each.headers.get("content-encoding", "") for each in answers} - {""})
        lengths = sorted(0 if each.status in BODILESS else len(each.body) for each in answers)
        failed = [each for each in answers if each.status not in ANSWERED or each.body.startswith(b'{"errors"')]
        told.append((way.name, " ".join([*map(str, statuses), *codings]), lengths[len(lengths) // 2], not failed))
        if not failed:
            questions = [
                Question(request.encoded(), len(answer.body), answer.status)
                for request, answer in zip(way.requests, answers, strict=True)
            ]
            contest.append(Contestant(way.name, server, questions))
    figures = iter(measure(contest, pace, progress=progress))
    return [Asked(name, answer, length, next(figures) if good else None) for name, answer, length, good in told]


def hold_cheaper(
    database_url: str, workloads: Sequence[Workload], pace: Pace, progress: Progress
) -> list[tuple[Workload, list[Asked]]]:
    """Every workload of ``AGAIN`` and ``BY_ID`` among ``workloads``, each way it can be asked."""
    access = Access.issue()
    with tempfile.TemporaryDirectory(prefix="luodi-bench-") as folder:
        manifest = Path(folder) / "trusted.json"
        documents = {trusted_id(each.document): each.document for each in workloads if each.name in BY_ID}
        manifest.write_bytes(orjson.dumps(documents))
        environment = {**access.environment(database_url), "LUODI_TRUSTED_DOCUMENTS": str(manifest)}
        with serving(contenders(access.token)[OURS], environment) as server:
            return [
                (workload, measure_ways(server, ways_of(server, workload), pace, prefixed(progress, workload.name)))
                for workload in workloads
                if workload.name in AGAIN + BY_ID
            ]
