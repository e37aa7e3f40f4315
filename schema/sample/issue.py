"""The issues of the sample."""

from datetime import date
from itertools import product

import numpy as np

from schema.issue.rules import IssueLevel, IssueSeverity, IssueStatus, Reach, deadline_of, level_of
from schema.project.rules import ProjectStage
from schema.sample import vocabulary
from schema.sample.draw import Bools, Ints, between, chosen, days, identities, instants, weighted
from schema.sample.project import STAGES, Projects
from schema.sample.rows import Rows
from schema.sample.shape import ewkb, plots, to_metres

COLUMNS = ("id", "project_id", "title", "description", "status", "level", "severity", "deadline", "affected_area",
           "reported_by", "origin", "created_at", "updated_at")  # fmt: skip

# How often a project in this stage meets an obstacle, against the others.
OBSTACLES = {
    ProjectStage.PLANNED_RESERVE: 0.3,
    ProjectStage.PRELIMINARY_WORK: 1.3,
    ProjectStage.STARTED: 1.5,
    ProjectStage.UNDER_CONSTRUCTION: 1.3,
    ProjectStage.IN_OPERATION: 0.4,
    ProjectStage.SUSPENDED: 2.5,
    ProjectStage.CANCELLED: 0.2,
}
SEVERITIES = {IssueSeverity.MINOR: 0.7, IssueSeverity.MAJOR: 0.27, IssueSeverity.CRITICAL: 0.03}
CROSSES_REGIONS, CROSSES_FIELDS, NEEDS_CITY = 0.06, 0.06, 0.15
AREA_SHARE = 0.15
REPORTED_WITHIN = 540  # days

S = IssueStatus
STATUSES = tuple(IssueStatus)
# Where an issue stands, by its age in days. What is over (in operation, cancelled) has no open issues.
YOUNG = {S.OPEN: 0.5, S.ACCEPTED: 0.25, S.IN_PROGRESS: 0.2, S.REJECTED: 0.05}
MIDDLE = {
    S.OPEN: 0.2,
    S.ACCEPTED: 0.1,
    S.IN_PROGRESS: 0.3,
    S.RESOLVED: 0.18,
    S.VERIFIED: 0.12,
    S.REJECTED: 0.06,
    S.REOPENED: 0.04,
}
OLD = {S.OPEN: 0.06, S.IN_PROGRESS: 0.08, S.RESOLVED: 0.15, S.VERIFIED: 0.64, S.REJECTED: 0.05, S.REOPENED: 0.02}
CLOSED = {S.VERIFIED: 0.9, S.REJECTED: 0.1}
ESCALATED_SHARE = 0.25  # of those in hand above the region


def draw_issues(rng: np.random.Generator, count: int, projects: Projects, today: date, region_days: int) -> Rows:
    """``count`` issues of ``projects``; level and deadline follow the rules.

    ``region_days`` is the limit in force for issues that the region resolves.
    """
    appetite = np.array([OBSTACLES[stage] for stage in STAGES])[projects.stage]
    subject = np.sort(weighted(rng, appetite * rng.gamma(1.2, size=len(appetite)), count))
    now = today.toordinal()
    age = np.minimum((REPORTED_WITHIN * rng.random(count) ** 1.6).astype(np.int64), now - projects.created[subject])
    reported = now - age
    severity = weighted(rng, list(SEVERITIES.values()), count)
    level = _levels(rng, severity)
    status = _statuses(rng, age, projects.stage[subject], level)
    changed = np.where(status == STATUSES.index(S.OPEN), reported, between(rng, reported, np.full(count, now)))
    levels, severities = list(IssueLevel), list(SEVERITIES)
    named = [levels[index] for index in level.tolist()]
    titles, details = (chosen(rng, words, count) for words in (vocabulary.ISSUE_TITLES, vocabulary.ISSUE_DETAILS))
    created_at = instants(rng, reported, from_hour=0.5, to_hour=4)
    return Rows(
        "issue",
        COLUMNS,
        list(
            zip(
                identities(rng, count).tolist(),
                projects.id[subject].tolist(),
                [title + vocabulary.MARK for title in titles],
                details,
                [STATUSES[index].value for index in status.tolist()],
                [one.value for one in named],
                [severities[index].value for index in severity.tolist()],
                [deadline_of(one, day, region_days) for one, day in zip(named, days(reported), strict=True)],
                _areas(rng, projects, subject),
                [f"sample:{projects.region_name[index]}" for index in subject.tolist()],
                ["SAMPLE"] * count,
                created_at,
                instants(rng, changed, from_hour=4, to_hour=10),
                strict=True,
            )
        ),
    )


def _levels(rng: np.random.Generator, severity: Ints) -> Ints:
    """The level of each issue as the rule gives it, asked once for every combination of what it depends on."""
    levels, flags = list(IssueLevel), (False, True)
    table = np.empty((len(SEVERITIES), 2, 2, 2), dtype=np.int64)
    for (row, one), regions, fields, city in product(enumerate(SEVERITIES), flags, flags, flags):
        table[row, int(regions), int(fields), int(city)] = levels.index(
            level_of(one, Reach(crosses_regions=regions, crosses_fields=fields, needs_city=city))
        )
    reach = [
        (rng.random(len(severity)) < share).astype(np.int64) for share in (CROSSES_REGIONS, CROSSES_FIELDS, NEEDS_CITY)
    ]
    found: Ints = table[severity, reach[0], reach[1], reach[2]]
    return found


def _statuses(rng: np.random.Generator, age: Ints, stage: Ints, level: Ints) -> Ints:
    over = np.isin(stage, [STAGES.index(s) for s in (ProjectStage.IN_OPERATION, ProjectStage.CANCELLED)])
    status = np.empty(len(age), dtype=np.int64)
    cases: tuple[tuple[dict[IssueStatus, float], Bools], ...] = (
        (OLD, age > 90),
        (MIDDLE, (age > 10) & (age <= 90)),
        (YOUNG, age <= 10),
        (CLOSED, over),
    )
    for shares, mask in cases:
        drawn = weighted(rng, list(shares.values()), int(mask.sum()))
        status[mask] = np.array([STATUSES.index(one) for one in shares])[drawn]
    in_hand = np.isin(status, [STATUSES.index(s) for s in (S.ACCEPTED, S.IN_PROGRESS)])
    raised = in_hand & (level > 0) & (rng.random(len(age)) < ESCALATED_SHARE)
    status[raised] = STATUSES.index(S.ESCALATED)
    return status


def _areas(rng: np.random.Generator, projects: Projects, subject: Ints) -> list[bytes | None]:
    """A plot of some hectares about the project for some of those that have a place."""
    lon, lat = projects.lon[subject], projects.lat[subject]
    mask = ~np.isnan(lon) & (rng.random(len(subject)) < AREA_SHARE)
    side = rng.uniform(80, 600, int(mask.sum()))
    x, y = to_metres(lon[mask], lat[mask])
    areas: list[bytes | None] = [None] * len(subject)
    shapes = plots(rng, x - side / 2, y - side / 2, side)
    for index, shape in zip(np.flatnonzero(mask).tolist(), ewkb(shapes), strict=True):
        areas[index] = shape
    return areas
