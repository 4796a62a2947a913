"""Does a model err more than it did: a window of labelled rows that is as long as nothing changes.

Errors and rows are kept in blocks of doubling length (an exponential histogram, so that 400,000 rows take forty
blocks). Every boundary between blocks is a candidate cut; newer rows are judged against older ones by a binomial tail,
and the best cut pays for the number of cuts looked at. A steep rise is told after some dozen rows, a slight one as
soon as there are enough, which no window of fixed length can do.

Blocks of each length also tell how far their rates stray from what was before: labels arrive in batches, nights differ
from days. A cut is as wide as the restless lengths below it, so that what comes and goes is not taken for a change.
Once the newer rows are many the older ones are dropped, and what stayed is the new normal. When the latest rows are as
good as those before, the rise is over; the cut alone would show it for hours.

References
----------
Bifet and Gavalda (2007), SDM (ADWIN); Frias-Blanco et al. (2015), IEEE TKDE 27:810 (HDDM); Wedderburn (1974),
Biometrika 61:439 (quasi-likelihood).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import Array, Floats, State
from detectors.state import check, parameters
from detectors.tail import binomial_upper

LEVELS = 14
PER_LEVEL = 3
BLOCKS = LEVELS * PER_LEVEL
PRIOR = 3.0
"""Comparisons of each length that are supposed to have been as even as chance alone."""
BOUND = 9.0
"""No comparison counts for more than so many times what is usual: one change is no restlessness, every night is."""
SHORT = 5
"""Lengths below 2**5 blocks."""
MEMORY = 200.0
"""Comparisons of one length that are remembered."""
RECENT = 200.0
"""Latest rows, and more, that may say that a rise is over."""
LEFT = 0.3
"""Share of the rise below which they say so."""
LEAST_COMPARED = 20.0
"""Comparisons of the shortest blocks before anything is said."""


@dataclass(frozen=True, slots=True)
class Concept:
    """Surprise of a rise in the error rate. `x` has shape (n, 2): errors, labelled rows; `expected` the rate before.

    Parameters per series: `block` (rows of the shortest block), `min_effect` (absolute rise), `min_trials` (rows after
    the cut), `warmup` (rows before it), `adapt` (rows after which what is surprising is the new normal), `limit` (the
    rate after the cut must be above it; a model that never was better is no news).
    """

    name: ClassVar[str] = "concept"
    inputs: ClassVar[int] = 2
    parameters: ClassVar[Mapping[str, float]] = {
        "block": 25.0,
        "min_effect": 0.03,
        "min_trials": 50.0,
        "warmup": 300.0,
        "adapt": 20_000.0,
        "limit": 0.0,
    }

    def init(self, n: int) -> State:
        shapes = {"count": BLOCKS, "rows": BLOCKS, "held": LEVELS, "compared": LEVELS, "uneven": LEVELS, "open": 2}
        scalars = {"recent": np.full(n, np.nan), "last": np.zeros(n)}
        return {**{name: np.zeros((n, k)) for name, k in shapes.items()}, **scalars, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Count the column, then judge the best cut of the window; a column without labels says nothing."""
        check(state, x, self.inputs)
        fine = np.isfinite(x).all(axis=1) & (x[:, 1] > 0.0)
        trials = np.where(fine, x[:, 1], 0.0)
        state["open"][:, 1] += trials
        state["open"][:, 0] += np.clip(np.where(fine, x[:, 0], 0.0), 0.0, trials)
        full = np.flatnonzero(state["open"][:, 1] >= state["p_block"])
        if len(full):
            _push(state, full)
        surprise, expected = np.full(len(x), np.nan), np.full(len(x), np.nan)
        asked = np.flatnonzero(fine)
        if len(asked):
            surprise[asked], expected[asked] = self._judge(state, asked)
        return surprise, expected

    def judged(self, state: State) -> Floats:
        """Error rate after the best cut, shape (n,); of all rows while there is no cut to speak of."""
        return np.asarray(state["recent"])

    def _judge(self, state: State, slots: Array) -> tuple[Floats, Floats]:
        held = state["rows"][slots]
        newer, older = _both_sides(state, slots)
        share = (older[0] + 0.5) / (older[1] + 1.0)
        p = {name: state[f"p_{name}"][slots].astype(np.float64)[:, None] for name in self.parameters}
        known = state["compared"][slots, 0] >= LEAST_COMPARED
        cuts = (held > 0.0) & (older[1] >= p["warmup"]) & (newer[1] > 0.0) & known[:, None]
        width = _width(state, slots) * (1.0 + newer[1] / (older[1] + 1.0))
        tails = binomial_upper(newer[0] / width, newer[1] / width, share)
        rate = newer[0] / np.maximum(newer[1], 1.0)
        told = cuts & (newer[1] >= p["min_trials"]) & (rate - share >= p["min_effect"]) & (rate > p["limit"])
        score = np.where(told, tails - np.log10(np.maximum(cuts.sum(axis=1), 1))[:, None], 0.0)
        best = np.argmax(score, axis=1)[:, None]
        top = np.take_along_axis(score, best, 1)[:, 0]
        rise = np.take_along_axis(rate - share, best, 1)
        before = np.take_along_axis(share, best, 1)
        later = (held > 0.0) & (np.arange(BLOCKS) < best) & (newer[1] >= RECENT)
        top = np.where((later & (rate - before < LEFT * rise)).any(axis=1), 0.0, top)
        some = top > 0.0
        everything = (newer[0] + older[0])[:, 0] / np.maximum((newer[1] + older[1])[:, 0], 1.0)
        state["recent"][slots] = np.where(some, np.take_along_axis(rate, best, 1)[:, 0], everything)
        expected = np.where(some, np.take_along_axis(share, best, 1)[:, 0], everything)
        settled = (top > 4.5) & (np.take_along_axis(newer[1], best, 1) >= p["adapt"])[:, 0]
        _forget(state, slots[settled], best[settled, 0])
        state["last"][slots] = top
        ready = cuts.any(axis=1)
        return np.where(ready, np.maximum(top, 0.0), np.nan), np.where(ready, expected, np.nan)


