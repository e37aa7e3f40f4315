"""Facts of a project that hold without a database."""

from enum import StrEnum


class ProjectStage(StrEnum):
    """项目阶段, the life of a project (DOMAIN.md). The yearly ``annualCategory`` of list 2 is another axis."""

    PLANNED_RESERVE = "PLANNED_RESERVE"
    PRELIMINARY_WORK = "PRELIMINARY_WORK"
    STARTED = "STARTED"
    UNDER_CONSTRUCTION = "UNDER_CONSTRUCTION"
    IN_OPERATION = "IN_OPERATION"
    SUSPENDED = "SUSPENDED"
    CANCELLED = "CANCELLED"


PROJECT_CODE = r"^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$"
"""投资项目在线审批监管平台: YYMM, adcode, department, type, serial with a check digit (its algorithm is not public)."""
