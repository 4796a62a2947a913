"""When it began: the joint search among candidates.

The onset is never taken from an alert's time, which comes late: it is the candidate at which the best explanation is
best, judged by the ranking itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from aiops.correlate.track import MOST_NATS, Bools, Track
from aiops.types import Floats

BEFORE_SHARE = 0.4
"""Share of the recording that must lie before the onset, unless less holds enough to see what is normal."""
CALM_SAMPLES = 20
"""Samples that are enough."""
FADING = 0.5
"""What a candidate loses for each nat by which what is as odd as can be has moved less than at its most."""
MOST_CANDIDATES = 120
"""In so much of the recording as lies after that share; as close together before it."""
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


def candidates(tracks: Sequence[Track], step: float = 60.0) -> Floats:
    """Times at which something may have begun: those of samples, the early part of the recording left out.

    Parameters
    ----------
    step : seconds between samples, where no series has more between them.
    """
    return _sampled(tracks, step)[1]


def barred(tracks: Sequence[Track], step: float = 60.0) -> Floats:
    """Times of samples with too little before them to be candidates."""
    return _sampled(tracks, step)[0]


def _sampled(tracks: Sequence[Track], step: float) -> tuple[Floats, Floats]:
    """Times of samples before and after enough was seen of what is normal, no closer than makes sense."""
    times = np.unique(np.concatenate([one.time for one in tracks])) if tracks else np.empty(0)
    if not len(times):
        return times, times
    first, last = times[0], times[-1]
    late = first + BEFORE_SHARE * (last - first)
    start = min(late, first + CALM_SAMPLES * _step(tracks, step))
    share = MOST_CANDIDATES / (last - late) if last > late else 0.0
    before, after = times[times <= start], times[times > start]
    return _spread(before, round(share * (start - first))), _spread(after, round(share * (last - start)))


def _spread(times: Floats, most: int) -> Floats:
    if len(times) <= most or not len(times):
        return np.asarray(times)
    spread = np.linspace(times[0], times[-1], most)
    return np.asarray(times[np.unique(np.searchsorted(times, spread).clip(0, len(times) - 1))])


def _step(tracks: Sequence[Track], told: float) -> float:
    """Seconds between samples, the longest of what most series have and what is told."""
    spans = [(one.time[-1] - one.time[0]) / (len(one.time) - 1) for one in tracks if one.regular and len(one.time) > 1]
    return max(told, float(np.median(spans))) if spans else told


def faded(sizes: Floats, change: Floats) -> Floats:
    """What candidates lose at which what is as odd as can be has moved less than at another.

    Sizes have an end. A great step is as odd as can be long before it as well, since what comes after it is part of
    what comes after each earlier moment, only by less: mixed with what was normal still.

    Parameters
    ----------
    sizes, change : nats and change of each track at each candidate, shape (tracks, c).

    Returns
    -------
    shape (c,), nats; 0 where nothing is as odd as can be.
    """
    full = sizes >= MOST_NATS
    moved = np.where(full, np.abs(change), 0.0)
    most = moved.max(axis=1, keepdims=True, initial=0.0)
    share = np.divide(moved, most, out=np.ones_like(moved), where=moved > 0)
    return np.asarray(-FADING * np.log(share).sum(axis=0) / np.maximum(full.sum(axis=0), 1))


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
