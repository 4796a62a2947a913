"""When it began: the joint search among candidates.

The onset is never taken from an alert's time, which comes late: it is the candidate at which the best explanation is
best, judged by the ranking itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from aiops.correlate.track import Bools, Track
from aiops.types import Floats

BEFORE_SHARE = 0.4
"""Share of the recording that must lie before the onset: what is normal has to be seen first."""
MOST_CANDIDATES = 120
SLOT_SECONDS, SLOTS = 10.0, 6
HINT = 0.3
"""What a candidate loses for lying far from the time somebody was paged: a hint, no more."""


@dataclass(frozen=True, slots=True)
class Found:
    """The onset: epoch seconds, what it may be off by, and how many candidates were tried."""

    onset: float
    error: float
    tried: int
    values: Floats = field(default_factory=lambda: np.empty(0))


def candidates(tracks: Sequence[Track]) -> Floats:
    """Times at which something may have begun: those of samples, the early part of the recording left out."""
    times = np.unique(np.concatenate([one.time for one in tracks])) if tracks else np.empty(0)
    if not len(times):
        return times
    first, last = times[0], times[-1]
    times = times[times > first + BEFORE_SHARE * (last - first)]
    if len(times) <= MOST_CANDIDATES:
        return np.asarray(times)
    spread = np.linspace(times[0], times[-1], MOST_CANDIDATES)
    return np.asarray(times[np.unique(np.searchsorted(times, spread).clip(0, len(times) - 1))])


def known(tracks: Sequence[Track], at: Floats) -> Bools:
    """Where requests were recorded just before a candidate: the end of a gap in the data is no onset.

    Returns
    -------
    shape (c,); half of the slots of the minute before hold a request.
    """
    times = [one.time for one in tracks if not one.regular]
    if not times:
        return np.ones(len(at), bool)
    slots = np.unique(np.floor(np.concatenate(times) / SLOT_SECONDS))
    last = np.floor(at / SLOT_SECONDS)
    held = np.searchsorted(slots, last) - np.searchsorted(slots, last - SLOTS)
    return np.asarray(2 * held >= SLOTS)


def search(at: Floats, judge: Callable[[int], float], paged: float = math.nan, step: float = 60.0) -> Found:
    """The candidate whose best explanation is best.

    Parameters
    ----------
    at : shape (c,), ascending, epoch seconds; at least one.
    judge : score of the best explanation at candidate i.
    paged : when somebody was paged, if known.
    step : seconds between samples.
    """
    values = np.array([judge(i) for i in range(len(at))])
    if math.isfinite(paged):
        values = values - HINT * np.log1p(np.abs(at - paged) / (3 * step))
    best = int(np.argmax(values))
    near = at[values >= values[best] - 1.0]
    error = max(step, float(np.max(np.abs(near - at[best]), initial=0.0)) / 2)
    return Found(float(at[best]), error, len(at), values)
