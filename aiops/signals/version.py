"""One version of a model: rows of a warm-up, then a frozen reference and the watch over it.

A version's answers (prediction, probability) are watched apart from its features: they are first-class,
not one more candidate in a list of fifty. So is what becomes of them (`outcome`). A row may come in halves, its
features before its answer: features are counted with the first half, answers with the second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from aiops.signals.association import Association
from aiops.signals.column_watch import ColumnWatch
from aiops.signals.drift_watch import DriftWatch, stack
from aiops.signals.outcome import Outcome, Pair, differ, truth
from aiops.signals.reference import Column, Feature, Value, freeze, measure
from aiops.types import Prediction

REFERENCE_ROWS = 2000
REFERENCE_SECONDS = 7200.0
LEAST_ROWS = 300
MOST_FEATURES = 500
SILENT_SECONDS = 3600.0
ANSWERS = ("prediction", "proba")
MOVED = 3.0
"""Surprise from which a feature's drift has consequences to speak of."""


class _Clock(msgspec.Struct):
    """When the version was first and last used, and how many rows warmed it up."""

    since: float
    last: float
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Drifted:
    """One feature against its reference: surprise, effect (PSI), what the shift does to answers and to errors."""

    surprise: float
    psi: float
    consequence: float
    loss: float
    exponent: int
    constant: float


