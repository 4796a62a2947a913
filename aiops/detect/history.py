"""Keeps what a source's history says of the series that may page, until the shape of their day is chosen from it.

History runs through detectors like the present, so they know level, scale, tail and a season when it ends. That season
leans on the last days; `detectors.season` finds out, outside the loop, whether another shape predicts better. Nothing
of this is saved: after a restart in the midst of a history what was learnt column by column stands, and so it does for
whatever is not chosen in time. What is chosen becomes part of the detector's state, which is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aiops.types import Floats, Ints
from detectors.baseline import Baseline
from detectors.season import LEAST_DAYS

MOST_SERIES = 1_000
"""Slots that may page whose past is kept; the first ones count."""
MOST_DAYS = 15


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to choose from: slots of a bank, their past, shape (k, days, day slots), and what was learnt."""

    slots: Ints
    past: Floats
    learnt: Floats


class Past:
    """Means of each slot of each local day, the last `MOST_DAYS` of them.

    Parameters
    ----------
    detector : whose seasons they are.
    """

    def __init__(self, detector: Baseline) -> None:
        self._detector = detector
        self._days: list[int] = []
        shape = (MOST_SERIES, MOST_DAYS, detector.slots)
        self._sum, self._count = np.zeros(shape), np.zeros(shape, np.uint16)
        self._learnt: list[Floats] = []

    def add(self, at: int, value: Floats, seasons: Callable[[], Floats]) -> None:
        """Take in one column.

        Parameters
        ----------
        value : shape (n,), of the slots that may page, n only ever growing; NaN = no sample.
        seasons : their seasons as they are now, shape (n, day slots); asked for when a day begins.
        """
        day = self._detector.day(at)
        if not self._days or day > self._days[-1]:
            self._days = [*self._days, day][-MOST_DAYS:]
            self._sum[:, day % MOST_DAYS], self._count[:, day % MOST_DAYS] = 0.0, 0
            self._learnt = [*self._learnt, seasons()[:MOST_SERIES].copy()][-2:]
        value = value[:MOST_SERIES]
        here, place = np.isfinite(value), (day % MOST_DAYS, self._detector.season_slot(at))
        self._sum[: len(value), *place] += np.where(here, value, 0.0)
        self._count[: len(value), *place] += here

    def lesson(self, slots: Ints) -> Lesson | None:
        """What is to be chosen from for the `slots` that may page; None = too little is known."""
        # The first day began somewhere in its midst, the last one ends there.
        days = self._days[1:-1]
        if len(days) < LEAST_DAYS:
            return None
        n = min(len(self._learnt[0]), len(slots))
        places = [day % MOST_DAYS for day in days]
        count = self._count[:n, places].astype(np.float64)
        mean = np.divide(self._sum[:n, places], count, out=np.full(count.shape, np.nan), where=count > 0)
        return Lesson(slots[:n], mean, self._learnt[0][:n].astype(np.float64))
