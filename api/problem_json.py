"""Problems as REST answers: ``application/problem+json`` (RFC 9457), with the catalogue's code."""

from dataclasses import dataclass
from http import HTTPStatus

import orjson

from schema.problem import Problem, ProblemCode

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1

STATUS = {
    ProblemCode.UNAUTHENTICATED: 401,
    ProblemCode.FORBIDDEN: 403,
    ProblemCode.NOT_FOUND: 404,
    ProblemCode.METHOD_NOT_ALLOWED: 405,
    ProblemCode.NOT_ACCEPTABLE: 406,
    ProblemCode.VERSION_CONFLICT: 409,
    ProblemCode.IDEMPOTENCY_KEY_REUSED: 409,
    ProblemCode.CONSTRAINT_VIOLATED: 409,
    ProblemCode.PAYLOAD_TOO_LARGE: 413,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ProblemCode.INTERNAL: 500,
    ProblemCode.UNAVAILABLE: 503,
    ProblemCode.TIMEOUT: 504,
}
"""The status of a problem that is not simply a bad request (400)."""


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """An answer that tells a problem: its status, all its headers, and its body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def problem_answer(problem: Problem, *, allow: str = "GET, HEAD") -> ProblemAnswer:
    """The answer for a problem; ``allow`` lists the methods that a path takes.

    ``type`` is ``about:blank``, so ``title`` is the status in words; ``code`` tells problems apart, ``argument`` names
    the input at fault, further members are the problem's details.
    """
    status = STATUS.get(problem.code, 400)
    members = {
        **problem.details,
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": problem.message,
        "code": problem.code.value,
    }
    if problem.argument is not None:
        members["argument"] = problem.argument
    body = orjson.dumps(members)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="luodi"'))
    elif status == 405:
        headers.append((b"allow", allow.encode()))
    elif status == 503:
        headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
    return ProblemAnswer(status, tuple(headers), body)
