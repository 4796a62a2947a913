"""One version of a model: rows of a warm-up, then a frozen reference and the watch over it.

A version's answers (prediction, probability) are watched apart from its features: they are first-class,
not one more candidate in a list of fifty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from aiops.signals.drift_watch import DriftWatch, stack
from aiops.signals.reference import Column, Feature, Value, freeze, measure
from aiops.types import Prediction

REFERENCE_ROWS = 2000
REFERENCE_SECONDS = 7200.0
LEAST_ROWS = 300
MOST_FEATURES = 500
SILENT_SECONDS = 3600.0
ANSWERS = ("prediction", "proba")


class _Clock(msgspec.Struct):
    """When the version was first and last used, and how many rows warmed it up."""

    since: float
    last: float
    rows: int = 0


class Version:
    """Reference and drift of one model version.

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
        self._watch: DriftWatch | None = None
        self._answer_watch: DriftWatch | None = None
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
        self._watch = DriftWatch(stack([one.counts for one in features.values()])) if features else None
        answers = self._own_answers
        counts = stack([one.counts for one in answers.values()])
        self._answer_watch = DriftWatch(counts, pooled=False) if answers else None

    def add(self, step: float, rows: Sequence[Prediction]) -> dict[str, Column]:
        """Count a step's rows; what each feature's values amount to, empty while there is no reference at all."""
        self._clock.last = step
        columns: dict[str, Column] = {}
        features = self._own or self._lent
        if self._watch is not None:
            columns = {
                name: measure(feature, [row.features.get(name) for row in rows]) for name, feature in features.items()
            }
            self._watch.add(step, self._step_seconds, len(rows), stack([c.counts for c in columns.values()]))
        if self._answer_watch is not None:
            answers = [measure(one, _answers(name, rows)).counts for name, one in self._own_answers.items()]
            self._answer_watch.add(step, self._step_seconds, len(rows), stack(answers))
        if not self.frozen:
            self._warm_up(step, rows)
        for part in ("clock", "warm", "watch", "answers"):
            self._parts.pop(part, None)
        return columns

    def _warm_up(self, step: float, rows: Sequence[Prediction]) -> None:
        for name in sorted({name for row in rows for name in row.features}):
            if name not in self._warm and len(self._warm) < MOST_FEATURES:
                self._warm[name] = [None] * self._clock.rows
        for name, values in self._warm.items():
            values.extend(row.features.get(name) for row in rows)
        for name in ANSWERS:
            self._warm_answers[name].extend(_answers(name, rows))
        self._clock.rows += len(rows)
        full = self._clock.rows >= REFERENCE_ROWS
        aged = self._clock.rows >= LEAST_ROWS and step + self._step_seconds - self._clock.since >= REFERENCE_SECONDS
        if full or aged:
            self._own = _frozen(self._warm)
            self._own_answers = _frozen(self._warm_answers)
            self._lent = {}
            self._warm, self._warm_answers = {}, {}
            self._begin_watches()
            self._parts.pop("reference", None)

    def features(self) -> list[tuple[str, float, float]]:
        """(name, surprise, PSI) of each feature, empty before the first comparison."""
        if self._watch is None or not self._watch.ready:
            return []
        watch = self._watch
        return list(zip(self._own or self._lent, watch.surprise.tolist(), watch.psi.tolist(), strict=True))

    def answers(self) -> float | None:
        """Surprise of the answers' distribution, None before the first comparison."""
        if self._answer_watch is None or not self._answer_watch.ready:
            return None
        return float(self._answer_watch.surprise.max())

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
        for name, watch in (("watch", self._watch), ("answers", self._answer_watch)):
            if watch is not None and name not in self._parts:
                self._parts[name] = watch.encode()
        return dict(self._parts)

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
        for name, watch in (("watch", version._watch), ("answers", version._answer_watch)):
            if watch is not None and name in parts:
                watch.decode(parts[name])
        version._parts = dict(parts)
        return version


def _frozen(columns: Mapping[str, Sequence[Value]]) -> dict[str, Feature]:
    found = [freeze(name, columns[name]) for name in sorted(columns)]
    return {feature.name: feature for feature in found if feature is not None}


def _answers(name: str, rows: Sequence[Prediction]) -> list[Value]:
    return [row.proba if name == "proba" else row.prediction for row in rows]
