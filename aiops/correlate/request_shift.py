"""How far a track of requests has moved: each is one of several kinds, and some kinds are rare.

How sure that is scales the size of the shift, not its length: a delay of a thousand scales in three requests of which
two are slow now and then is still little to go by.
"""

from __future__ import annotations

import math

import numpy as np

from aiops.correlate.track import (
    FLOOR_SD,
    SURE,
    Bools,
    Counts,
    Track,
    enough,
    floor,
    nearer,
    sized,
)
from aiops.types import Floats

MOST_AT_ONCE = 1_000_000
"""Comparisons of requests with candidates that are held in memory."""
RECENT_SECONDS, FEWEST_LATELY = 60.0, 3
"""Requests of the last minute tell how it stood the moment before, where there are enough."""
FLOOR_SHARE = 0.05
"""Share of requests that counts as one scale, however many requests there are."""


def moved(track: Track, at: Floats) -> tuple[Floats, Floats]:
    """As `shift.moved`, of one track of requests."""
    value, count = track.value, len(track.value)
    k = np.searchsorted(track.time, at)
    ok = enough(track, k)
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
    scale = np.maximum(spread, floor(track.unit == "%", before + centre, extent))
    change = after - before
    since = np.searchsorted(track.time, at - RECENT_SECONDS)
    lately = (total[k] - total[since]) / np.maximum(k - since, 1)
    change = np.where(k - since >= FEWEST_LATELY, nearer(change, after - lately), change)
    change = np.where(ok, change, 0.0)
    return sized(change / scale, _apart(value, k, change, (before + after) / 2 + centre)), change


def settled(track: Track, onset: float) -> tuple[float, float, float, float]:
    """As `shift.settled`, of one track of requests: before, after, z, change."""
    k = int(np.searchsorted(track.time, onset))
    if not enough(track, np.array([k])).all():
        return math.nan, math.nan, math.nan, math.nan
    past, now = track.value[:k], track.value[k:]
    if track.unit == "share":
        ratio, difference = _shares(track.value, np.array([k]), np.array([True]))
        return float(past.mean()), float(now.mean()), float(ratio[0]), float(difference[0])
    before, after = float(np.median(past)), float(np.median(now))
    spread = max(1.48 * float(np.median(np.abs(past - before))), FLOOR_SD * float(past.std()))
    scale = max(spread, float(floor(track.unit == "%", np.array(before), np.array(np.ptp(past)))))
    change = after - before
    lately = past[np.searchsorted(track.time[:k], onset - RECENT_SECONDS) :]
    if len(lately) >= FEWEST_LATELY:
        change = float(nearer(np.array(change), np.array(after - np.median(lately))))
    middle = np.array([(before + after) / 2])
    z = sized(np.array([change / scale]), _apart(track.value, np.array([k]), change, middle))
    return before, after, float(z[0]), change


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
