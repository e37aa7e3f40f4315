"""Paired rounds: each contender alone and drained, in turning order, so that drift of the machine hits all alike."""

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import orjson
import uvloop

from bench.agreement import differences
from bench.client import Question, Throughput, ask, many_clients, one_client, request_bytes
from bench.servers import Server
from bench.workloads import Workload

CLIENTS = 16


class Disagreement(Exception):
    """A server answers otherwise than the first one does; the message says where."""


@dataclass
class Measured:
    """What one server did with one workload: one figure per round."""

    latency: list[float] = field(default_factory=list)
    """Median latency of one client in seconds."""
    throughput: list[float] = field(default_factory=list)
    """Answers per second of sixteen clients."""
    processor: list[float] = field(default_factory=list)
    """Seconds of the worker's own processor time per answer, under sixteen clients."""


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios, with the least and the greatest."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, figures: Sequence[float], base: Sequence[float]) -> "Ratio":
        ratios = [figure / floor for figure, floor in zip(figures, base, strict=True)]
        return cls(statistics.median(ratios), min(ratios), max(ratios))


def compared_questions(workload: Workload, servers: Sequence[Server]) -> list[list[Question]]:
    """The questions for each server, once all answer every variant alike. Raises ``Disagreement``."""
    questions: list[list[Question]] = [[] for _ in servers]
    for variables, body in zip(workload.variants, workload.bodies(), strict=True):
        reference = None
        for server, asked in zip(servers, questions, strict=True):
            contender = server.contender
            path = contender.path(workload.name)
            answer = ask(server.port, path, body, contender.token)
            parsed = orjson.loads(answer)
            if reference is None:
                reference = parsed
            elif found := list(differences(reference, parsed)):
                first = "\n  ".join(found[:5])
                raise Disagreement(
                    f"{workload.name}: {servers[0].contender.name} and {contender.name} differ in {len(found)} places"
                    f" for {dict(variables)}:\n  {first}"
                )
            asked.append(Question(request_bytes(path, body, contender.token), len(answer)))
    return questions


def _sixteen_clients(server: Server, questions: Sequence[Question], seconds: float) -> Throughput:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(many_clients(server.port, questions, seconds, CLIENTS))


def measure(
    workload: Workload,
    servers: Sequence[Server],
    *,
    rounds: int,
    seconds: float,
    progress: Callable[[str], None],
) -> list[Measured]:
    """What each server does with a workload, in ``rounds`` paired rounds of about ``seconds`` a cell.

    Raises ``Disagreement`` before anything is measured, ``UnexpectedAnswer`` when an answer changes on the way.
    """
    progress(f"{workload.name}: comparing the answers")
    asked = compared_questions(workload, servers)
    measured = [Measured() for _ in servers]
    contest = list(zip(servers, asked, measured, strict=True))
    for server, questions, _ in contest:
        progress(f"{workload.name}: warming {server.contender.name}")
        _sixteen_clients(server, questions, seconds)
    for number in range(rounds):
        progress(f"{workload.name}: round {number + 1} of {rounds}")
        for server, questions, figures in contest if number % 2 == 0 else contest[::-1]:
            figures.latency.append(statistics.median(one_client(server.port, questions, seconds)))
        for server, questions, figures in contest if number % 2 == 0 else contest[::-1]:
            begun = server.processor_seconds()
            throughput = _sixteen_clients(server, questions, seconds)
            figures.throughput.append(throughput.per_second)
            figures.processor.append((server.processor_seconds() - begun) / throughput.answers)
    return measured


def measure_flagship(flagship: Workload, server: Server, seconds: float) -> list[float]:
    """The latencies of the flagship request in seconds, one client. Raises ``Disagreement`` when it holds errors."""
    (body,) = flagship.bodies()
    path, token = server.contender.path(flagship.name), server.contender.token
    answer = orjson.loads(ask(server.port, path, body, token))
    if answer.get("errors") or not answer["data"]["siteVisitRoute"]["stops"]:
        raise Disagreement(f"the flagship request found no route: {str(answer)[:500]}")
    return one_client(server.port, [Question(request_bytes(path, body, token), None)], seconds)
