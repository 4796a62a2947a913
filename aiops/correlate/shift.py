"""How far tracks of numbers have moved at a moment: the level after it less the level before, in scales.

A scale has floors: what hardly ever varies must not become odd by a hair. Two references guard against slow drift: all
that was before, and the moment just before; the nearer one counts. Series that were sampled at the same times are one
matrix; requests are taken track by track.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from aiops.correlate import request_shift
from aiops.correlate.track import (
    FLOOR_SD,
    MOST_SCALES,
    SURE,
    Bools,
    Counts,
    Shifts,
    Track,
    enough,
    floor,
    nearer,
)
from aiops.types import Floats, Ints

MOST_AT_ONCE = 60_000
"""Values in one matrix: half a megabyte, which with what is made of it stays near the core."""
JUST_BEFORE = 2
"""Samples that tell how a series stood the moment before."""


def moved(tracks: Sequence[Track], at: Floats) -> tuple[Floats, Floats]:
    """How far each track has moved at each candidate, by means.

    Parameters
    ----------
    at : shape (c,), epoch seconds.

    Returns
    -------
    z and change in the track's unit, each of shape (tracks, c); 0 where there is too little before or after.
    """
    z, change = np.zeros((len(tracks), len(at))), np.zeros((len(tracks), len(at)))
    for where, k, value in _sampled_alike(tracks, at):
        ok = enough(tracks[where[0]], k)
        if ok.any():
            z[where], change[where] = _moved_samples(value, k, ok, _percent(tracks, where))
    for i, track in enumerate(tracks):
        if not track.regular:
            z[i], change[i] = request_shift.moved(track, at)
    return z, change


def settled(tracks: Sequence[Track], onset: float) -> Shifts:
    """How far each track has moved at the onset, by medians; shares of requests by likelihood."""
    found = np.full((4, len(tracks)), np.nan)
    for where, k, value in _sampled_alike(tracks, np.array([onset])):
        if enough(tracks[where[0]], k).all():
            found[:, where] = _settled_samples(value, int(k[0]), _percent(tracks, where))
    for i, track in enumerate(tracks):
        if not track.regular:
            found[:, i] = request_shift.settled(track, onset)
    return Shifts(*found)


def _sampled_alike(tracks: Sequence[Track], at: Floats) -> Iterator[tuple[Ints, Counts, Floats]]:
    """Regular tracks of which equally many samples lie before each candidate.

    Yields
    ------
    their places among the tracks, shape (g,); samples before each candidate, shape (c,); values, shape (g, n).
    """
    groups: dict[tuple[int, int, bytes], list[int]] = defaultdict(list)
    for i, one in enumerate(tracks):
        if one.regular:
            groups[len(one.value), one.needed, one.time.searchsorted(at).tobytes()].append(i)
    for (count, _, k), where in groups.items():
        some = max(1, MOST_AT_ONCE // max(count, 1))
        for first in range(0, len(where), some):
            part = where[first : first + some]
            value = np.concatenate([tracks[i].value for i in part]).reshape(len(part), count)
            yield np.array(part), np.frombuffer(k, np.int64), value


def _percent(tracks: Sequence[Track], where: Ints) -> Bools:
    return np.array([tracks[i].unit == "%" for i in where.tolist()])


def _moved_samples(value: Floats, k: Counts, ok: Bools, percent: Bools) -> tuple[Floats, Floats]:
    """As `moved`, of values of shape (g, n)."""
    count = value.shape[1]
    centre = _medians(value)[:, None]
    level = value - centre
    total, seen = _summed(level), np.maximum(k, 1)
    before = total[:, seen] / seen
    spread = np.sqrt(np.maximum(_summed(level * level)[:, seen] / seen - before**2, 0.0))
    after = (total[:, [count]] - total[:, k]) / np.maximum(count - k, 1)
    extent = (np.maximum.accumulate(value, axis=1) - np.minimum.accumulate(value, axis=1))[:, seen - 1]
    scale = np.maximum(spread, floor(percent[:, None], before + centre, extent))
    change = after - before
    last = np.stack([after - level[:, np.maximum(k - i - 1, 0)] for i in range(JUST_BEFORE)])
    change = np.where(ok, nearer(change, np.where(change > 0, last.max(0), last.min(0))), 0.0)
    return _scales(change, scale) * _trust(k, count), change


def _medians(value: Floats) -> Floats:
    """Of each row. Numpy sorts rows with the vector units that its partition, and so its median, leaves idle."""
    return _middle(np.sort(value, axis=1))


def _middle(ranked: Floats) -> Floats:
    """Median of each row that is sorted."""
    half = ranked.shape[1] // 2
    return np.asarray(ranked[:, half] if ranked.shape[1] % 2 else (ranked[:, half - 1] + ranked[:, half]) / 2)


def _summed(value: Floats) -> Floats:
    """Sums of the first 0, 1, ... values of each row."""
    return np.concatenate((np.zeros((len(value), 1)), np.cumsum(value, axis=1)), axis=1)


def _settled_samples(value: Floats, k: int, percent: Bools) -> Floats:
    """As `settled`, of values of shape (g, n): before, after, z, change of each as shape (4, g)."""
    past, count = value[:, :k], value.shape[1]
    ranked = np.sort(past, axis=1)
    before, after = _middle(ranked), _medians(value[:, k:])
    off = past - before[:, None]
    np.abs(off, out=off).sort(axis=1)
    spread = np.maximum(1.48 * _middle(off), FLOOR_SD * past.std(axis=1))
    scale = np.maximum(spread, floor(percent, before, ranked[:, -1] - ranked[:, 0]))
    change = after - before
    last = after[:, None] - past[:, -JUST_BEFORE:]
    change = nearer(change, np.where(change > 0, last.max(1), last.min(1)))
    return np.stack([before, after, _scales(change, scale) * _trust(np.array([k]), count), change])


def _scales(change: Floats, scale: Floats) -> Floats:
    return np.clip(change / scale, -MOST_SCALES, MOST_SCALES)


def _trust(before: Counts, count: int) -> Floats:
    """How far few values can be trusted, 0..1: by chance they fall on either side as they do once in C(n, k) ways.

    Below `SURE` nats the shift counts in proportion.
    """
    after = np.maximum(count - before, 0)
    ways = _log_factorial(np.array(count)) - _log_factorial(before) - _log_factorial(after)
    return np.minimum(1.0, ways / SURE)


def _log_factorial(n: Counts) -> Floats:
    """Stirling's series, good to 1e-3 from n = 1 on."""
    m = n + 1.0
    return np.asarray((m - 0.5) * np.log(m) - m + 0.5 * math.log(2 * math.pi) + 1 / (12 * m))
