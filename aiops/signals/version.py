"""One version of a model: rows of a warm-up, then a frozen reference and the watch over it.

A version's answers (prediction, probability) are watched apart from its features: they are first-class,
not one more candidate in a list of fifty. So is what becomes of them (`outcome`). A row may come in halves, its
features before its answer: features are counted with the first half, answers with the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from aiops.signals.answer import ANSWERS, answers, errors, numbers
from aiops.signals.association import Association
from aiops.signals.column_watch import ColumnWatch
from aiops.signals.drift_watch import DriftWatch, stack
from aiops.signals.hours import Hours
from aiops.signals.outcome import Outcome, Pair
from aiops.signals.reference import Column, Feature, Value, freeze, measure
from aiops.types import Prediction

REFERENCE_ROWS = 2000
REFERENCE_SECONDS = 7200.0
LEAST_ROWS = 300
MOST_FEATURES = 500
SILENT_SECONDS = 3600.0
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
    factor: float
    constant: float


class Version:
    """Reference and watches of one model version.

    Parameters
    ----------
    step : start of the first step with its rows.
    step_seconds : length of a step.
    before : the version before, to compare features with until this one has a reference of its own.
    timezone : of the hours of the week, if windows are to be compared with these.
    """

    def __init__(
        self, step: float, step_seconds: float, before: Version | None = None, timezone: str | None = None
    ) -> None:
        self._step_seconds, self._timezone = step_seconds, timezone
        self._clock = _Clock(step, step)
        self._warm: dict[str, list[Value]] = {}
        self._warm_answers: dict[str, list[Value]] = {name: [] for name in ANSWERS}
        self._own: dict[str, Feature] = {}
        self._own_answers: dict[str, Feature] = {}
        self._lent: dict[str, Feature] = dict(before._own) if before else {}
        self._outcome = Outcome()
        self._parts: dict[str, bytes] = {}
        self._begin_watches()
        if before is not None and self._watch is not None and (known := before._watch) is not None:
            self._watch.follow(known)

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
        self._watch = self._begun(features) if features else None
        self._association, self._columns = Association(features), ColumnWatch(features)
        self._answer_watch = self._begun(self._own_answers, pooled=False) if self._own_answers else None

    def _begun(self, features: Mapping[str, Feature], *, pooled: bool = True) -> DriftWatch:
        counts, widths = stack([one.counts for one in features.values()]), [one.width for one in features.values()]
        return DriftWatch(counts, widths, pooled=pooled, timezone=self._timezone)

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
            counts = stack([column.counts for column in columns.values()])
            self._watch.add(step, self._step_seconds, len(rows), counts)
            self._columns.add(step, self._step_seconds, rows, counts)
        if self._answer_watch is not None:
            said = [measure(one, answers(name, answered)).counts for name, one in self._own_answers.items()]
            self._answer_watch.add(step, self._step_seconds, len(answered), stack(said))
        self.associate(answered)
        self.answer(step, answered)
        if not self.frozen:
            self._warm_up(step, rows, answered)
        self._stale("clock", "warm", "watch", "answers", "columns")
        return columns

    @property
    def associated(self) -> bool:
        """Whether it has learnt what features have to do with answers."""
        return self._association.full

    def associate(self, rows: Sequence[Prediction]) -> None:
        """Learn what features have to do with answers, of rows that hold both."""
        if self._own and not self._association.full:
            whole = [row for row in rows if row.features]
            self._association.add(whole, numbers(whole), errors(whole))
            self._stale("association")

    def answer(self, step: float, rows: Sequence[Prediction]) -> None:
        """Count rows with an answer, labelled or not, for what becomes of it."""
        self._outcome.answer(step, self._step_seconds, rows)
        self._stale("outcome")

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
            self._warm_answers[name].extend(answers(name, answered))
        self._clock.rows += len(rows) or len(answered)
        full = self._clock.rows >= REFERENCE_ROWS
        aged = self._clock.rows >= LEAST_ROWS and step + self._step_seconds - self._clock.since >= REFERENCE_SECONDS
        if full or aged:
            self.freeze(self._warm, self._warm_answers)

    def freeze(self, columns: Mapping[str, Sequence[Value]], said: Mapping[str, Sequence[Value]]) -> None:
        """Take columns of features, and of answers, for the reference."""
        self._own, self._own_answers = self._frozen(columns), self._frozen(said)
        self._lent = {}
        self._warm, self._warm_answers = {}, {}
        self._begin_watches()
        self._stale("reference", "association")

    def _frozen(self, columns: Mapping[str, Sequence[Value]]) -> dict[str, Feature]:
        found = [freeze(name, columns[name], roomy=self._timezone is not None) for name in sorted(columns)]
        return {feature.name: feature for feature in found if feature is not None}

    def features(self, step: float) -> dict[str, Drifted]:
        """What there is to say of each feature, empty before the first comparison."""
        if self._watch is None or not self._watch.ready:
            return {}
        watch = self._watch
        felt, loss = self._association.judge(watch.reference, watch.window)
        # Of what has not moved nothing follows; its share of chance would only be listed.
        moved = watch.surprise >= MOVED
        constant, factors = self._columns.constant(step), self._columns.factors()
        return {
            name: Drifted(
                float(watch.surprise[i]), float(watch.psi[i]), float(felt[i] * moved[i]), float(loss[i] * moved[i]),
                factors.get(name, 1.0), constant[name],
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
        hours = {
            f"{name}-hours/{part}": body
            for name, table in self._hours().items()
            for part, body in table.snapshot().items()
        }
        return self._parts | hours

    def _hours(self) -> dict[str, Hours]:
        watches = {"watch": self._watch, "answers": self._answer_watch}
        return {name: one.hours for name, one in watches.items() if one is not None and one.hours is not None}

    def watched(self) -> list[tuple[DriftWatch, dict[str, Feature]]]:
        """The watches over features and over answers, each with its columns."""
        pairs = ((self._watch, self._own or self._lent), (self._answer_watch, self._own_answers))
        return [(watch, features) for watch, features in pairs if watch is not None]

    def _watches(self) -> dict[str, DriftWatch | Association | ColumnWatch | Outcome]:
        found = {
            "watch": self._watch, "answers": self._answer_watch, "association": self._association,
            "columns": self._columns, "outcome": self._outcome,
        }  # fmt: skip
        return {name: one for name, one in found.items() if one is not None}

    @classmethod
    def restored(cls, step_seconds: float, parts: Mapping[str, bytes], timezone: str | None = None) -> Version:
        """A version as `snapshot` left it."""
        clock = msgspec.msgpack.decode(parts["clock"], type=_Clock)
        version = cls(clock.since, step_seconds, timezone=timezone)
        version._clock = clock
        frozen = msgspec.msgpack.decode(parts["reference"], type=list[list[Feature]])
        version._own, version._own_answers, version._lent = ({one.name: one for one in some} for some in frozen)
        if "warm" in parts:
            warm = msgspec.msgpack.decode(parts["warm"], type=tuple[dict[str, list[Value]], dict[str, list[Value]]])
            version._warm, version._warm_answers = warm
        version._begin_watches()
        for name, watch in version._watches().items():
            watch.decode(parts[name])
        for name, table in version._hours().items():
            prefix = f"{name}-hours/"
            if saved := {key.removeprefix(prefix): body for key, body in parts.items() if key.startswith(prefix)}:
                table.restore(saved)
        version._parts = {name: body for name, body in parts.items() if "-hours/" not in name}
        return version

    @classmethod
    def begun(cls, step: float, step_seconds: float, parts: Mapping[str, bytes], timezone: str | None) -> Version:
        """A version that begins with the reference that `taught.taught` made."""
        return cls.restored(step_seconds, {**parts, "clock": msgspec.msgpack.encode(_Clock(step, step))}, timezone)
