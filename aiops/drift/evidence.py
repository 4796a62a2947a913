"""What windows say together: each column tested over the last 1, 2, 4, 8 and 16 windows, as one p.

A shift of .2 sigma does not show in 200 rows and cannot be missed in 1,200. So the last windows are added up and
tested at dyadic lengths, and Simes' p over lengths and questions is the column's: the price of having looked at
several lengths is paid in the p, not in a threshold. Two things are asked besides, which no p can say: that the effect
is large enough to matter, and that the newer half of the stretch bears it out by itself - what is over is over.

All windows share one reference, whose luck is theirs as well. Every p counts it (two samples, neither is the truth),
so a p holds on average over references; false alerts on one unlucky reference come in company.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aiops.drift.reference import Flags, Reference
from aiops.drift.tally import Tally, aligned
from aiops.drift.unrest import at
from aiops.types import Floats, Ints
from detectors.drift import BINS
from detectors.homogeneity import Contrast, contrast, simes

LENGTHS = (1, 2, 4, 8, 16)
"""Windows that are judged together."""
RECENT = 0.05
"""p that the newer half of a stretch must reach by itself."""
STILL = 0.5
"""Share of a stretch's effect that its newer half must have: half of what one odd window left behind is less."""
LEAST_P = 1e-300


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about k columns; arrays of shape (k,).

    Attributes
    ----------
    p : over all lengths and questions; 1 = nothing to compare.
    own : of the newest window by itself.
    windows : the length that speaks loudest.
    effect : at the length that speaks loudest, 0 to 1.
    lasting : whether the newer half of that length says so too.
    tested : whether there was anything to compare in the newest window.
    """

    owners: tuple[str, ...]
    p: Floats
    own: Floats
    windows: Ints
    effect: Floats
    lasting: Flags
    tested: Flags


def pools(history: Sequence[Tally]) -> list[Tally]:
    """The last 1, 2, 4, ... windows as one each, as far as there are so many; the newest is last in `history`."""
    found, total, taken = [], None, 0
    for length in LENGTHS:
        if length > len(history):
            break
        for tally in history[len(history) - length : len(history) - taken]:
            total = tally if total is None else total + tally
        assert total is not None
        taken = length
        found.append(total)
    return found


def weigh(reference: Reference, pooled: Sequence[Tally]) -> Evidence:
    """Evidence about every column and every metric of performance."""
    parts = [*_numbers(reference, pooled), *_words(reference, pooled)]
    owners = tuple(owner for part in parts for owner in part.owners)
    return Evidence(
        owners,
        np.concatenate([part.p for part in parts]),
        np.concatenate([part.own for part in parts]),
        np.concatenate([part.windows for part in parts]),
        np.concatenate([part.effect for part in parts]),
        np.concatenate([part.lasting for part in parts]),
        np.concatenate([part.tested for part in parts]),
    )


def _numbers(reference: Reference, pooled: Sequence[Tally]) -> list[Evidence]:
    """Numbers in one part, texts and embeddings, whose columns have several measures, in another."""
    counts = np.stack([tally.counts for tally in pooled])
    known = np.broadcast_to(reference.tally.counts, counts.shape)
    found = contrast(known.reshape(-1, BINS), counts.reshape(-1, BINS))
    p = _widened(reference, pooled, found, words=False)
    effect = found.effect.reshape(counts.shape[:2])
    spans = reference.measures.spans
    parts = []
    for width in sorted({span.stop - span.start for span in spans.values()}):
        some = {owner: span for owner, span in spans.items() if span.stop - span.start == width}
        rows = np.array([np.arange(span.start, span.stop) for span in some.values()])
        part = p[:, rows].reshape(len(pooled), len(rows), -1)
        tested = counts[0][rows].sum(axis=(1, 2)) > 0
        parts.append(_combined(tuple(some), part, effect[:, rows].max(axis=2), tested))
    return parts


def _words(reference: Reference, pooled: Sequence[Tally]) -> list[Evidence]:
    if not reference.categories:
        return []
    pairs = [
        aligned(known, tally.words[i]) for tally in pooled for i, known in enumerate(reference.tally.words)
    ]  # fmt: skip
    found = contrast(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]), ordered=False)
    shape = (len(pooled), len(reference.categories))
    tested = np.array([words.sum() > 0 for words in pooled[0].words])
    return [
        _combined(
            tuple(reference.categories),
            _widened(reference, pooled, found, words=True),
            found.effect.reshape(shape),
            tested,
        )
    ]


def _widened(reference: Reference, pooled: Sequence[Tally], found: Contrast, *, words: bool) -> Floats:
    """p of shape (lengths, k, questions), held against the reference's own unrest where it has any."""
    if reference.unrest:
        some = [at(reference.unrest, tally.rows) for tally in pooled]
        factors = np.concatenate([one.words if words else one.numbers for one in some])
        pieces = np.repeat([float(one.pieces) for one in some], len(factors) // len(some))[:, None]
        p = found.widened(factors, pieces)
    else:
        p = found.p
    return p.reshape(len(pooled), -1, p.shape[1])


def _combined(owners: tuple[str, ...], p: Floats, effect: Floats, tested: Flags) -> Evidence:
    """One p of those of shape (lengths, k, questions); `effect` has shape (lengths, k)."""
    by_length = simes(p)
    at, columns = by_length.argmin(axis=0), np.arange(len(owners))
    newer = np.maximum(at - 1, 0)
    borne = (by_length[newer, columns] <= RECENT) & (effect[newer, columns] >= STILL * effect[at, columns])
    lasting = (at == 0) | borne
    whole = simes(p.transpose(1, 0, 2).reshape(len(owners), -1))
    whole, own = (np.where(tested, np.clip(one, LEAST_P, 1.0), 1.0) for one in (whole, by_length[0]))
    return Evidence(owners, whole, own, np.array(LENGTHS)[at], effect[at, columns], lasting & tested, tested)
