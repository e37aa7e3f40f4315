"""From PostgreSQL's refusals to the catalogue's: every class of SQLSTATE that a caller can meet."""

import asyncpg
import pytest

from schema.problem import ProblemCode
from schema.sqlstate import problem_of

EXPECTED = {
    asyncpg.InvalidTextRepresentationError: ProblemCode.BAD_USER_INPUT,
    asyncpg.NumericValueOutOfRangeError: ProblemCode.BAD_USER_INPUT,
    asyncpg.DatetimeFieldOverflowError: ProblemCode.BAD_USER_INPUT,
    asyncpg.CharacterNotInRepertoireError: ProblemCode.BAD_USER_INPUT,
    asyncpg.QueryCanceledError: ProblemCode.TIMEOUT,
    asyncpg.TooManyConnectionsError: ProblemCode.UNAVAILABLE,
    asyncpg.AdminShutdownError: ProblemCode.UNAVAILABLE,
    asyncpg.DiskFullError: ProblemCode.UNAVAILABLE,
    asyncpg.DeadlockDetectedError: ProblemCode.UNAVAILABLE,
    asyncpg.SerializationError: ProblemCode.UNAVAILABLE,
    asyncpg.UniqueViolationError: ProblemCode.CONSTRAINT_VIOLATED,
    asyncpg.CheckViolationError: ProblemCode.CONSTRAINT_VIOLATED,
    asyncpg.ForeignKeyViolationError: ProblemCode.CONSTRAINT_VIOLATED,
    asyncpg.UndefinedTableError: None,
    asyncpg.InternalServerError: None,
}


@pytest.mark.parametrize(("error", "code"), EXPECTED.items())
def test_what_the_caller_is_told(error: type[asyncpg.PostgresError], code: ProblemCode | None) -> None:
    """A fault of our own has no Problem: it is masked and logged."""
    found = problem_of(error("told by the database"))
    assert (found.code if found else None) is code
    assert found is None or "told by the database" not in found.message


async def test_the_rule_that_was_broken_is_named(connection: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await connection.execute("UPDATE project SET total_investment = -1")
    problem = problem_of(refused.value)
    assert problem is not None
    assert problem.code is ProblemCode.CONSTRAINT_VIOLATED
    assert problem.details == {"constraint": "ck_project_total_investment"}