class Version:
    """Reference and watches of one model version.

    Parameters
    ----------
    step : start of the first step with its rows.
    step_seconds : length of a step.
    before : the version before, to compare features with until this one has a reference of its own.
    """

    def __init__(self, step: float, step_seconds: float, before: Version | None = None) -> None:
        self._step_seconds = step_seconds
        self._clock = _Clock(step, step)
        self._warm: dict[str, list[Value]] = {}
        self._warm_answers: dict[str, list[Value]] = {name: [] for name in ANSWERS}
        self._own: dict[str, Feature] = {}
        self._own_answers: dict[str, Feature] = {}
        self._lent: dict[str, Feature] = dict(before._own) if before else {}
        self._outcome = Outcome()
        self._parts: dict[str, bytes] = {}
        self._begin_watches()

    @property
    def frozen(self) -> bool:
        """Whether it has a reference of its own."""
        return bool(self._own or self._own_answers)

    @property
    def last(self) -> float:
        return self._clock.last

    def recent(self, step: float) -> bool:
        """Whether it was used within the last hour."""
        return step - self._clock.last < SILENT_SECONDS

    def _begin_watches(self) -> None:
        features = self._own or self._lent
        self._watch = _watch(features) if features else None
        self._association, self._columns = Association(features), ColumnWatch(features)
        self._answer_watch = _watch(self._own_answers, pooled=False) if self._own_answers else None

    def add(self, step: float, rows: Sequence[Prediction], answered: Sequence[Prediction]) -> dict[str, Column]:
        """Count a step's rows; what each feature's values amount to, empty while there is no reference at all.

        Parameters
        ----------
        rows : whose features count.
        answered : whose answers count, with their features where these are known.
        """
        self._clock.last = step
        columns: dict[str, Column] = {}
        features = self._own or self._lent
        if self._watch is not None and rows:
            columns = {
                name: measure(feature, [row.features.get(name) for row in rows]) for name, feature in features.items()
            }
            self._watch.add(step, self._step_seconds, len(rows), stack([c.counts for c in columns.values()]))
            self._columns.add(step, self._step_seconds, rows)
        if self._answer_watch is not None:
            answers = [measure(one, _answers(name, answered)).counts for name, one in self._own_answers.items()]
            self._answer_watch.add(step, self._step_seconds, len(answered), stack(answers))
        if self._own and not self._association.full:
            whole = [row for row in answered if row.features]
            self._association.add(whole, np.array([_number(r) for r in whole]), np.array([_error(r) for r in whole]))
        self._outcome.answer(step, self._step_seconds, answered)
        if not self.frozen:
            self._warm_up(step, rows, answered)
        self._stale("clock", "warm", "watch", "answers", "association", "columns", "outcome")
        return columns

    def label(self, step: float, pairs: Sequence[Pair]) -> None:
        """Count rows whose label is known."""
        if pairs:
            self._outcome.label(step, self._step_seconds, pairs)
            self._stale("outcome")

    def _stale(self, *parts: str) -> None:
        for part in parts:
            self._parts.pop(part, None)

    def _warm_up(self, step: float, rows: Sequence[Prediction], answered: Sequence[Prediction]) -> None:
        for name in sorted({name for row in rows for name in row.features}):
            if name in self._warm or len(self._warm) < MOST_FEATURES:
                self._warm.setdefault(name, []).extend(row.features.get(name) for row in rows)
        for name in ANSWERS:
            self._warm_answers[name].extend(_answers(name, answered))
        self._clock.rows += len(rows) or len(answered)
        full = self._clock.rows >= REFERENCE_ROWS
        aged = self._clock.rows >= LEAST_ROWS and step + self._step_seconds - self._clock.since >= REFERENCE_SECONDS
        if full or aged:
            self._own = _frozen(self._warm)
            self._own_answers = _frozen(self._warm_answers)
            self._lent = {}
            self._warm, self._warm_answers = {}, {}
            self._begin_watches()
            self._stale("reference")

    def features(self, step: float) -> dict[str, Drifted]:
        """What there is to say of each feature, empty before the first comparison."""
        if self._watch is None or not self._watch.ready:
            return {}
        watch = self._watch
        felt, loss = self._association.judge(watch.reference, watch.window)
        # Of what has not moved nothing follows; its share of chance would only be listed.
        moved = watch.surprise >= MOVED
        constant, exponents = self._columns.constant(step), self._columns.exponents()
        return {
            name: Drifted(
                float(watch.surprise[i]), float(watch.psi[i]), float(felt[i] * moved[i]), float(loss[i] * moved[i]),
                exponents.get(name, 0), constant[name],
            )
            for i, name in enumerate(self._own or self._lent)
        }  # fmt: skip

    def answers(self) -> float | None:
        """Surprise of the answers' distribution, None before the first comparison."""
        if self._answer_watch is None or not self._answer_watch.ready:
            return None
        return float(self._answer_watch.surprise.max())

    def outcomes(self) -> dict[tuple[str, str], float]:
        """(metric, group) -> value of what became of the answers."""
        return self._outcome.gauges()

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts; what did not change is the same object as last time."""
        encode = msgspec.msgpack.encode
        if "clock" not in self._parts:
            self._parts["clock"] = encode(self._clock)
        if "reference" not in self._parts:
            frozen = (self._own, self._own_answers, self._lent)
            self._parts["reference"] = encode([list(some.values()) for some in frozen])
        if "warm" not in self._parts and not self.frozen:
            self._parts["warm"] = encode((self._warm, self._warm_answers))
        for name, watch in self._watches().items():
            if name not in self._parts:
                self._parts[name] = watch.encode()
        return dict(self._parts)

    def _watches(self) -> dict[str, DriftWatch | Association | ColumnWatch | Outcome]:
        found = {
            "watch": self._watch, "answers": self._answer_watch, "association": self._association,
            "columns": self._columns, "outcome": self._outcome,
        }  # fmt: skip
        return {name: one for name, one in found.items() if one is not None}

    @classmethod
    def restored(cls, step_seconds: float, parts: Mapping[str, bytes]) -> Version:
        """A version as `snapshot` left it."""
        clock = msgspec.msgpack.decode(parts["clock"], type=_Clock)
        version = cls(clock.since, step_seconds)
        version._clock = clock
        frozen = msgspec.msgpack.decode(parts["reference"], type=list[list[Feature]])
        version._own, version._own_answers, version._lent = ({one.name: one for one in some} for some in frozen)
        if "warm" in parts:
            warm = msgspec.msgpack.decode(parts["warm"], type=tuple[dict[str, list[Value]], dict[str, list[Value]]])
            version._warm, version._warm_answers = warm
        version._begin_watches()
        for name, watch in version._watches().items():
            watch.decode(parts[name])
        version._parts = dict(parts)
        return version


def _watch(features: Mapping[str, Feature], *, pooled: bool = True) -> DriftWatch:
    counts = stack([one.counts for one in features.values()])
    return DriftWatch(counts, [one.width for one in features.values()], pooled=pooled)


def _frozen(columns: Mapping[str, Sequence[Value]]) -> dict[str, Feature]:
    found = [freeze(name, columns[name]) for name in sorted(columns)]
    return {feature.name: feature for feature in found if feature is not None}


def _answers(name: str, rows: Sequence[Prediction]) -> list[Value]:
    return [row.proba if name == "proba" else row.prediction for row in rows]


def number(row: Prediction) -> float | None:
    """The answer as a number: the prediction, or the probability of a prediction that is a word."""
    said = row.prediction if isinstance(row.prediction, (int, float)) else row.proba
    return float(said) if said is not None and abs(said) < 1e300 else None


def _number(row: Prediction) -> float:
    found = number(row)
    return math.nan if found is None else found


def _error(row: Prediction) -> float:
    """1 = wrong, as the label says; without one, how likely wrong, as the probability says; NaN = not known."""
    if row.label is not None:
        distance = isinstance(row.label, float) and row.label % 1 != 0
        return math.nan if distance else float(differ(row.prediction, row.label))
    said = truth(row.prediction)
    if said is None or row.proba is None or not 0.0 <= row.proba <= 1.0:
        return math.nan
    return row.proba if said == 0 else 1.0 - row.proba
