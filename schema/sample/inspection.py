"""The inspections of the sample."""

from datetime import date

import numpy as np
import shapely

from schema.inspection.rules import InspectionKind, InspectionResult
from schema.project.rules import ProjectStage
from schema.sample import vocabulary
from schema.sample.draw import Bools, Ints, between, chosen, days, identities, instants, weighted, where
from schema.sample.project import STAGES, Projects
from schema.sample.rows import Rows
from schema.sample.shape import METRES_A_DEGREE, ewkb

COLUMNS = ("id", "project_id", "kind", "planned_on", "started_at", "result", "location", "findings",
           "origin", "created_at", "updated_at")  # fmt: skip

# How often a project in this stage is inspected, against the others.
ATTENTION = {
    ProjectStage.PLANNED_RESERVE: 0.05,
    ProjectStage.PRELIMINARY_WORK: 0.6,
    ProjectStage.STARTED: 2.0,
    ProjectStage.UNDER_CONSTRUCTION: 2.5,
    ProjectStage.IN_OPERATION: 0.5,
    ProjectStage.SUSPENDED: 1.2,
    ProjectStage.CANCELLED: 0.02,
}
KINDS = {
    InspectionKind.UNANNOUNCED: 0.25,
    InspectionKind.ON_SITE_CHECK: 0.45,
    InspectionKind.OFFICE: 0.12,
    InspectionKind.SERVICE: 0.18,
}
RESULTS = {
    InspectionResult.SATISFACTORY: 0.62,
    InspectionResult.FINDINGS: 0.27,
    InspectionResult.RECTIFICATION_REQUIRED: 0.11,
}
FUTURE_SHARE, FUTURE_DAYS, PAST_DAYS = 0.08, 60, 540
MISSED_SHARE, UNFINISHED_SHARE = 0.03, 0.02
FIX_METRES = 40.0  # how far from the project's point an inspector stands


def draw_inspections(rng: np.random.Generator, count: int, projects: Projects, today: date) -> Rows:
    """``count`` inspections: planned ones ahead, missed ones, ones under way, and finished ones with their result."""
    attention = np.array([ATTENTION[stage] for stage in STAGES])[projects.stage]
    subject = np.sort(weighted(rng, attention, count))
    now = today.toordinal()
    ahead = rng.random(count) < FUTURE_SHARE
    since = np.maximum(np.maximum(projects.created, projects.started)[subject] + 1, now - PAST_DAYS)
    planned = np.where(
        ahead,
        between(rng, np.full(count, now + 1), now + FUTURE_DAYS),
        np.minimum(between(rng, since, np.full(count, now - 1)), now - 1),
    )
    started = ~ahead & (rng.random(count) >= MISSED_SHARE)
    finished = started & (rng.random(count) >= UNFINISHED_SHARE)
    kind = weighted(rng, list(KINDS.values()), count)
    result = weighted(rng, list(RESULTS.values()), count)
    noted = np.maximum(np.minimum(planned - between(rng, np.full(count, 1), 20), now - 1), since - 1)
    # 9 to 16 o'clock in Shanghai, where the inspectors are.
    started_at = instants(rng, planned, from_hour=1, to_hour=8)
    found = chosen(rng, vocabulary.FINDINGS, count)
    content = chosen(rng, vocabulary.SATISFIED, count)
    satisfied = list(RESULTS).index(InspectionResult.SATISFACTORY)
    kinds, results = list(KINDS), list(RESULTS)
    return Rows(
        "inspection",
        COLUMNS,
        list(
            zip(
                identities(rng, count).tolist(),
                projects.id[subject].tolist(),
                [kinds[index].value for index in kind.tolist()],
                days(planned),
                where(started, started_at),
                where(finished, [results[index].value for index in result.tolist()]),
                _fixes(rng, projects, subject, started & (kind != kinds.index(InspectionKind.OFFICE))),
                where(
                    finished,
                    [
                        well if index == satisfied else bad
                        for index, well, bad in zip(result.tolist(), content, found, strict=True)
                    ],
                ),
                ["SAMPLE"] * count,
                instants(rng, noted, from_hour=0, to_hour=1),
                instants(rng, np.where(started, planned, noted), from_hour=8, to_hour=11),
                strict=True,
            )
        ),
    )


def _fixes(rng: np.random.Generator, projects: Projects, subject: Ints, mask: Bools) -> list[bytes | None]:
    """Where the inspector stood: within some metres of the project's point, if it has one."""
    scatter = rng.standard_normal((2, len(subject))) * FIX_METRES / METRES_A_DEGREE
    lon, lat = projects.lon[subject] + scatter[0], projects.lat[subject] + scatter[1]
    points = shapely.points(np.nan_to_num(lon).round(6), np.nan_to_num(lat).round(6))
    return where(mask & ~np.isnan(lon), ewkb(points))