def _both_sides(state: State, slots: Array) -> tuple[Floats, Floats]:
    """(errors, rows) after and before each cut, shape (2, k, BLOCKS); cut i lies before the blocks up to i - 1."""
    sides = []
    for field, column in (("count", 0), ("rows", 1)):
        blocks = state[field][slots]
        before = np.cumsum(blocks[:, ::-1], axis=1)[:, ::-1]
        total = before[:, :1] + state["open"][slots, column][:, None]
        sides.append((total - before, before))
    (newer_count, older_count), (newer_rows, older_rows) = sides
    return np.stack([newer_count, newer_rows]), np.stack([older_count, older_rows])


def _width(state: State, slots: Array) -> Floats:
    """How many rows are worth one at each cut, at least 1: the most restless of the lengths that lie after it.

    The excess counts half as much again: the best cut finds the worst hour of a rate that comes and goes.
    """
    usual = (PRIOR + state["uneven"][slots]) / (PRIOR + state["compared"][slots])
    by_level = 1.0 + 1.5 * np.maximum(usual - 1.0, 0.0)
    # What lies after a cut of one length, shorter ones included, may be as long as four of them.
    for _ in range(2):
        by_level[:, :-1] = np.maximum(by_level[:, :-1], by_level[:, 1:])
    return np.repeat(np.maximum.accumulate(by_level, axis=1), PER_LEVEL, axis=1)


def _push(state: State, slots: Array) -> None:
    """Put the open block at the front; where a length is full its two oldest become one of the next."""
    carry = state["open"][slots].copy()
    state["open"][slots] = 0.0
    for level in range(LEVELS):
        if not len(slots):
            return
        _compare(state, slots, level, carry)
        first = level * PER_LEVEL
        last = first + PER_LEVEL - 1
        full = state["held"][slots, level] >= PER_LEVEL
        over = slots[full]
        merged = np.zeros((len(over), 2))
        for column, field in enumerate(("count", "rows")):
            merged[:, column] = state[field][over, last] + state[field][over, last - 1]
            state[field][over, last - 1] = 0.0
            state[field][slots, first + 1 : last + 1] = state[field][slots, first:last]
            state[field][slots, first] = carry[:, column]
            state[field][over, last] = 0.0
        # Of three, two left and one came; else one came.
        state["held"][slots, level] += np.where(full, -1.0, 1.0)
        slots, carry = over, merged


def _compare(state: State, slots: Array, level: int, block: Floats) -> None:
    """Learn how far a block of one length lies from all that is older, in units of chance."""
    count, rows = (state[field][slots, level * PER_LEVEL :].sum(axis=1) for field in ("count", "rows"))
    share = (count + block[:, 0] + 0.5) / (rows + block[:, 1] + 1.0)
    variance = share * (1.0 - share) * (1.0 / np.maximum(block[:, 1], 1.0) + 1.0 / np.maximum(rows, 1.0))
    usual = np.maximum((PRIOR + state["uneven"][slots, level]) / (PRIOR + state["compared"][slots, level]), 1.0)
    apart = block[:, 0] / np.maximum(block[:, 1], 1.0) - count / np.maximum(rows, 1.0)
    z2 = np.minimum(apart**2 / variance, BOUND * usual)
    # Short blocks learn little from what surprises; long ones come when that was told, and must learn of nights.
    score = state["last"][slots]
    weight = np.where(score > 4.5, 0.02, np.where(score > 3.0, 0.2, 1.0)) if level < SHORT else np.ones(len(slots))
    weight = weight * (rows >= block[:, 1])
    keep = np.where(state["compared"][slots, level] >= MEMORY, 1.0 - weight / MEMORY, 1.0)
    for field, one in (("compared", weight), ("uneven", weight * z2)):
        state[field][slots, level] = keep * state[field][slots, level] + one


def _forget(state: State, slots: Array, cut: Array) -> None:
    """Drop the blocks before a cut."""
    for slot, at in zip(slots.tolist(), cut.tolist(), strict=True):
        for field in ("count", "rows"):
            state[field][slot, at:] = 0.0
        used = state["rows"][slot].reshape(LEVELS, PER_LEVEL) > 0.0
        state["held"][slot] = used.sum(axis=1)
