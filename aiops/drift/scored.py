"""A file of scored rows as the reference of a model in the daemon: CSV, Parquet or NDJSON to columns of values.

Columns with a role are told by their name; all others are features. Times are left out, as are rows beyond `MOST_ROWS`,
evenly; texts and embeddings become the numbers that the daemon makes of them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow

from aiops.decode.tensor import flattened
from aiops.drift.column import is_list
from aiops.drift.table import Table, read
from aiops.errors import ConfigError
from aiops.recording.rows import stamp
from aiops.signals.answer import ANSWERS
from aiops.signals.reference import Value
from aiops.signals.stated import Scored, Stated
from aiops.signals.taught import taught
from aiops.signals.unfold import unfolded_column
from aiops.types import Floats, Prediction

MOST_ROWS = 500_000
SAMPLE_ROWS = 20_000
"""Rows that are looked at one by one, for what becomes of answers."""
ROLES = ("timestamp", "prediction", "proba", "label", "group", "id", "version", "model")


def stated(path: Path, roles: Mapping[str, str], step_seconds: float, timezone: str | None) -> Stated:
    """The reference that a file holds.

    Parameters
    ----------
    roles : role -> column, where it is not the role's own name.
    timezone : of the hours of the week, if the reference is to be one by hour; None = one for all hours.

    Raises
    ------
    ConfigError : the file cannot be read, holds no feature and no answer, or a named column is absent.
    """
    table = read(path)
    for role, column in roles.items():
        if column not in table.columns:
            raise ConfigError(f"has no column {column!r} for the {role}", file=str(path))
    past = _scored(table, {role: roles.get(role, role) for role in ROLES})
    if not past.features and not past.answers:
        raise ConfigError("holds neither a feature nor an answer", file=str(path))
    parts = taught(past, step_seconds, timezone)
    told = hashlib.sha256(path.read_bytes())
    told.update(repr((sorted(roles.items()), timezone)).encode())
    return Stated(timezone is not None, path.name, table.rows, told.hexdigest(), parts)


def _scored(table: Table, roles: Mapping[str, str]) -> Scored:
    every = max(1, math.ceil(table.rows / MOST_ROWS))
    columns = {name: found for name, cells in table.columns.items() if (found := _values(cells, every)) is not None}
    special = {role: columns[name] for role, name in roles.items() if name in columns}
    features: dict[str, list[Value]] = {}
    for name, column in columns.items():
        if name not in roles.values():
            features |= unfolded_column(name, column)
    for name, cells in table.columns.items():
        if is_list(cells.type):
            features |= _embedded(name, cells.to_pylist()[::every])
    if (proba := special.pop("proba", None)) is not None:
        special["proba"] = [_number(value) for value in proba]
    when = table.columns.get(roles["timestamp"])
    times = None if when is None else _times(when, every)
    answers = {role: special[role] for role in ANSWERS if role in special}
    return Scored(features, answers, times, _sample(features, special))


def _sample(features: Mapping[str, list[Value]], special: Mapping[str, list[Value]]) -> list[Prediction]:
    rows = max((len(column) for column in (*features.values(), *special.values())), default=0)
    fields = {role: special[role] for role in ("prediction", "proba", "label") if role in special}
    groups = special.get("group")
    found = []
    for i in range(0, rows, max(1, math.ceil(rows / SAMPLE_ROWS))):
        told: dict[str, Any] = {role: column[i] for role, column in fields.items()}
        group = groups[i] if groups else None
        row = {name: column[i] for name, column in features.items()}
        found.append(
            Prediction(timestamp=0.0, model="", features=row, group="" if group is None else str(group), **told)
        )
    return found


def _values(column: pyarrow.ChunkedArray, every: int) -> list[Value] | None:
    """Cells that a scored row could hold, lists left out; None of times and the like."""
    kind, types = column.type, pyarrow.types
    if types.is_decimal(kind):
        column = column.cast(pyarrow.float64(), safe=False)
    elif types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    kind = column.type
    plain = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    if not (plain or types.is_string(kind) or types.is_large_string(kind)):
        return None
    found: list[Value] = column.to_pylist()[::every]
    return found


def _embedded(name: str, vectors: list[Any]) -> dict[str, list[Value]]:
    """Columns that stand for embeddings, as the daemon reads them."""
    rows = [flattened({name: vector}) for vector in vectors]
    names = sorted({key for row in rows for key, value in row.items() if value is not None})
    return {key: [row.get(key) for row in rows] for key in names}


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and 0.0 <= value <= 1.0 else None


def _times(column: pyarrow.ChunkedArray, every: int) -> Floats:
    """Epoch seconds, NaN = none."""
    kind = column.type
    if pyarrow.types.is_timestamp(kind) or pyarrow.types.is_date(kind):
        moments = column.cast(pyarrow.timestamp("us", getattr(kind, "tz", None)), safe=False).cast(pyarrow.int64())
        return np.array([math.nan if one is None else one / 1e6 for one in moments.to_pylist()[::every]])
    told = column.to_pylist()[::every]
    return np.array([stamp(one) if isinstance(one, (str, int, float)) else math.nan for one in told])
