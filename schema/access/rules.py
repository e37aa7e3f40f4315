"""Who may do what: roles, as pure values."""

from enum import StrEnum


class Role(StrEnum):
    """What a token's bearer may do; each role may do what the ones before it may."""

    READER = "READER"
    WRITER = "WRITER"
    OPERATOR = "OPERATOR"
