"""What answers amount to once the truth is known, and what they promise before: one version of a model.

Calibration and rates of groups are compared with a reference, the version's first rows; so is the accuracy that
calibrated probabilities promise without labels (`detectors.cbpe`, blind to a change of P(y | x)). Where answers are 0
and 1 the probability is that of 1; with other answers it is taken for the confidence in the answer given.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from aiops.signals.reference import Value
from aiops.signals.tally_watch import TallyWatch
from aiops.types import Floats, Ints, Prediction
from detectors import calibration, cbpe, fairness
from detectors.drift import benjamini_hochberg
from detectors.tail import surprise

MOST_GROUPS = 20
LEAST_GAP = 0.1
"""Change of a gap between groups, as a share, that is told."""
LEAST_LOSS = 0.03
"""Fall of the estimated accuracy that is told."""
LEAST_ECE = 0.03
"""Rise of the calibration error that is told."""
Pair = tuple[Prediction, Value]
"""A row and its label."""


class _State(msgspec.Struct, array_like=True):
    binary: bool
    groups: list[str]
    watches: dict[str, bytes]


class Outcome:
    """Calibration, estimated accuracy and groups of one version."""

    def __init__(self) -> None:
        self._binary = True
        self._groups: list[str] = []
        groups = (MOST_GROUPS, 2)
        self._watches = {
            "calibration": TallyWatch((calibration.BINS, 4), _calibration),
            "estimate": TallyWatch((calibration.BINS, 2), self._loss),
            "selection": TallyWatch(groups, _gaps),
            "recall": TallyWatch(groups, _gaps),
        }

    def answer(self, step: float, step_seconds: float, rows: Sequence[Prediction]) -> None:
        """Count rows with an answer, labelled or not."""
        self._binary = self._binary and all(truth(row.prediction) is not None for row in rows)
        # What 0.7 means is not known before it is known what answers look like; the estimate starts with its labels.
        if self._watches["calibration"].frozen and (told := [row for row in rows if row.proba is not None]):
            p = np.array([row.proba for row in told], np.float64)
            counts = cbpe.tally(p, np.array([self._said(row) for row in told]))
            self._watches["estimate"].add(step, step_seconds, len(told), counts)
        grouped = [row for row in rows if self._binary and row.group]
        counts = self._by_group(grouped, [truth(row.prediction) == 1 for row in grouped])
        self._watches["selection"].add(step, step_seconds, len(grouped), counts)

    def label(self, step: float, step_seconds: float, pairs: Sequence[Pair]) -> None:
        """Count rows whose label is known."""
        told = [(row, label) for row, label in pairs if row.proba is not None]
        if told:
            p = np.array([row.proba for row, _ in told], np.float64)
            outcome = [self._outcome(row, label) for row, label in told]
            counts = calibration.tally(p, np.array(outcome))
            self._watches["calibration"].add(step, step_seconds, int(counts[:, calibration.ROWS].sum()), counts)
        true = [row for row, label in pairs if self._binary and row.group and truth(label) == 1]
        counts = self._by_group(true, [truth(row.prediction) == 1 for row in true])
        self._watches["recall"].add(step, step_seconds, len(true), counts)

    def gauges(self) -> dict[tuple[str, str], float]:
        """(metric, group) -> value; the group is empty for what is about all rows."""
        found: dict[tuple[str, str], float] = {}
        watch = self._watches["calibration"]
        if watch.ready:
            found["model_calibration_drift", ""] = float(watch.surprise[0])
            found["model_ece", ""] = float(calibration.ece(watch.window))
            found["model_brier", ""] = float(calibration.brier(watch.window))
        watch = self._watches["estimate"]
        if watch.ready:
            shares = cbpe.confusion(self._rates, watch.window)
            found["model_estimated_loss", ""] = float(watch.surprise[0])
            found["model_estimated_accuracy", ""] = float(shares[cbpe.TP] + shares[cbpe.TN])
        for name in ("selection", "recall"):
            watch = self._watches[name]
            if watch.ready:
                gap = fairness.gaps(watch.reference, watch.window).gap
                for i, group in enumerate(self._groups):
                    found[f"model_{name}_gap_drift", group] = float(watch.surprise[i])
                    if np.isfinite(gap[i]):
                        found[f"model_{name}_gap", group] = float(gap[i])
        return found

    @property
    def _rates(self) -> Floats:
        return cbpe.calibrate(self._watches["calibration"].reference)

    def _loss(self, reference: Ints, current: Ints) -> Floats:
        estimate = cbpe.loss(self._watches["calibration"].reference, reference, current)
        far = estimate.reference - estimate.current >= LEAST_LOSS
        return np.array([estimate.surprise if far else 0.0])

    def _said(self, row: Prediction) -> float:
        return float(truth(row.prediction) or 0) if self._binary else 1.0

    def _outcome(self, row: Prediction, label: Value) -> float:
        known = truth(label)
        return float(known) if self._binary and known is not None else float(not differ(row.prediction, label))

    def _by_group(self, rows: Sequence[Prediction], hits: Sequence[bool]) -> Ints:
        """(hits, rows) of each group, int64, shape (MOST_GROUPS, 2); groups beyond that do not count."""
        counts = np.zeros((MOST_GROUPS, 2), np.int64)
        for row, hit in zip(rows, hits, strict=True):
            if row.group not in self._groups and len(self._groups) < MOST_GROUPS:
                self._groups.append(row.group)
            if row.group in self._groups:
                counts[self._groups.index(row.group)] += (hit, 1)
        return counts

    def encode(self) -> bytes:
        """All of it, as MessagePack."""
        watches = {name: watch.encode() for name, watch in self._watches.items()}
        return msgspec.msgpack.encode(_State(self._binary, self._groups, watches))

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        state = msgspec.msgpack.decode(body, type=_State)
        self._binary, self._groups = state.binary, state.groups
        for name, watch in self._watches.items():
            watch.decode(state.watches[name])


def _calibration(reference: Ints, current: Ints) -> Floats:
    worse = float(calibration.ece(current) - calibration.ece(reference))
    _, p = calibration.same_outcomes(reference, current)
    return surprise(np.array([p])) if worse >= LEAST_ECE else np.zeros(1)


def _gaps(reference: Ints, current: Ints) -> Floats:
    found = fairness.gaps(reference, current)
    wide = np.abs(found.gap - found.reference) >= LEAST_GAP
    return np.where(wide, surprise(benjamini_hochberg(found.p)), 0.0)


def truth(value: Value) -> int | None:
    """0 or 1 of an answer that is one of two; None of any other.

    >>> truth(True), truth("0"), truth(2), truth("yes")
    (1, 0, None, None)
    """
    word = _word(value)
    return int(word) if word in ("0", "1") else None


def differ(said: Value, label: Value) -> bool:
    """Whether two answers differ; 1, 1.0, true and "1" are one answer."""
    return said != label and _word(said) != _word(label)


def _word(value: Value) -> str:
    if isinstance(value, (bool, int, float)) and abs(value) < 1e300 and float(value) % 1 == 0:
        return str(int(value))
    return str(value).lower()
