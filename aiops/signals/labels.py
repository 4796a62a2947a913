"""Labels of scored rows: joined to their predictions, and errors told by the time of the prediction.

A row whose prediction is a fraction, or whose label is one, makes the model a regression; its error is the mean
distance, else a wrong answer is an error. When labels are there, and for which predictions, is `cohort`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

import msgspec

from aiops.signals.cohort import Cohorts, Labelled
from aiops.signals.joins import RowJoin
from aiops.signals.outcome import Pair, differ
from aiops.signals.reference import Value
from aiops.types import Prediction


class Labels:
    """Labels of one partition's models.

    Parameters
    ----------
    step_seconds : length of a step.
    """

    def __init__(self, step_seconds: float = 15.0) -> None:
        self._step_seconds = step_seconds
        self._cohorts: dict[str, Cohorts] = {}
        self._regressions: set[str] = set()
        self._waiting = RowJoin("waiting")

    def add(self, model: str, events: Sequence[Prediction]) -> list[Pair]:
        """Count a step's rows and labels of one model; the rows whose label is known now.

        None are given back before it is known how long labels take: the first to come are the quick ones. Nor of a
        regression, whose labels are no outcomes.
        """
        cohorts = self._cohorts.setdefault(model, Cohorts(self._step_seconds))
        found: list[tuple[Prediction, Value, float]] = []
        for event in events:
            if event.prediction is not None:
                cohorts.predict(event.timestamp)
            if event.label is None:
                if event.prediction is not None and event.id:
                    self._waiting.wait(msgspec.structs.replace(event, features={}))
                continue
            row = event if event.prediction is not None else self._waiting.take(model, event.id)
            if row is not None:
                found.append((row, event.label, event.timestamp))
        if any(_fraction(row.prediction) or _fraction(label) for row, label, _ in found):
            self._regressions.add(model)
        regression = model in self._regressions
        for row, label, at in found:
            wrong = None if regression else differ(row.prediction, label)
            cohorts.label(Labelled(row.timestamp, at, wrong, _distance(row.prediction, label) if regression else None))
        return [] if regression or cohorts.learning else [(row, label) for row, label, _ in found]

    def due(self, step: float, model: str) -> tuple[dict[str, float], dict[str, float]]:
        """Counts and gauges of the predictions whose labels can be there at the end of a step, by metric."""
        if model not in self._cohorts:
            return {}, {}
        found = self._cohorts[model].due(step)
        if not found.rows:
            return {}, {}
        regression = model in self._regressions
        counts = {
            "model_labelled": float(found.distances if regression else found.labelled),
            "model_due": float(found.rows),
            "model_unlabelled": float(found.rows - found.labelled),
        }
        if not regression:
            return counts | {"model_errors": float(found.errors)}, {}
        return counts, {"model_abs_error": found.distance / found.distances} if found.distances else {}

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts."""
        cohorts = {f"cohorts/{model.encode().hex()}": one.encode() for model, one in sorted(self._cohorts.items())}
        return cohorts | {"regressions": msgspec.msgpack.encode(sorted(self._regressions))} | self._waiting.snapshot()

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take over what `snapshot` gave."""
        self._regressions = set(msgspec.msgpack.decode(parts["regressions"], type=list[str]))
        self._waiting = RowJoin("waiting")
        self._waiting.restore(parts)
        self._cohorts = {}
        for name in sorted(name for name in parts if name.startswith("cohorts/")):
            one = self._cohorts[bytes.fromhex(name.removeprefix("cohorts/")).decode()] = Cohorts(self._step_seconds)
            one.decode(parts[name])


def _fraction(value: Value) -> bool:
    return isinstance(value, float) and value % 1 != 0


def _is_number(value: Value) -> TypeGuard[float | int]:
    return isinstance(value, (int, float)) and abs(value) < 1e300


def _distance(said: Value, label: Value) -> float | None:
    return abs(said - label) if _is_number(said) and _is_number(label) else None
