"""What a caller may learn of an error: problems as they are, the rest by a reference into the log."""

import logging
import uuid

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from schema.problem import Problem, ProblemCode
from schema.sqlstate import problem_of

log = logging.getLogger("luodi")


def problem_to_tell(error: Exception) -> Problem:
    """The caller's view of an error: a Problem as it is, a known SQLSTATE translated, the rest logged and masked."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, (PoolTimeout, TimeoutError)):
        return Problem(ProblemCode.UNAVAILABLE, "The service is busy; try again in a moment.")
    # nobody answers where the database should be; or a connection that is just being ended (``Readers.mend``)
    if isinstance(error, (OSError, asyncpg.InternalClientError)):
        log.warning("no connection to the database: %s", error)
        return Problem(ProblemCode.UNAVAILABLE, "The database is not available; try again in a moment.")
    cause = getattr(error.orig, "__cause__", None) if isinstance(error, DBAPIError) else error
    if isinstance(cause, asyncpg.PostgresError) and (problem := problem_of(cause)) is not None:
        return problem
    reference = uuid.uuid4().hex
    log.error("unexpected error %s", reference, exc_info=error)
    return Problem(
        ProblemCode.INTERNAL,
        "Something went wrong on our side; quote the reference when you report it.",
        details={"reference": reference},
    )
