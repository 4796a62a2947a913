"""Reads the labelled data sets as their authors publish them, and what few of them lack.

nab       the repository numenta/NAB: data/, labels/, config/
kpi       <set>/<series>.npz: value, label, n_train, interval_s, and timestamp where it is known (AIOPS KPI, WSD)
tsb       TSB-AD-U/*.csv and TSB-AD-M/*.csv: columns of values, then Label
mts       <set>/<entity>.npz: train, test, test_label (SMD, ASD), culprits in <entity>.interpretation.txt
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
INTERVALS = {"SMD": 60.0, "ASD": 300.0}


@dataclass(frozen=True, slots=True)
class Case:
    """One file.

    Attributes
    ----------
    name, group : as in the data set.
    time : shape (rows,), epoch seconds; None = not known.
    values : shape (rows, columns).
    truth : shape (rows,), labelled rows.
    start : first row that is judged; what stands before may be learnt from.
    culprits : (first row, row behind the last, guilty columns).
    windows : of NAB: first and last time of each window.
    """

    name: str
    group: str
    time: Floats | None
    values: Floats
    truth: Truth
    interval: float = 1.0
    start: int = 0
    culprits: tuple[tuple[int, int, tuple[int, ...]], ...] = ()
    windows: tuple[tuple[float, float], ...] = ()

    @property
    def names(self) -> list[str]:
        """Of the columns, as they are written for `aiops score`."""
        return [f"c{i:03d}" for i in range(self.values.shape[1])]


def nab(folder: Path) -> list[Case]:
    """The 58 files of NAB."""
    spans = json.loads((folder / "labels" / "combined_windows.json").read_text())
    return [_nab_file(folder / "data" / name, name, windows) for name, windows in spans.items()]


def _nab_file(path: Path, name: str, spans: list[list[str]]) -> Case:
    rows = [line.rsplit(",", 1) for line in path.read_text().splitlines()[1:]]
    time = np.asarray([_epoch(text) for text, _ in rows])
    values = np.asarray([float(value) for _, value in rows])[:, None]
    windows = tuple((_epoch(first), _epoch(last)) for first, last in spans)
    truth = np.zeros(len(time), np.bool_)
    for first, last in windows:
        truth |= (time >= first) & (time <= last)
    return Case(name, name.partition("/")[0], time, values, truth, 300.0, windows=windows)


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text.strip('"')).replace(tzinfo=UTC).timestamp()


def kpi(folder: Path) -> list[Case]:
    """Every univariate `.npz` below a folder; the second half is judged."""
    return [_series(path) for path in sorted(folder.rglob("*.npz"))]


def _series(path: Path) -> Case:
    with np.load(path, allow_pickle=False) as held:
        values, interval = held["value"].astype(np.float64), float(held["interval_s"])
        known = "timestamp" in held.files
        time = held["timestamp"].astype(np.float64) if known else _spaced(len(values), interval)
        truth, start = held["label"].astype(np.bool_), int(held["n_train"])
    return Case(path.stem, path.parent.name, time, values[:, None], truth, interval, start)


def tsb(folder: Path, kind: str) -> list[Case]:
    """TSB-AD-`kind`, U or M."""
    return [_labelled(path) for path in sorted((folder / f"TSB-AD-{kind}").glob("*.csv"))]


def _labelled(path: Path) -> Case:
    table = np.genfromtxt(path, delimiter=",", skip_header=1)
    table = table[~np.isnan(table).any(axis=1)]
    return Case(path.name, path.parent.name, None, table[:, :-1], table[:, -1] > 0)


def mts(folder: Path) -> list[Case]:
    """Every entity below a folder: its train rows, then its test rows, which are judged."""
    return [_entity(path) for path in sorted(folder.rglob("*.npz"))]


def _entity(path: Path) -> Case:
    with np.load(path, allow_pickle=False) as held:
        start = len(held["train"])
        values = np.concatenate([held["train"], held["test"]]).astype(np.float64)
        truth = np.concatenate([np.zeros(start, np.bool_), held["test_label"].astype(np.bool_)])
    interval = INTERVALS.get(path.parent.name, 60.0)
    notes = path.with_name(f"{path.stem}.interpretation.txt")
    culprits = tuple(_culprits(notes.read_text(), start)) if notes.exists() else ()
    time = _spaced(len(values), interval)
    return Case(path.stem, path.parent.name, time, values, truth, interval, start, culprits)


def _spaced(rows: int, interval: float) -> Floats:
    return np.arange(rows, dtype=np.float64) * interval


def _culprits(text: str, start: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """`first-last:column,column`, columns counted from 1, rows from the first test row."""
    for line in text.split():
        span, _, columns = line.partition(":")
        first, last = (int(one) for one in span.split("-"))
        yield start + first, start + max(last, first + 1), tuple(int(one) - 1 for one in columns.split(","))


def runs(marked: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """First row, and row behind the last, of every run of true; shape (k, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], marked, [False])).astype(np.int8)))
    return edges.reshape(-1, 2)
