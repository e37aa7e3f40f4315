"""The one error of this room."""

from __future__ import annotations

Path = tuple[str | int, ...]


class GeoJSONError(ValueError):
    """A value that is not the GeoJSON asked for.

    `path` leads from the value to the member at fault (`("coordinates", 0, 3)`; empty for the value itself);
    `message` says what is wrong there and how to mend it, and is safe to show to whoever sent the value.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(path, message)  # both, so that the error survives pickling
        self.path = path
        self.message = message

    def __str__(self) -> str:
        where = ""
        for step in self.path:
            where += f"[{step}]" if isinstance(step, int) else f".{step}" if where else step
        return f"{where}: {self.message}" if where else self.message


def json_type(value: object) -> str:
    """The JSON name of a value's type, for messages: never the value, which may be huge or hostile."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list() | tuple():
            return "an array"
        case dict():
            return "an object"
    return f"a {type(value).__name__}"
