"""How restless the reference is by itself, when its rows stand in order of time.

Its consecutive pieces are compared with each other as windows are with it. Where they differ by more than chance - days
differ, prices wander - a window must differ by more than that, and the few pieces are all that is known of it. Without
a column of times rows are taken as drawn at random: a table sorted by anything else would seem restless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aiops.drift.tally import Tally, aligned
from aiops.types import Floats
from detectors.homogeneity import restlessness

PIECES = 16
LEAST_PIECES = 4
LEAST_ROWS = 50
"""Rows of a piece."""


@dataclass(frozen=True, slots=True)
class Unrest:
    """At one length: rows and number of pieces, and how many times chance they differ.

    Attributes
    ----------
    numbers : shape (measures, 3); words : shape (categorical columns, 1).
    """

    rows: int
    pieces: int
    numbers: Floats
    words: Floats


def measure(pieces: Sequence[Tally]) -> tuple[Unrest, ...]:
    """Unrest of pieces, of twos and of fours of them, as far as `LEAST_PIECES` are left."""
    found = []
    while len(pieces) >= LEAST_PIECES:
        numbers = restlessness(np.stack([piece.counts for piece in pieces]))
        whole = pieces[0]
        for piece in pieces[1:]:
            whole = whole + piece
        words = np.ones((len(whole.words), 1))
        if len(whole.words):
            # What is common is told by the whole, so that the bins of all pieces are the same.
            counts = [[aligned(total, piece.words[i])[1] for i, total in enumerate(whole.words)] for piece in pieces]
            words = restlessness(np.array(counts), ordered=False)
        found.append(Unrest(pieces[0].rows, len(pieces), numbers, words))
        pieces = [a + b for a, b in zip(pieces[::2], pieces[1::2], strict=False)]
    return tuple(found)


def at(unrest: Sequence[Unrest], rows: int) -> Unrest:
    """That of pieces at least as long as a stretch of windows, or of the longest of those that there are."""
    return next((one for one in unrest if one.rows >= rows), unrest[-1])


def cuts(rows: int) -> list[slice]:
    """Where pieces begin and end; none when they would be too short."""
    count = min(PIECES, rows // LEAST_ROWS)
    if count < LEAST_PIECES:
        return []
    return [slice(i * (rows // count), (i + 1) * (rows // count)) for i in range(count)]
