"""The catalogue of problems: every refusal has a stable code, a message that says how to mend it, and typed details.

The code is ``errors[].extensions.code`` in GraphQL and ``code`` in ``application/problem+json`` (RFC 9457).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any


class ProblemCode(StrEnum):
    """Stable codes; the first three are the names the GraphQL ecosystem already uses."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    BAD_REQUEST = "BAD_REQUEST"
    OPERATION_RESOLUTION_FAILED = "OPERATION_RESOLUTION_FAILED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    CONSTRAINT_VIOLATED = "CONSTRAINT_VIOLATED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class Problem(Exception):
    """A refusal the caller can act on.

    ``path`` is the response path it belongs to (field keys and list indices), ``argument`` the dotted path of the
    input at fault, ``details`` further values such as the limit that was exceeded.
    """

    def __init__(
        self,
        code: ProblemCode,
        message: str,
        *,
        path: Sequence[str | int] | None = None,
        argument: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = tuple(path) if path is not None else None
        self.argument = argument
        self.details = dict(details or {})
        self.locations: list[dict[str, int]] = []

    def at(self, path: Sequence[str | int]) -> "Problem":
        """The same problem at a response path, unless it already has one."""
        if self.path is None:
            self.path = tuple(path)
        return self

    def as_graphql(self) -> dict[str, Any]:
        """The shape of one entry of ``errors``."""
        extensions: dict[str, Any] = {"code": self.code.value}
        if self.argument is not None:
            extensions["argument"] = self.argument
        extensions.update(self.details)
        entry: dict[str, Any] = {"message": self.message}
        if self.locations:
            entry["locations"] = self.locations
        if self.path is not None:
            entry["path"] = list(self.path)
        entry["extensions"] = extensions
        return entry


@contextmanager
def at_path(path: Sequence[str | int]) -> Iterator[None]:
    """Problems raised within belong to this response path, unless they already have one."""
    try:
        yield
    except Problem as problem:
        raise problem.at(path) from problem.__cause__


def bad_input(message: str, *, argument: str | None = None, path: Sequence[str | int] | None = None) -> Problem:
    return Problem(ProblemCode.BAD_USER_INPUT, message, argument=argument, path=path)


def limit_exceeded(what: str, limit: float, value: float, fix: str, *, argument: str | None = None) -> Problem:
    """A limit that was passed: says the limit, the value and the way out."""
    return Problem(
        ProblemCode.LIMIT_EXCEEDED,
        f"{what} is limited to {limit:,.15g}; this request has {value:,.15g}. {fix}",
        argument=argument,
        details={"limit": limit, "value": value},
    )
