"""Surprise to firing: pending for `for`, firing until calm for `keep_firing_for`, with hysteresis.

One set of arrays for all slots of a bank; the leading axis is the slot. A slot with no sample stays as it is:
silence is neither health nor trouble, but it ends what has not been confirmed for `keep_firing_for`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aiops.types import Floats, Ints

INACTIVE, PENDING, FIRING, UNCONFIRMED = range(4)
GATES = ("quiet", "pending", "firing", "unconfirmed")
"""The last is shown for what fires and is not confirmed (`cascade`); no slot's own state."""
CLEAR_SHARE = 0.5
"""A slot stays pending or firing above this share of its threshold."""
RISE = 0.25
"""What fires is told again when its surprise has grown by this much: the budget may ask for more than the rule does."""
KEPT = ("value", "expected", "middle", "early", "late")
"""What was seen at the peak of the surprise, of equal ones at the largest effect; the last three are what else the
detector tells, if anything: an estimate with its interval, or which inputs are at fault."""
State = dict[str, "Ints | Floats"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Per slot, shape (n,): surprise that counts, columns of `for` and of `keep_firing_for`."""

    threshold: Floats
    hold: Ints
    keep: Ints


@dataclass(frozen=True, slots=True)
class Crossed:
    """Slots that started to fire, grew odder while they fired, or stopped firing in this column, ascending."""

    fired: Ints
    risen: Ints
    ended: Ints


def init(n: int) -> State:
    """Fresh slots; `settled`: what they fire for is becoming the new normal (`normal`); `most`: bound of `confirm`."""
    whole = dict.fromkeys(("gate", "since", "last"), np.int64)
    numbers = {name: np.zeros(n) for name in ("peak", "told", *KEPT)}
    return {
        **{name: np.zeros(n, kind) for name, kind in whole.items()},
        **numbers,
        "settled": np.zeros(n, np.int64),
        "most": np.full(n, np.inf),
    }


def update(state: State, limits: Limits, surprise: Floats, seen: tuple[Floats, ...], at: int) -> Crossed:
    """Move every slot by one column.

    Parameters
    ----------
    state : from `init`, modified in place.
    surprise : shape (n,), NaN = nothing known in this column.
    seen : as many of `KEPT` as there are, shape (n,) each.
    at : number of the column.
    """
    gate, since, last = state["gate"], state["since"], state["last"]
    with np.errstate(invalid="ignore"):
        over = surprise >= limits.threshold
        still = surprise >= CLEAR_SHARE * limits.threshold
    calm = ~still & ~np.isnan(surprise)
    begins = (gate == INACTIVE) & over
    since[begins] = at
    gate[begins] = PENDING
    state["peak"][begins] = 0.0
    state["settled"][begins] = 0
    # A longer silence than `for` means that pending was never confirmed.
    lapsed = (gate == PENDING) & (calm | (np.isnan(surprise) & (at - last > limits.hold + 2) & ~begins))
    gate[lapsed] = INACTIVE
    last[over | (still & (gate != INACTIVE))] = at
    _keep_peak(state, (gate != INACTIVE) & still, surprise, seen)
    # Surprise wears off as the detector learns: what began over its threshold need only stay above the lower one.
    fired = (gate == PENDING) & still & (at - since >= limits.hold)
    gate[fired] = FIRING
    risen = (gate == FIRING) & ~fired & (state["peak"] >= state["told"] + RISE)
    told = fired | risen
    state["told"][told] = state["peak"][told]
    ended = (gate == FIRING) & (at - last >= np.maximum(limits.keep, 1))
    gate[ended] = INACTIVE
    return Crossed(np.flatnonzero(fired), np.flatnonzero(risen), np.flatnonzero(ended))


def _keep_peak(state: State, live: Ints, surprise: Floats, seen: tuple[Floats, ...]) -> None:
    with np.errstate(invalid="ignore"):
        # Surprise has a ceiling; what is said of a fault is how bad it was, not how it began.
        worse = np.abs(seen[0] - seen[1]) > np.abs(state["value"] - state["expected"])
        higher = live & ((surprise > state["peak"]) | ((surprise == state["peak"]) & worse))
    state["peak"][higher] = surprise[higher]
    for name, column in zip(KEPT, seen, strict=False):
        state[name][higher] = column[higher]
