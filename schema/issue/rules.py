"""Issues (问题): what blocks a project, who must unblock it and by when (S25 to S27; 方案 三)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class IssueStatus(StrEnum):
    """问题状态 (S27)."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    IN_PROGRESS = "IN_PROGRESS"
    RESOLVED = "RESOLVED"
    VERIFIED = "VERIFIED"
    ESCALATED = "ESCALATED"
    REJECTED = "REJECTED"
    REOPENED = "REOPENED"


class IssueLevel(StrEnum):
    """问题层级 (S25): who must resolve it."""

    REGION = "REGION"
    VICE_MAYOR = "VICE_MAYOR"
    EXEC_VICE_MAYOR = "EXEC_VICE_MAYOR"
    MAYOR = "MAYOR"


class IssueSeverity(StrEnum):
    """严重程度. CRITICAL is 重特大."""

    MINOR = "MINOR"
    MAJOR = "MAJOR"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True)
class Reach:
    """How far an issue reaches, as far as its level depends on it."""

    crosses_regions: bool = False
    crosses_fields: bool = False
    needs_city: bool = False


def level_of(severity: IssueSeverity, reach: Reach) -> IssueLevel:
    """The level that must resolve an issue: computed, never typed (S25; 方案 三).

    重特大 goes to the mayor, 跨地区、跨领域 to the executive vice mayor, what needs the city to the vice mayor of the
    field, and the rest stays with the region. The highest that applies wins.
    """
    if severity is IssueSeverity.CRITICAL:
        return IssueLevel.MAYOR
    if reach.crosses_regions or reach.crosses_fields:
        return IssueLevel.EXEC_VICE_MAYOR
    if reach.needs_city:
        return IssueLevel.VICE_MAYOR
    return IssueLevel.REGION


def deadline_of(level: IssueLevel, reported_on: date, region_days: int) -> date | None:
    """The day by which a REGION issue must be resolved (S26: 各地区能解决的问题要限时解决); others carry none yet.

    ``region_days`` is the limit in force on ``reported_on``: versioned configuration, not a constant.
    """
    return reported_on + timedelta(days=region_days) if level is IssueLevel.REGION else None


@dataclass(frozen=True)
class ReportedIssue:
    """What the rules decide of a newly reported issue."""

    status: IssueStatus
    level: IssueLevel
    deadline: date | None


def reported_issue(severity: IssueSeverity, reach: Reach, reported_on: date, region_days: int) -> ReportedIssue:
    """The state in which a reported issue begins (S25 to S27)."""
    level = level_of(severity, reach)
    return ReportedIssue(IssueStatus.OPEN, level, deadline_of(level, reported_on, region_days))
