"""Paired slices: contenders take turns every few tenths of a second, so that drift of the machine hits all alike.

A round holds several slices of each contender in turning order, and one longer cell of each that is too slow for
slices. Each has the machine to itself: a slice ends when its last answer is whole.
"""

import asyncio
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvloop

from bench import agreement, tile
from bench.client import Question, Throughput, ask, many_clients, one_client
from bench.servers import Server
from bench.workloads import Workload

MANY = 16
CLIENTS = (1, MANY)
DRAINED_SLICES = 4
"""A slice of many clients lasts this many of their latencies at least: else it would be all filling and draining."""
LONGEST_SLICE = 4.0
"""In seconds; more would make a run of hours where one answer takes seconds."""

TILE_SLACK = 50
"""A tile may differ in length by one part in so many."""

Progress = Callable[[str], None]
Rounds = list[list[float]]
"""One figure a slice, round by round."""


class Disagreement(Exception):
    """A server answers otherwise than the first one does; the message says where."""


@dataclass(frozen=True)
class Pace:
    """Rounds, and the seconds of: a slice, all of a contender's slices in a round, a slow contender's cell."""

    rounds: int
    slice: float
    round: float
    cell: float


@dataclass(frozen=True)
class Contestant:
    """A server and the questions it is asked in turn."""

    name: str
    server: Server
    questions: Sequence[Question]
    interleaved: bool = True


@dataclass
class Measured:
    """What one contestant did: one figure per slice, round by round."""

    latency: Rounds = field(default_factory=list)
    """Median latency of one client in seconds."""
    throughput: Rounds = field(default_factory=list)
    """Answers per second of sixteen clients."""
    answers: int = 0
    """How many answers the sixteen clients got in all."""
    seconds: float = 0.0
    """The workers' own processor time for those answers."""

    @property
    def processor(self) -> float:
        """Seconds of the workers' processor time per answer, under sixteen clients."""
        return self.seconds / self.answers


def median(rounds: Rounds) -> float:
    """The median of all slices."""
    return statistics.median(figure for slices in rounds for figure in slices)


def _paired(figures: Sequence[float], base: Sequence[float]) -> list[float]:
    if len(figures) != len(base):  # a cell stands beside all slices of its round
        return [statistics.median(figures) / statistics.median(base)]
    return [figure / other for figure, other in zip(figures, base, strict=True)]


@dataclass(frozen=True)
class Ratio:
    """The median of all paired slices' ratios, with the least and the greatest of the rounds' medians."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, figures: Rounds, base: Rounds) -> "Ratio":
        rounds = [_paired(one, other) for one, other in zip(figures, base, strict=True)]
        medians = [statistics.median(each) for each in rounds]
        return cls(median(rounds), min(medians), max(medians))


def compared_questions(workload: Workload, servers: Sequence[Server]) -> list[list[Question]]:
    """The questions for each server, once all answer every variant alike. Raises ``Disagreement``."""
    parsed_by: Callable[[bytes], Any] = tile.decoded if workload.is_tile else orjson.loads
    differences: Any = tile.differences if workload.is_tile else agreement.differences
    questions: list[list[Question]] = [[] for _ in servers]
    requests = [workload.requests(each.contender.path(workload.name), each.contender.token) for each in servers]
    for number, variables in enumerate(workload.variants):
        reference = None
        for server, asked, requested in zip(servers, questions, requests, strict=True):
            answer = ask(server.port, requested[number])
            parsed = parsed_by(answer)
            if reference is None:
                reference = parsed
            elif found := list(differences(reference, parsed)):
                first = "\n  ".join(found[:5])
                raise Disagreement(
                    f"{workload.name}: {servers[0].contender.name} and {server.contender.name} differ in"
                    f" {len(found)} places for {dict(variables)}:\n  {first}"
                )
            slack = len(answer) // TILE_SLACK if workload.is_tile else 0
            asked.append(Question(requested[number].encoded(), len(answer), slack_bytes=slack))
    return questions


def contestants(workload: Workload, servers: Sequence[Server]) -> list[Contestant]:
    """The servers with their questions. Raises ``Disagreement`` when they do not answer alike."""
    asked = compared_questions(workload, servers)
    return [
        Contestant(server.contender.name, server, questions, server.contender.interleaved)
        for server, questions in zip(servers, asked, strict=True)
    ]


def _many(contestant: Contestant, seconds: float) -> Throughput:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(many_clients(contestant.server.port, contestant.questions, seconds, MANY))


def _turns(number: int, contest: Sequence[Any]) -> Sequence[Any]:
    return contest if number % 2 == 0 else contest[::-1]


def _slices(contest: Sequence[tuple[Contestant, float]], pace: Pace) -> Iterator[list[tuple[int, float]]]:
    """For each round its slices in order: the contestant's index, and for how long it is asked.

    ``contest`` holds what each contestant's slice must last at least.
    """
    brisk = [(index, max(pace.slice, least)) for index, (one, least) in enumerate(contest) if one.interleaved]
    slow = [(index, pace.cell) for index, (one, _) in enumerate(contest) if not one.interleaved]
    count = max(1, round(pace.round / max((seconds for _, seconds in brisk), default=pace.round)))
    for number in range(pace.rounds):
        turns = [turn for place in range(count) for turn in _turns(number * count + place, brisk)]
        yield [*turns, *slow] if number % 2 == 0 else [*slow, *turns]


def measure(
    contest: Sequence[Contestant],
    pace: Pace,
    *,
    progress: Progress,
    clients: Sequence[int] = CLIENTS,
) -> list[Measured]:
    """What each contestant does, alone in its slices. Raises ``UnexpectedAnswer`` when an answer changes on the way."""
    measured = [Measured() for _ in contest]
    least = []
    for one in contest:
        progress(f"warming {one.name}")
        warm = _many(one, pace.round if one.interleaved else pace.cell)
        least.append(min(DRAINED_SLICES * MANY / warm.per_second, LONGEST_SLICE))
    if 1 in clients:
        progress("one client")
        for turns in _slices([(one, 0.0) for one in contest], pace):
            for figures in measured:
                figures.latency.append([])
            for index, seconds in turns:
                one = contest[index]
                latencies = one_client(one.server.port, one.questions, seconds)
                measured[index].latency[-1].append(statistics.median(latencies))
    if MANY in clients:
        progress(f"{MANY} clients")
        for turns in _slices(list(zip(contest, least, strict=True)), pace):
            for figures in measured:
                figures.throughput.append([])
            for index, seconds in turns:
                _measure_many(contest[index], seconds, measured[index])
    return measured


def _measure_many(one: Contestant, seconds: float, figures: Measured) -> None:
    begun = one.server.processor_seconds()
    throughput = _many(one, seconds)
    figures.seconds += one.server.processor_seconds() - begun
    figures.throughput[-1].append(throughput.per_second)
    figures.answers += throughput.answers


def measure_flagship(flagship: Workload, server: Server, seconds: float) -> list[float]:
    """The latencies of the flagship request in seconds, one client. Raises ``Disagreement`` when it holds errors."""
    (request,) = flagship.requests(server.contender.path(flagship.name), server.contender.token)
    answer = orjson.loads(ask(server.port, request))
    if answer.get("errors") or not answer["data"]["siteVisitRoute"]["stops"]:
        raise Disagreement(f"the flagship request found no route: {str(answer)[:500]}")
    return one_client(server.port, [Question(request.encoded(), None)], seconds)
