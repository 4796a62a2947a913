"""One number about an entity over time, and what it takes to call a move of it a shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from aiops.types import Floats

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.integer[Any]]

FEWEST_BEFORE, FEWEST_AFTER = 5, 2
FLOOR_SD, FLOOR_LEVEL, FLOOR_RANGE, FLOOR_POINTS = 0.5, 0.05, 0.005, 0.2
"""Least scale: share of the standard deviation, of the level and of the range before, and percent points of a ratio."""
SURE = 12.0
"""Nats of chance at which the values before and after are enough to be trusted fully."""
MOST_NATS = 3.0
BELOW = 1.0
"""Nats that happen by themselves."""
MOST_SCALES = 100.0
"""Further than this no series moves: its level before was a constant, mostly zero."""


class Track(msgspec.Struct, frozen=True, gc=False):
    """One number about an entity, over time. A large recording has thousands, and a struct is made in no time.

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


@dataclass(frozen=True, slots=True)
class Shifts:
    """How n tracks stand after the onset against before, as columns of shape (n,); NaN = too little is known.

    Attributes
    ----------
    before, after : levels, in each track's own unit.
    z, change : how far they moved, in scales and in that unit.
    """

    before: Floats
    after: Floats
    z: Floats
    change: Floats


def enough(track: Track, k: Counts) -> Bools:
    return np.asarray((k >= track.needed) & (len(track.value) - k >= FEWEST_AFTER))


def floor(percent: Bools | bool, level: Floats, spread: Floats) -> Floats:
    """Least scale at a level, given the range of what was before."""
    usual = np.maximum(np.maximum(FLOOR_LEVEL * np.abs(level), FLOOR_RANGE * spread), 1e-9)
    return np.where(percent, np.maximum(FLOOR_POINTS, FLOOR_RANGE * spread), usual)


def nearer(one: Floats, other: Floats) -> Floats:
    """The smaller of two changes; none where they disagree in direction."""
    return np.where(one * other <= 0, 0.0, np.where(np.abs(other) < np.abs(one), other, one))


def nats(z: Floats) -> Floats:
    """Size of a shift by `z` scales: what happens by itself counts nothing."""
    return np.clip(np.log1p(np.abs(z)) - BELOW, 0.0, MOST_NATS)


def sized(z: Floats, share: Floats) -> Floats:
    """Scales of which the size is a share of the size of `z`; in proportion where that is none.

    >>> z, half = np.array([6.5, 1.0]), np.array([0.5, 0.5])
    >>> (nats(sized(z, half)) / nats(z)[0]).round(3).tolist(), float(sized(z, half)[1])
    ([0.5, 0.0], 0.5)
    """
    size = nats(z) * share
    return np.where(share >= 1, z, np.where(size > 0, np.copysign(np.expm1(BELOW + size), z), z * share))
