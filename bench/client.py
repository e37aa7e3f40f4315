"""An HTTP/1.1 keep-alive client that costs next to nothing, so that what is measured is the server.

One client asks over a plain blocking socket; many clients are protocols on one event loop that send the next request
from within ``data_received``. Bodies are counted, not kept, and must have the status and the length seen when answers
were compared: an error that slips into a run would show there. Nothing is decompressed.
"""

import asyncio
import http.client
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import cast

HEADER_END = b"\r\n\r\n"
CONTENT_LENGTH = b"content-length:"
BODILESS = (204, 304)
DRAINING_SECONDS = 120.0


class UnexpectedAnswer(Exception):
    """The server answered something else than it did when the answers were compared."""


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire; ``headers`` beside host and content-length."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    def encoded(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines.append(f"content-length: {len(self.body)}")
        return "\r\n".join(lines).encode() + HEADER_END + self.body


@dataclass(frozen=True)
class Answer:
    """One whole answer; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Question:
    """The bytes of one request, and what must come back: its status, how long a body (``None``: any length).

    ``slack_bytes`` more or less are the same answer: a tile's features may come in any order, and its numbers of
    dictionary entries are longer or shorter by it.
    """

    request: bytes
    answer_bytes: int | None
    status: int = 200
    slack_bytes: int = 0


@dataclass(frozen=True)
class Throughput:
    """``answers`` complete answers in ``seconds``, the draining of the last ones included."""

    answers: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


def fetch(port: int, request: Request) -> Answer:
    """One answer of any status, outside any measurement."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(request.method, request.path, request.body or None, dict(request.headers))
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def ask(port: int, request: Request) -> bytes:
    """The body of one answer, outside any measurement. Raises ``UnexpectedAnswer`` when it is not a 200."""
    answer = fetch(port, request)
    if answer.status != 200:
        raise UnexpectedAnswer(f"{request.path}: {answer.status}: {answer.body[:500]!r}")
    return answer.body


def _body_length(head: bytes, question: Question) -> int:
    """The announced length of the body. Raises ``UnexpectedAnswer`` for another status or length than expected."""
    status = int(head[9:12])
    if status != question.status:
        raise UnexpectedAnswer(head[:200].decode("latin-1"))
    if status in BODILESS:
        return 0
    lowered = head.lower()
    start = lowered.find(CONTENT_LENGTH)
    if start < 0:
        raise UnexpectedAnswer("the answer announces no content-length")
    start += len(CONTENT_LENGTH)
    length = int(lowered[start : lowered.index(b"\r\n", start)])
    if question.answer_bytes is not None and abs(length - question.answer_bytes) > question.slack_bytes:
        raise UnexpectedAnswer(f"{length} bytes where {question.answer_bytes} were compared")
    return length


def one_client(port: int, questions: Sequence[Question], seconds: float) -> list[float]:
    """The latency of each answer in seconds: one request after the other for about ``seconds``, at least one round."""
    latencies: list[float] = []
    scratch = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        until = time.perf_counter() + seconds
        for sent, question in enumerate(cycle(questions)):
            begun = time.perf_counter()
            if begun >= until and sent >= len(questions):
                return latencies
            connection.sendall(question.request)
            head = b""
            while HEADER_END not in head:
                received = connection.recv(1 << 16)
                if not received:
                    raise UnexpectedAnswer("the server closed the connection")
                head += received
            end = head.index(HEADER_END) + len(HEADER_END)
            missing = _body_length(head[:end], question) - (len(head) - end)
            while missing > 0:
                received_bytes = connection.recv_into(scratch)
                if not received_bytes:
                    raise UnexpectedAnswer("the server closed the connection")
                missing -= received_bytes
            latencies.append(time.perf_counter() - begun)
    raise AssertionError("a cycle of questions does not end")


class _Asker(asyncio.Protocol):
    """One of many clients: sends its next question as soon as the last answer is whole, until the time is up."""

    def __init__(self, questions: Sequence[Question], offset: int, until: float) -> None:
        self.questions = cycle([*questions[offset:], *questions[:offset]])
        self.until = until
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.answers = 0
        self.head = b""
        self.missing = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports are no subclasses of it
        self.send()

    def send(self) -> None:
        self.question = next(self.questions)
        self.transport.write(self.question.request)

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            self.head += data
            end = self.head.find(HEADER_END)
            if end < 0:
                return
            end += len(HEADER_END)
            try:
                length = _body_length(self.head[:end], self.question)
            except UnexpectedAnswer as error:
                self.fail(error)
                return
            self.missing = length - (len(self.head) - end)
            self.head = b""
        if self.missing == 0:
            self.answers += 1
            if time.perf_counter() < self.until:
                self.send()
            else:
                self.transport.close()
                self.done.set_result(self.answers)

    def connection_lost(self, error: Exception | None) -> None:
        self.fail(UnexpectedAnswer(f"the server closed the connection: {error}"))

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
            self.transport.close()


async def many_clients(port: int, questions: Sequence[Question], seconds: float, clients: int) -> Throughput:
    """Answers per second with ``clients`` keep-alive connections, each waiting for its answer before it asks again.

    Returns when every client has its last answer whole: nothing is left running on the server.
    """
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    until = begun + seconds
    askers = []
    for number in range(clients):
        _, asker = await loop.create_connection(
            partial(_Asker, questions, number % len(questions), until), "127.0.0.1", port
        )
        askers.append(asker)
    async with asyncio.timeout(seconds + DRAINING_SECONDS):
        answers = await asyncio.gather(*(asker.done for asker in askers))
    return Throughput(sum(answers), time.perf_counter() - begun)
