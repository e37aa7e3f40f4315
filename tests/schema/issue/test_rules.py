"""S25 and S26 as tables: the level of every combination there is, and the day it must be resolved by."""

import itertools
from datetime import date

import pytest

from schema.issue.rules import (
    IssueLevel,
    IssueSeverity,
    IssueStatus,
    Reach,
    ReportedIssue,
    deadline_of,
    level_of,
    reported_issue,
)

# Severity; whether it crosses regions, crosses fields, needs the city; and who must then resolve it.
LEVELS = """
MINOR     -  -  -  REGION
MINOR     -  -  c  VICE_MAYOR
MINOR     -  f  -  EXEC_VICE_MAYOR
MINOR     -  f  c  EXEC_VICE_MAYOR
MINOR     r  -  -  EXEC_VICE_MAYOR
MINOR     r  -  c  EXEC_VICE_MAYOR
MINOR     r  f  -  EXEC_VICE_MAYOR
MINOR     r  f  c  EXEC_VICE_MAYOR
MAJOR     -  -  -  REGION
MAJOR     -  -  c  VICE_MAYOR
MAJOR     -  f  -  EXEC_VICE_MAYOR
MAJOR     -  f  c  EXEC_VICE_MAYOR
MAJOR     r  -  -  EXEC_VICE_MAYOR
MAJOR     r  -  c  EXEC_VICE_MAYOR
MAJOR     r  f  -  EXEC_VICE_MAYOR
MAJOR     r  f  c  EXEC_VICE_MAYOR
CRITICAL  -  -  -  MAYOR
CRITICAL  -  -  c  MAYOR
CRITICAL  -  f  -  MAYOR
CRITICAL  -  f  c  MAYOR
CRITICAL  r  -  -  MAYOR
CRITICAL  r  -  c  MAYOR
CRITICAL  r  f  -  MAYOR
CRITICAL  r  f  c  MAYOR
"""
Row = tuple[IssueSeverity, Reach, IssueLevel]


def _row(line: str) -> Row:
    severity, regions, fields, city, level = line.split()
    return IssueSeverity(severity), Reach(regions == "r", fields == "f", city == "c"), IssueLevel(level)


TABLE = [_row(line) for line in LEVELS.strip().splitlines()]


def test_the_table_holds_every_combination_once() -> None:
    every = {
        (severity, Reach(*reach))
        for severity, reach in itertools.product(IssueSeverity, itertools.product([False, True], repeat=3))
    }
    assert {(severity, reach) for severity, reach, _ in TABLE} == every
    assert len(TABLE) == len(every)


@pytest.mark.parametrize(("severity", "reach", "level"), TABLE)
def test_the_level_is_computed(severity: IssueSeverity, reach: Reach, level: IssueLevel) -> None:
    assert level_of(severity, reach) is level


@pytest.mark.parametrize(
    ("level", "reported_on", "days", "deadline"),
    [
        (IssueLevel.REGION, date(2026, 6, 30), 15, date(2026, 7, 15)),
        (IssueLevel.REGION, date(2024, 2, 14), 15, date(2024, 2, 29)),
        (IssueLevel.REGION, date(2026, 12, 31), 1, date(2027, 1, 1)),
        (IssueLevel.REGION, date(2026, 6, 30), 0, date(2026, 6, 30)),
        (IssueLevel.VICE_MAYOR, date(2026, 6, 30), 15, None),
        (IssueLevel.EXEC_VICE_MAYOR, date(2026, 6, 30), 15, None),
        (IssueLevel.MAYOR, date(2026, 6, 30), 15, None),
    ],
)
def test_only_a_region_has_a_deadline(level: IssueLevel, reported_on: date, days: int, deadline: date | None) -> None:
    assert deadline_of(level, reported_on, days) == deadline


@pytest.mark.parametrize(("severity", "reach", "level"), TABLE)
def test_a_reported_issue_begins_open_with_level_and_deadline(
    severity: IssueSeverity, reach: Reach, level: IssueLevel
) -> None:
    deadline = date(2026, 7, 10) if level is IssueLevel.REGION else None
    assert reported_issue(severity, reach, date(2026, 6, 30), 10) == ReportedIssue(IssueStatus.OPEN, level, deadline)
