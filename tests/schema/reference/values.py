"""Values as the API writes and reads them, by kind."""

import datetime
import json
from decimal import Decimal
from typing import Any

import shapely

from tests.schema.reference.fields import PREFIX


def written(value: Any, kind: str) -> Any:
    """A column's value as it stands in an answer."""
    if value is None:
        return None
    if kind == "decimal":
        return str(value)
    if kind == "date":
        return value.isoformat()
    if kind == "datetime":
        return _instant(value, "T") + "+00:00"
    return value


def key_text(value: Any, kind: str) -> str | None:
    """A key's value as PostgreSQL writes it as text, for cursors."""
    if value is None:
        return None
    if kind == "datetime":
        return _instant(value, " ") + "+00"
    if kind == "float":
        return repr(value).removesuffix(".0")
    return value.isoformat() if kind == "date" else str(value)


def _instant(value: datetime.datetime, separator: str) -> str:
    text = value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(separator)
    return text.rstrip("0") if "." in text else text


def read(value: Any, kind: str, type_: str) -> Any:
    """A filter's value as the column holds it. ValueError for an id of another type."""
    if kind == "id":
        prefix, _, digits = str(value).partition("_")
        if prefix != PREFIX[type_]:
            raise ValueError(value)
        return int(digits)
    if kind == "decimal":
        return Decimal(str(value))
    if kind == "date":
        return datetime.date.fromisoformat(value)
    if kind == "datetime":
        return datetime.datetime.fromisoformat(value)
    return value


def geometry(value: Any) -> shapely.Geometry:
    """A GeoJSON object as a shape."""
    return shapely.from_geojson(json.dumps(value))
