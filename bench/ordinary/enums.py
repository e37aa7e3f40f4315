"""The enums of the API, declared again: the product's own must not be changed by being registered here too."""

from enum import Enum

import strawberry


@strawberry.enum
class ProjectStage(Enum):
    PLANNED_RESERVE = "PLANNED_RESERVE"
    PRELIMINARY_WORK = "PRELIMINARY_WORK"
    STARTED = "STARTED"
    UNDER_CONSTRUCTION = "UNDER_CONSTRUCTION"
    IN_OPERATION = "IN_OPERATION"
    SUSPENDED = "SUSPENDED"
    CANCELLED = "CANCELLED"


@strawberry.enum
class IssueStatus(Enum):
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    IN_PROGRESS = "IN_PROGRESS"
    RESOLVED = "RESOLVED"
    VERIFIED = "VERIFIED"
    ESCALATED = "ESCALATED"
    REJECTED = "REJECTED"
    REOPENED = "REOPENED"


@strawberry.enum
class IssueLevel(Enum):
    REGION = "REGION"
    VICE_MAYOR = "VICE_MAYOR"
    EXEC_VICE_MAYOR = "EXEC_VICE_MAYOR"
    MAYOR = "MAYOR"


@strawberry.enum
class IssueSeverity(Enum):
    MINOR = "MINOR"
    MAJOR = "MAJOR"
    CRITICAL = "CRITICAL"


@strawberry.enum
class InspectionKind(Enum):
    UNANNOUNCED = "UNANNOUNCED"
    ON_SITE_CHECK = "ON_SITE_CHECK"
    OFFICE = "OFFICE"
    SERVICE = "SERVICE"


@strawberry.enum
class InspectionResult(Enum):
    SATISFACTORY = "SATISFACTORY"
    FINDINGS = "FINDINGS"
    RECTIFICATION_REQUIRED = "RECTIFICATION_REQUIRED"


@strawberry.enum
class Direction(Enum):
    ASC = "asc"
    DESC = "desc"


@strawberry.enum
class ProjectOrderField(Enum):
    TOTAL_INVESTMENT = "total_investment"


@strawberry.enum
class IssueOrderField(Enum):
    CREATED_AT = "created_at"


@strawberry.enum
class InspectionOrderField(Enum):
    STARTED_AT = "started_at"


@strawberry.enum
class ProjectDimension(Enum):
    REGION = "region_id"
