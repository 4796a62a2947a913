"""Errors by the time of the prediction, judged once its label can be there: a watermark for labels.

Labels come late, and not all alike: a fraud is reported within a day, "no fraud" is only the month that passed. Whoever
counts errors as labels arrive judges the quick ones. Here predictions are counted in cohorts of equal time, and a
cohort is told when it is as old as the delay within which 95 of 100 labels come; the delay is learnt, and forgotten
by halves. Labels that come later still teach the delay, but no error rate. A label that comes with its row has no
delay and waits for nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

QUANTILE = 0.95
KNOWN = 50
"""Delays below which the longest so far is waited for."""
FORGET = 2_000
COHORTS_A_DELAY = 64
MOST_COHORTS = 200


class Cohort(msgspec.Struct, array_like=True):
    """What is known of the predictions of one stretch of time."""

    rows: int = 0
    labelled: int = 0
    errors: int = 0
    distances: int = 0
    """Labelled rows whose answer and label are numbers apart."""
    distance: float = 0.0


class _State(msgspec.Struct, array_like=True):
    """`delays[0]` counts none at all, `delays[i]` those up to step x 2**((i - 1) / 2); `told` is the time up to which
    cohorts were told; a cohort is 2**`doublings` steps long."""

    delays: list[int]
    cohorts: dict[int, Cohort]
    doublings: int = 0
    told: float = -math.inf


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled row: an error or not, or a distance."""

    predicted: float
    labelled: float
    wrong: bool | None = None
    distance: float | None = None


class Cohorts:
    """Cohorts of one model.

    Parameters
    ----------
    step_seconds : length of a step, and of the shortest cohort.
    """

    def __init__(self, step_seconds: float = 15.0) -> None:
        self._step = step_seconds
        self._state = _State([], {})

    @property
    def watermark_seconds(self) -> float:
        """Age at which a prediction is judged."""
        total, seen = sum(self._state.delays), 0
        for i, count in enumerate(self._state.delays):
            seen += count
            if seen >= (total if total < KNOWN else QUANTILE * total):
                return 0.0 if i == 0 else self._step * 2.0 ** ((i - 1) / 2.0)
        return 0.0

    @property
    def learning(self) -> bool:
        """Whether too few labels came to know how long they take."""
        return sum(self._state.delays) < KNOWN

    def predict(self, at: float) -> None:
        """Count a row that was predicted; none are counted before the first label was ever seen."""
        if self._state.delays and at >= self._state.told:
            self._cohort(at).rows += 1

    def label(self, outcome: Labelled) -> bool:
        """Count a label; False when its cohort was told before."""
        delay = max(outcome.labelled - outcome.predicted, 0.0)
        self._learn(delay)
        if outcome.predicted < self._state.told:
            return False
        cohort = self._cohort(outcome.predicted)
        cohort.labelled += 1
        cohort.errors += bool(outcome.wrong)
        if outcome.distance is not None:
            cohort.distances += 1
            cohort.distance += outcome.distance
        return True

    def due(self, step: float) -> Cohort:
        """The cohorts that are old enough when the step that begins at `step` has ended, as one; they are forgotten."""
        total, length = Cohort(), self._length
        horizon = step + self._step - self.watermark_seconds
        for key in sorted(self._state.cohorts):
            if (key + 1) * length > horizon and len(self._state.cohorts) <= MOST_COHORTS:
                break
            one = self._state.cohorts.pop(key)
            self._state.told = max(self._state.told, (key + 1) * length)
            total.rows += max(one.rows, one.labelled)
            for field in ("labelled", "errors", "distances", "distance"):
                setattr(total, field, getattr(total, field) + getattr(one, field))
        return total

    @property
    def _length(self) -> float:
        return self._step * float(2**self._state.doublings)

    def _cohort(self, at: float) -> Cohort:
        return self._state.cohorts.setdefault(int(at // self._length), Cohort())

    def _learn(self, delay: float) -> None:
        at = 0 if delay <= 0 else 1 + max(math.ceil(2.0 * math.log2(delay / self._step)), 0)
        delays = self._state.delays
        delays.extend([0] * (at + 1 - len(delays)))
        delays[at] += 1
        if sum(delays) >= FORGET:
            delays[:] = [count // 2 for count in delays]
        while self.watermark_seconds > COHORTS_A_DELAY * self._length:
            self._double()

    def _double(self) -> None:
        halves, self._state.cohorts = self._state.cohorts, {}
        self._state.doublings += 1
        for key, one in sorted(halves.items()):
            both = self._state.cohorts.setdefault(key // 2, Cohort())
            for field in one.__struct_fields__:
                setattr(both, field, getattr(both, field) + getattr(one, field))

    def encode(self) -> bytes:
        """All of it, as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def decode(self, body: bytes) -> None:
        """Take over what `encode` gave."""
        self._state = msgspec.msgpack.decode(body, type=_State)
