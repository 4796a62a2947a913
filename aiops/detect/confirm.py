"""What a proposal must bear before the watch hears of it: no surprise is larger than the evidence behind it.

A series that moves all the time shows its law in hours, and how rare a value far out is can be read from how its
values thin out. One that rests on a value and moves now and then (a configured size, a number of replicas, a count that
is nearly always 0) shows nothing of the kind: all that is known of its next move is that none came in n samples, so it
is at most as rare as one in n. Such a series pages by a rule that states what counts (a limit, a `floor`), or not.

Whether a series rests is seen in the columns before it surprised; the bound then holds until it is calm. A detector
whose surprise reaches beyond what it has seen says how much that is by `evidence(state, slots)`; one without that
method is bound by nothing here. Only slots that surprise are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from aiops.detect.watch import CLEAR_SHARE, INACTIVE
from aiops.types import Floats, Ints

REPEATS, USUAL = 0.8, 0.6
"""A series rests when in this share of the columns before it repeats itself, or has one and the same value."""
LEAST = 8
SAME = 1e-9


def bound(
    state: Mapping[str, Any],
    surprise: Floats,
    threshold: Floats,
    before: Callable[[Ints], npt.NDArray[Any]],
    evidence: Callable[[Ints], Floats],
) -> None:
    """Limit the surprise of resting series, in place; `state["most"]` remembers who is limited to what.

    Parameters
    ----------
    state : of the watch; `gate` and `most` of shape (n,).
    surprise, threshold : shape (n,); where the threshold is infinite nothing is limited.
    before : slots -> values of the columns before this one, oldest first, shape (k, w).
    evidence : slots -> samples behind a surprise, the one in question included, shape (k,); inf = it needs none.
    """
    most, gate = state["most"], state["gate"]
    bounded = np.flatnonzero(most < np.inf)
    if len(bounded):
        most[bounded[surprise[bounded] < CLEAR_SHARE * threshold[bounded]]] = np.inf
    with np.errstate(invalid="ignore"):
        begins = np.flatnonzero((surprise >= threshold) & (gate == INACTIVE))
    if len(begins):
        begins = begins[most[begins] == np.inf]
        resting = begins[rests(before(begins))]
        most[resting] = np.log10(np.maximum(evidence(resting), 1.0))
    bounded = np.flatnonzero(most < np.inf)
    if len(bounded):
        surprise[bounded] = np.minimum(surprise[bounded], most[bounded])


def rests(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which rows, shape (k, w), mostly repeat what they were, or have one usual value; not those hardly known.

    >>> rests(np.array([[0.0] * 12, [0, 0, 0, 1] * 3, [0, 1] * 6, [np.nan] * 12])).tolist()
    [True, True, False, False]
    """
    here = np.isfinite(values)
    # What a gap separates still follows upon each other: carry the last value forward.
    place = np.maximum.accumulate(np.where(here, np.arange(values.shape[1]), -1), axis=1)
    carried = np.where(place >= 0, np.take_along_axis(values, np.maximum(place, 0), axis=1), np.nan)
    pairs = here[:, 1:] & np.isfinite(carried[:, :-1])
    same = (pairs & _equal(values[:, 1:], carried[:, :-1])).sum(axis=1)
    usual = _equal(values[:, :, None], values[:, None, :]).sum(axis=2).max(axis=1, initial=0)
    known, counted = here.sum(axis=1), pairs.sum(axis=1)
    return np.asarray((known >= LEAST) & ((same >= REPEATS * counted) | (usual >= USUAL * known)))


def _equal(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(one - other) <= SAME * np.abs(other))
