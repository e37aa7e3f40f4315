"""SVG elements from numbers and words; nothing here knows what is drawn."""

import re
import unicodedata
from xml.etree.ElementTree import Element, SubElement

from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry

# XML 1.0 has no way to write these characters, even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float) -> str:
    """To a tenth of a unit: finer than a screen shows, coarse enough to give the same file everywhere."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # adding zero turns -0.0 into 0.0


def add(parent: Element, tag: str, words: str | None = None, **attributes: str | float) -> Element:
    """A child element; ``stroke_width=2`` becomes ``stroke-width="2"``, ``class_`` becomes ``class``."""
    named = {
        key.rstrip("_").replace("_", "-"): value if isinstance(value, str) else number(value)
        for key, value in attributes.items()
    }
    element = SubElement(parent, tag, named)
    if words is not None:
        element.text = _UNWRITABLE.sub("", words)
    return element


def path(shape: BaseGeometry) -> str:
    """The ``d`` of lines and polygons; points have none."""
    if isinstance(shape, BaseMultipartGeometry):
        return "".join(path(part) for part in shape.geoms)
    if isinstance(shape, Polygon):
        return "".join(_strokes(ring.coords, "Z") for ring in (shape.exterior, *shape.interiors) if not ring.is_empty)
    if isinstance(shape, LineString):
        return _strokes(shape.coords, "")
    return ""


def _strokes(coordinates: object, end: str) -> str:
    points: list[str] = []
    for x, y, *_ in coordinates:  # type: ignore[attr-defined]
        point = f"{number(x)} {number(y)}"
        if not points or points[-1] != point:
            points.append(point)
    return "M" + "L".join(points) + end if len(points) > 1 else ""


def width_of(words: str) -> int:
    """Columns that words take in print: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def shorten(words: str, columns: int) -> str:
    """The words, or as many as fit into ``columns`` with an ellipsis for the rest."""
    if width_of(words) <= columns:
        return words
    kept = ""
    for letter in words:
        if width_of(kept + letter) > columns - 1:
            break
        kept += letter
    return kept + "…"
