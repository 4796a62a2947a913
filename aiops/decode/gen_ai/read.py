"""One attribute, read: the first name that is present, as text, number or structure.

Attributes hold lists and maps as JSON text, and MLflow and Langfuse quote plain strings as well. What cannot be read is
absent: nothing an application puts into an attribute may raise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

Attributes = Mapping[str, Any]
Names = tuple[str, ...]
QUOTED = ("mlflow.", "langfuse.")
"""Prefixes of attributes whose strings are JSON."""
NOTHING = (None, "")
MOST_WHOLE = 2.0**53
"""From which on one whole number cannot be told from the next; sums of a few such still fit into 64 bits."""
MOST_NUMBERED = 1_000
"""Entries `name.0`, `name.1`, ... that are read at most."""


def first(told: Attributes, names: Names) -> Any:
    """Value of the first of `names` that says something, None = none does."""
    for name in names:
        if (value := told.get(name)) not in NOTHING:
            return _unquoted(value) if name.startswith(QUOTED) else value
    return None


def _unquoted(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, ValueError):
            return value
    return value


def text(told: Attributes, names: Names) -> str:
    """Return the first of `names` as text, empty = none is present."""
    value = first(told, names)
    return "" if value is None else value if isinstance(value, str) else str(value)


def number(told: Attributes, names: Names) -> float | None:
    """Return the first of `names` as a number, None = none is present or it is no number."""
    return finite(first(told, names))


def count(told: Attributes, names: Names) -> int:
    """Return the first of `names` as a count, 0 = none is present."""
    return whole(number(told, names)) or 0


def whole(value: float | None) -> int | None:
    """Return a number as a count; below 0 is 0, and what is beyond all counts is none."""
    return None if value is None or value >= MOST_WHOLE else max(0, int(value))


def finite(value: Any) -> float | None:
    """Read a number or the text of one; None for all else, NaN and Inf included."""
    if isinstance(value, bool):
        return float(value)
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def structure(value: Any) -> Any:
    """Undo the JSON text that attributes put lists and maps into."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return value
    return value


def mapping(told: Attributes, names: Names) -> Attributes:
    """Return the first of `names` that is a map, else an empty one."""
    for name in names:
        if isinstance(found := structure(told.get(name)), dict):
            return found
    return {}


def numbered(told: Attributes, name: str) -> list[Any]:
    """Values of `name` with `{}` = 0, 1, ... until one is missing."""
    found: list[Any] = []
    while len(found) < MOST_NUMBERED and (value := told.get(name.format(len(found)))) is not None:
        found.append(value)
    return found
