"""Inspections (督导检查): S52 and S53."""

from enum import StrEnum


class InspectionKind(StrEnum):
    """检查方式. UNANNOUNCED is 四不两直 (S52): unknown to everyone outside the team until it starts."""

    UNANNOUNCED = "UNANNOUNCED"
    ON_SITE_CHECK = "ON_SITE_CHECK"
    OFFICE = "OFFICE"
    SERVICE = "SERVICE"


class InspectionResult(StrEnum):
    """检查结果."""

    SATISFACTORY = "SATISFACTORY"
    FINDINGS = "FINDINGS"
    RECTIFICATION_REQUIRED = "RECTIFICATION_REQUIRED"
