"""What can happen to an entity."""

from enum import StrEnum


class ChangeOperation(StrEnum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
