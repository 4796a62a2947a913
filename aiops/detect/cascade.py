"""The deeper stage of the cascade: a proposal of a purely statistical rule pages only if `detectors.deep` agrees.

Kept for each slot that may page: its last `HISTORY` columns, and nothing else. When a slot fires, the deeper detector
is shown these columns as if it had watched from their beginning; what it said since the onset is the verdict. So the
stage costs a copied column a step, and microseconds a column only where something was proposed: twenty thousand slots
weigh 115 MB of which a step changes 80 kB; twenty thousand detectors of 20 kB would be 400 MB that change, and are
written, at every step.

It refuses to hold back what it cannot judge: too short a past, a slot beyond the cap, or more proposals in one column
than chance could bring all page by their rule alone, and say so.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from aiops.detect.watch import FIRING, INACTIVE
from aiops.types import Floats, Ints
from detectors.protocol import Scanning

HISTORY = 1_440
"""Columns kept: six hours at 15 s."""
LEAST = 240
"""Samples in them, without which the deeper stage does not know the series."""
AGREES = 2.0
"""Deep surprise from which a proposal stands. Of KPI and WSD, 98 % of the labelled stretches that are proposed are
confirmed, and 74 % of the proposals where nothing is labelled; more would cost faults (docs/accuracy.md)."""
LEAD = 20
"""Columns before the onset whose surprise counts as well: the deeper stage is often the sooner one."""
ABSURD = 1e3
"""Median deviations beyond which a value of the past counts no more."""
AT_ONCE = 200
"""Proposals judged in one column. More at once are no coincidence, and the step has an end."""
AGAIN = 20
"""Of those, denied ones judged anew, in turn: trouble that goes on unconfirmed for hours must not cost each step."""
UNASKED, CONFIRMED, DENIED, UNKNOWN, UNWATCHED = range(5)
VERDICTS = ("", "confirmed", "not confirmed", "warming up", "beyond the cap")


class Cascade:
    """The second stage of one bank.

    Parameters
    ----------
    detector : a `Scanning` detector of one input.
    most : slots that are watched; the first ones, and those that come later are not.
    """

    def __init__(self, detector: Scanning, most: int) -> None:
        self._detector, self._most = detector, most
        self._rows: Ints = np.empty(0, np.int64)
        self._row_of: Ints = np.empty(0, np.int64)
        self._history = _empty(0)
        self._verdict: Ints = np.empty(0, np.int64)
        self._deep: Floats = np.empty(0)
        self._at: int | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def cover(self, eligible: npt.NDArray[np.bool_]) -> None:
        """Watch the slots whose pages have to be confirmed, while there is room: those watched already, then by age.

        Parameters
        ----------
        eligible : shape (slots,), slots only ever added at the end.
        """
        slots, known = len(eligible), self._row_of >= 0
        watched = np.zeros(slots, np.bool_)
        watched[: len(known)] = known & eligible[: len(known)]
        if not watched[self._rows].all():
            keep = watched[self._rows]
            self._rows, self._history = self._rows[keep], np.asfortranarray(self._history[: len(keep)][keep])
        waiting = np.flatnonzero(eligible & ~watched)
        taken = waiting[: max(0, self._most - len(self._rows))]
        self._rows = np.append(self._rows, taken)
        self._reserve(len(self._rows))
        self._row_of = np.full(slots, -1, np.int64)
        self._row_of[self._rows] = np.arange(len(self._rows))
        more = slots - len(self._verdict)
        self._verdict = np.append(self._verdict, np.zeros(more, np.int64))
        self._deep = np.append(self._deep, np.full(more, np.nan))
        self._verdict[waiting] = UNWATCHED
        self._verdict[taken] = UNASKED

    def warm(self) -> None:
        """Have the detector compiled or loaded."""
        self._detector.scan(self._detector.init(1), np.zeros((1, 1)), np.zeros(1, np.int64))

    def _reserve(self, rows: int) -> None:
        """Room for a quarter more than is needed: series that come one by one shall not each move all the others."""
        if rows > len(self._history):
            larger = _empty(min(self._most, rows + max(64, rows // 4)))
            larger[: len(self._history)] = self._history
            self._history = larger

    def step(self, x: Floats, watch: Mapping[str, Any], at: int, limits: Mapping[str, Any]) -> Ints:
        """Keep a column, and judge what fires.

        Parameters
        ----------
        x : shape (slots,), the column that the bank has scored.
        watch : state of the bank's `watch` after that column.
        limits : the bank's parameters per slot, `p_<name>`; the deeper stage heeds those it knows.

        Returns
        -------
        Slots that are confirmed only now, after they fired unconfirmed, ascending.
        """
        self._keep(x, at)
        gate, said = watch["gate"][self._rows], self._verdict[self._rows]
        self._verdict[self._rows[gate == INACTIVE]] = UNASKED
        asked: Ints = self._rows[(gate == FIRING) & ((said == UNASKED) | (said == DENIED))]
        if not len(asked):
            return asked
        # Who has just fired goes before who was denied and may yet be confirmed; those have their turn one by one.
        again = self._verdict[asked] == DENIED
        asked = np.concatenate([asked[~again], np.roll(asked[again], -at * AGAIN)[:AGAIN]])[:AT_ONCE]
        denied = self._verdict[asked] == DENIED
        self._judge(asked, watch["since"][asked], at, limits)
        late: Ints = np.sort(asked[denied & (self._verdict[asked] == CONFIRMED)])
        return late

    def denied(self) -> npt.NDArray[np.bool_]:
        """Slots whose present trouble is not confirmed, shape (slots,)."""
        return np.equal(self._verdict, DENIED)

    def _keep(self, x: Floats, at: int) -> None:
        if self._at is not None and at > self._at + 1:
            # Columns that were skipped hold nothing, not what stood there three hours ago.
            self._history[:, np.arange(max(self._at + 1, at - HISTORY), at) % HISTORY] = np.nan
        self._at = at
        self._history[: len(self._rows), at % HISTORY] = x[self._rows]

    def _judge(self, slots: Ints, since: Ints, at: int, limits: Mapping[str, Any]) -> None:
        columns = np.arange(at - HISTORY + 1, at + 1)
        past = self._history[self._row_of[slots]][:, columns % HISTORY].astype(np.float64)
        state = self._detector.init(len(slots))
        for name in self._detector.parameters.keys() - {"warmup"}:
            if (own := limits.get(f"p_{name}")) is not None:
                state[f"p_{name}"][:] = own[slots]
        surprise, _ = self._detector.scan(state, np.ascontiguousarray(_bounded(past).T), columns)
        recent = columns[:, None] >= since - LEAD
        deep = np.where(recent & np.isfinite(surprise), surprise, 0.0).max(axis=0)
        known = np.isfinite(past).sum(axis=1) >= LEAST
        self._deep[slots] = np.where(known, deep, np.nan)
        self._verdict[slots] = np.where(known, np.where(deep >= AGREES, CONFIRMED, DENIED), UNKNOWN)

    def verdict(self, slot: int) -> tuple[str, float | None]:
        """What the deeper stage makes of a slot's present trouble, and its surprise where it has judged."""
        said = int(self._verdict[slot])
        return VERDICTS[said], round(float(self._deep[slot]), 3) if said in (CONFIRMED, DENIED) else None

    def snapshot(self) -> dict[str, Any]:
        """Everything, as arrays."""
        at = np.asarray([-1 if self._at is None else self._at], np.int64)
        return {"rows": self._rows, "history": self._history, "verdict": self._verdict, "deep": self._deep, "at": at}

    def restore(self, arrays: Mapping[str, Any]) -> None:
        """The inverse of `snapshot`; `cover` then says what is still wanted."""
        if arrays["history"].shape[1] != HISTORY:
            return
        self._rows, self._history = arrays["rows"], np.asfortranarray(arrays["history"])
        self._verdict, self._deep = arrays["verdict"], arrays["deep"]
        self._at = None if arrays["at"][0] < 0 else int(arrays["at"][0])
        self._row_of = np.full(len(self._verdict), -1, np.int64)
        self._row_of[self._rows] = np.arange(len(self._rows))


def _empty(rows: int) -> npt.NDArray[np.float32]:
    """One column of history is one stretch of memory: a step touches, and a commit writes, that one only."""
    return np.full((rows, HISTORY), np.nan, np.float32, order="F")


def _bounded(past: Floats) -> Floats:
    """Rows without absurd values: one counter that underflowed would make every fault of six hours look small."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a row without a sample
        middle = np.nanmedian(past, axis=1, keepdims=True)
        most = ABSURD * np.nanmedian(np.abs(past - middle), axis=1, keepdims=True)
    return np.asarray(np.where(most > 0.0, np.clip(past, middle - most, middle + most), past))
