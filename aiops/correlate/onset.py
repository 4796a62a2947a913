"""When it began: how far each track of numbers has moved at a candidate onset, and the joint search among candidates.

A track moves at T by the level after T less the level before it, over a scale with floors: what hardly ever varies
must not become odd by a hair. Two references guard against slow drift: all that was before, and the moment just
before; the nearer one counts. The onset is never taken from an alert's time, which comes late: it is the candidate
at which the best explanation is best, judged by the ranking itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from aiops.types import Floats

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.integer[Any]]

BEFORE_SHARE = 0.4
"""Share of the recording that must lie before the onset: what is normal has to be seen first."""
MOST_CANDIDATES = 120
FEWEST_BEFORE, FEWEST_AFTER = 5, 2
JUST_BEFORE = 2
"""Samples of a regular series that tell how it stood the moment before."""
RECENT_SECONDS, FEWEST_LATELY = 60.0, 3
"""The same for requests: those of the last minute, where there are enough."""
SLOT_SECONDS, SLOTS = 10.0, 6
FLOOR_SD, FLOOR_LEVEL, FLOOR_RANGE, FLOOR_POINTS = 0.5, 0.05, 0.005, 0.2
"""Least scale: share of the standard deviation, of the level and of the range before, and percent points of a ratio."""
FLOOR_SHARE = 0.05
"""Share of requests that counts as one scale, however many requests there are."""
SURE = 12.0
"""Nats of chance at which the values before and after are enough to be trusted fully."""
MOST_AT_ONCE = 1_000_000
"""Comparisons of requests with candidates that are held in memory."""
HINT = 0.3
"""What a candidate loses for lying far from the time somebody was paged: a hint, no more."""


@dataclass(frozen=True, slots=True)
class Track:
    """One number about an entity, over time.

    Attributes
    ----------
    signal : one of `deviation.SIGNALS`.
    unit : `s` seconds, `%` percent points of failure, `share` of requests, empty = its own.
    time : shape (n,), epoch seconds, ascending.
    value : shape (n,).
    regular : sampled by a clock; else a value for each request, whose mix varies from one to the next.
    label : what it is, for people.
    """

    entity: str
    metric: str
    signal: str
    time: Floats
    value: Floats
    unit: str = ""
    peer: str = ""
    regular: bool = True
    label: str = ""
    needed: int = FEWEST_BEFORE
    """Values there must be before the onset."""
    traces: tuple[str, ...] = ()
    """Of requests: the trace of each, empty = not traced."""

    def floor(self, level: Floats, spread: Floats) -> Floats:
        """Least scale at a level, given the range of what was before."""
        if self.unit == "%":
            return np.maximum(FLOOR_POINTS, FLOOR_RANGE * spread)
        return np.maximum(np.maximum(FLOOR_LEVEL * np.abs(level), FLOOR_RANGE * spread), 1e-9)


@dataclass(frozen=True, slots=True)
class Shift:
    """How a track stands after the onset against before: levels in its own unit, z in scales."""

    before: float
    after: float
    z: float
    change: float


@dataclass(frozen=True, slots=True)
class Found:
    """The onset: epoch seconds, what it may be off by, and how many candidates were tried."""

    onset: float
    error: float
    tried: int
    values: Floats = field(default_factory=lambda: np.empty(0))


def candidates(tracks: Sequence[Track]) -> Floats:
    """Times at which something may have begun: those of samples, the early part of the recording left out."""
    if not tracks:
        return np.empty(0)
    times = np.unique(np.concatenate([one.time for one in tracks]))
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


def moved(track: Track, at: Floats) -> tuple[Floats, Floats]:
    """How far a track has moved at each candidate, by means.

    Parameters
    ----------
    at : shape (c,), epoch seconds.

    Returns
    -------
    z and change in the track's unit, each of shape (c,); 0 where there is too little before or after.
    """
    value, count = track.value, len(track.value)
    k = np.searchsorted(track.time, at)
    ok = (k >= track.needed) & (count - k >= FEWEST_AFTER)
    if not ok.any():
        return np.zeros(len(at)), np.zeros(len(at))
    if track.unit == "share":
        return _shares(value, k, ok)
    centre = float(np.median(value))
    level = value - centre
    total = np.concatenate(([0.0], np.cumsum(level)))
    squares = np.concatenate(([0.0], np.cumsum(level * level)))
    seen = np.maximum(k, 1)
    before = total[seen] / seen
    spread = np.sqrt(np.maximum(squares[seen] / seen - before**2, 0.0))
    after = (total[count] - total[k]) / np.maximum(count - k, 1)
    extent = (np.maximum.accumulate(value) - np.minimum.accumulate(value))[seen - 1]
    scale = np.maximum(spread, track.floor(before + centre, extent))
    change = after - before
    if track.regular:
        last = np.stack([after - level[np.maximum(k - i - 1, 0)] for i in range(JUST_BEFORE)])
        change = _nearer(change, np.where(change > 0, last.max(0), last.min(0)))
    else:
        since = np.searchsorted(track.time, at - RECENT_SECONDS)
        lately = (total[k] - total[since]) / np.maximum(k - since, 1)
        change = np.where(k - since >= FEWEST_LATELY, _nearer(change, after - lately), change)
    change = np.where(ok, change, 0.0)
    trust = _trust(k, count) if track.regular else _apart(value, k, change, (before + after) / 2 + centre)
    return change / scale * trust, change


def settled(track: Track, onset: float) -> Shift | None:
    """How far a track has moved at the onset, by medians; shares of requests by likelihood.

    None = too little is known.
    """
    k, count = int(np.searchsorted(track.time, onset)), len(track.value)
    if k < track.needed or count - k < FEWEST_AFTER:
        return None
    past, now = track.value[:k], track.value[k:]
    if track.unit == "share":
        ratio, difference = _shares(track.value, np.array([k]), np.array([True]))
        return Shift(float(past.mean()), float(now.mean()), float(ratio[0]), float(difference[0]))
    before, after = float(np.median(past)), float(np.median(now))
    spread = max(1.48 * float(np.median(np.abs(past - before))), FLOOR_SD * float(past.std()))
    scale = max(spread, float(track.floor(np.array(before), np.array(np.ptp(past)))))
    change = after - before
    if track.regular:
        last = after - past[-JUST_BEFORE:]
        change = float(_nearer(np.array(change), np.array(last.max() if change > 0 else last.min())))
    else:
        lately = past[np.searchsorted(track.time[:k], onset - RECENT_SECONDS) :]
        if len(lately) >= FEWEST_LATELY:
            change = float(_nearer(np.array(change), np.array(after - np.median(lately))))
    middle = np.array([(before + after) / 2])
    trust = _trust(np.array([k]), count) if track.regular else _apart(track.value, np.array([k]), change, middle)
    return Shift(before, after, change / scale * float(trust[0]), change)


def _trust(before: Counts, count: int) -> Floats:
    """How far few values can be trusted, 0..1: by chance they fall on either side as they do once in C(n, k) ways.

    Below `SURE` nats the shift counts in proportion.
    """
    after = np.maximum(count - before, 0)
    ways = _log_factorial(np.array(count)) - _log_factorial(before) - _log_factorial(after)
    return np.minimum(1.0, ways / SURE)


def _apart(value: Floats, k: Counts, change: Floats | float, middle: Floats) -> Floats:
    """How far a shift of requests can be trusted, 0..1, by how few of those before lie beyond the middle of the levels.

    Requests come in kinds: where one in ten always was slow, a few slow ones in a row are no shift.

    Parameters
    ----------
    value : shape (n,); `k`, shape (c,), tells how many of them were before, `middle` where the middle then lies.
    """
    count = len(value)
    seen = np.clip(k, 1, count - 1)
    before, whole = np.empty(len(k)), np.empty(len(k))
    step = max(1, MOST_AT_ONCE // count)
    for first in range(0, len(k), step):
        part = slice(first, first + step)
        beyond = np.cumsum(value[None, :] > middle[part, None], axis=1)
        before[part], whole[part] = beyond[np.arange(len(beyond)), seen[part] - 1], beyond[:, -1]
    down = np.asarray(change) < 0
    hit = np.where(down, seen - before, before)
    late = np.where(down, count - seen - (whole - before), whole - before)
    return np.minimum(1.0, _ratio(hit, seen, late, count - seen) / SURE)


def _log_factorial(n: Counts) -> Floats:
    """Stirling's series, good to 1e-3 from n = 1 on."""
    m = n + 1.0
    return np.asarray((m - 0.5) * np.log(m) - m + 0.5 * math.log(2 * math.pi) + 1 / (12 * m))


