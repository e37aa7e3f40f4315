"""From an SQLSTATE (PostgreSQL, appendix A) to a Problem: where the database's refusals become the catalogue's."""

from typing import Any

from schema.problem import Problem, ProblemCode

_BAD_INPUT = {
    "22P02": "A value has the wrong form for its type.",
    "22003": "A number is out of range.",
    "22008": "A date or time is out of range.",
    "22021": "A text holds a character that PostgreSQL cannot store.",
    "22P05": "A text holds a character that PostgreSQL cannot store.",
}
_UNAVAILABLE = {"53300", "57P01", "57P02", "57P03", "08006", "08003", "08001"}


def problem_of(error: Any) -> Problem | None:
    """The Problem for a database error, or None when it is a fault of ours and belongs in the log."""
    state = str(getattr(error, "sqlstate", None) or "")
    constraint = getattr(error, "constraint_name", None)
    if state in _BAD_INPUT:
        return Problem(ProblemCode.BAD_USER_INPUT, _BAD_INPUT[state])
    if state == "57014":
        return Problem(ProblemCode.TIMEOUT, "The statement took too long and was stopped; ask for less at a time.")
    if state in _UNAVAILABLE:
        return Problem(ProblemCode.UNAVAILABLE, "The database is not available; try again in a moment.")
    if state in ("53100", "53200"):
        return Problem(ProblemCode.UNAVAILABLE, "The database has no room left; its operator must make some.")
    if state in ("40001", "40P01"):
        return Problem(ProblemCode.UNAVAILABLE, "The change met another at the same moment; try again.")
    if state in ("23505", "23514", "23503", "23502", "23P01"):
        named = {"constraint": constraint} if constraint else {}
        return Problem(
            ProblemCode.CONSTRAINT_VIOLATED, f"The change breaks the rule {constraint or state}.", details=named
        )
    return None
