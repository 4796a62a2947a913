"""What a model's columns look like at each hour of the week: the reference of whoever's input swings by day and week.

From a frozen start on, rows are counted by the local hour of the week for a week; then the table is frozen as well. A
window is compared with the hours that its rows fell into, in their proportion: so it may be long where rows are few. A
row at ten past the hour is compared with a mix of that hour and the one before, as far as their middles are away, since
what swings by day moves within the hour. While the week is not complete, and for an hour that the week did not show,
the same hour of other days of its kind stands in, Monday to Friday or the weekend; an hour that none of them has shown
says nothing.

Bounded: 168 hours times the columns' bins times four bytes; 100 numbers cut into 17 bins are 1.1 MB, in parts of an
hour each, of which only the one that fills is written again.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from aiops.types import Floats, Ints
from detectors.local_time import day_number, seconds_of_day

HOURS = 168
WEEK_SECONDS = 604_800.0
HOUR_SECONDS = 3_600.0
WEEKEND = 120
"""Hour of the week with which Saturday begins."""
LEAST_KNOWN = 0.9
"""Share of a window's rows whose hours must be known."""
Counts = npt.NDArray[np.uint32]
Mix = dict[int, float]
"""Hour of the week -> rows."""


class _State(msgspec.Struct, array_like=True):
    since: float
    complete: bool


class Hours:
    """Counts of some columns by hour of the week.

    Parameters
    ----------
    bins : of each column, shape (columns,).
    timezone : whose clock the days follow.
    """

    def __init__(self, bins: Ints, timezone: str = "UTC") -> None:
        self._starts = np.concatenate([[0], np.cumsum(bins)[:-1]]).astype(np.int64)
        self._bins, self._timezone = bins, timezone
        self._counts = np.zeros((HOURS, int(bins.sum())), np.uint32)
        self._state = _State(-1.0, False)
        self._parts: dict[str, bytes] = {}

    @property
    def complete(self) -> bool:
        """Whether a week was seen; nothing is learnt after it."""
        return self._state.complete

    @property
    def nbytes(self) -> int:
        """Bytes of the table, whatever was seen."""
        return self._counts.nbytes

    def learn(self, at: float, counts: Ints) -> None:
        """Count rows of one moment, shape (bins of all columns,); nothing once the week is complete."""
        if self._state.since < 0.0:
            self._state.since = at
        if not self._state.complete and at - self._state.since >= WEEK_SECONDS:
            self.finish()
        if not self._state.complete:
            self.count(at, counts)

    def count(self, at: float, counts: Ints) -> None:
        """Count rows of one moment, whenever it was."""
        hour = int(self.hour(at))
        self._counts[hour] += counts.astype(np.uint32)
        self._parts.pop("state", None)
        self._parts.pop(f"{hour:03d}", None)

    def finish(self) -> None:
        """Take what was counted for the whole week, as of a file."""
        self._state.complete = True
        self._parts.pop("state", None)

    def mix(self, at: float, rows: int) -> Mix:
        """The hours that rows of one moment are compared with."""
        middle = self.hour(at) - 0.5
        below = int(np.floor(middle))
        share = middle - below
        found = {below % HOURS: rows * (1.0 - share), (below + 1) % HOURS: rows * share}
        return {hour: weight for hour, weight in found.items() if weight > 0.0}

    def expected(self, mix: Mapping[int, float]) -> Ints | None:
        """What the hours of a mix showed, as counts of a sample that errs as much as they do together.

        Returns
        -------
        shape (bins of all columns,); zeros of a column that was never seen then. None when the hours are not known.
        """
        if not mix:
            # Rows that were counted while hours did not matter.
            return None
        hours = sorted(mix)
        shown = np.array([self._shown(hour) for hour in hours], np.float64).reshape(len(hours), -1)
        known = shown.any(axis=1)
        weight = np.array([mix[hour] for hour in hours])
        if not known.any() or weight[known].sum() < LEAST_KNOWN * weight.sum():
            return None
        shown, weight = shown[known], weight[known]
        rows = np.add.reduceat(shown, self._starts, axis=1)
        share = np.where(rows > 0.0, weight[:, None], 0.0)
        share /= np.maximum(share.sum(axis=0), 1e-12)
        inside = np.maximum(rows, 1.0)
        mean = (shown * np.repeat(share / inside, self._bins, axis=1)).sum(axis=0)
        size = 1.0 / np.maximum((share**2 / inside).sum(axis=0), 1e-12)
        size = np.where(rows.sum(axis=0) > 0.0, size, 0.0)
        found: Ints = np.rint(mean * np.repeat(size, self._bins)).astype(np.int64)
        return found

    def _shown(self, hour: int) -> Floats:
        """Counts of an hour of the week; of the same hour of like days where that is all there is."""
        if self._state.complete and self._counts[hour].any():
            found: Floats = self._counts[hour].astype(np.float64)
            return found
        like = range(5) if hour < WEEKEND else range(5, 7)
        others = [other for day in like if (other := 24 * day + hour % 24) != hour]
        found = self._counts[others].sum(axis=0, dtype=np.float64)
        return found

    def hour(self, at: float) -> float:
        """Local hours since Monday's midnight, 0 to 168."""
        # The first of January 1970 was a Thursday.
        weekday = (day_number(at, self._timezone) + 3) % 7
        return 24.0 * weekday + seconds_of_day(at, self._timezone) / HOUR_SECONDS

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts, one an hour that has rows; what did not change is the same object as last time."""
        self._parts.setdefault("state", msgspec.msgpack.encode(self._state))
        for hour in np.flatnonzero(self._counts.any(axis=1)).tolist():
            self._parts.setdefault(f"{hour:03d}", self._counts[hour].astype("<u4").tobytes())
        return dict(self._parts)

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take over what `snapshot` gave."""
        self._state = msgspec.msgpack.decode(parts["state"], type=_State)
        for name in parts.keys() - {"state"}:
            self._counts[int(name)] = np.frombuffer(parts[name], "<u4")
        self._parts = dict(parts)