def _shares(value: Floats, k: Counts, ok: Bools) -> tuple[Floats, Floats]:
    """Log likelihood ratio (nats) between two shares and one, signed, and their difference.

    Parameters
    ----------
    value : shape (n,), 0 or 1 for each request.
    k : shape (c,), how many of them were before; `ok` where that is enough.

    References
    ----------
    Woolf (1957), Annals of Human Genetics 21:397 (the G-test).
    """
    count = len(value)
    total = np.concatenate(([0.0], np.cumsum(value)))
    hit = total[k]
    late = total[count] - hit
    change = np.where(ok, late / np.maximum(count - k, 1) - hit / np.maximum(k, 1), 0.0)
    z = np.minimum(_ratio(hit, k, late, count - k), np.abs(change) / FLOOR_SHARE)
    return np.sign(change) * z, change


def _ratio(hit: Floats, before: Counts, late: Floats, after: Counts) -> Floats:
    """Log likelihood ratio (nats) of two shares, `hit` of `before` and `late` of `after`, against one."""
    whole = (hit + late) / np.maximum(before + after, 1)
    found = np.zeros(len(whole))
    for part, count in ((hit, before), (late, after)):
        found += _term(part, count * whole) + _term(count - part, count * (1 - whole))
    return np.maximum(found, 0.0)


def _term(observed: Floats, expected: Floats) -> Floats:
    return np.where(observed > 0, observed * np.log(np.maximum(observed, 1e-12) / np.maximum(expected, 1e-12)), 0.0)


def _nearer(one: Floats, other: Floats) -> Floats:
    """The smaller of two changes; none where they disagree in direction."""
    return np.where(one * other <= 0, 0.0, np.where(np.abs(other) < np.abs(one), other, one))


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
