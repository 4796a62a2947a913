"""Hashes of a text's words, at most `MOST` of them: those with the least hashes, which is a fair draw of all words.

References
----------
Broder (1997), Compression and Complexity of Sequences (bottom-k sketches).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.content.word_kernel import IDEOGRAM, Bytes, Hashes, paired, word

MOST = 32
READ = 8_000
"""Bytes of a text that are read."""
LEAST_BYTES = 3
"""Shorter words say little of what a text is about."""


@njit(cache=True, error_model="numpy")
def least(data: Bytes, bound: npt.NDArray[np.int64]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Of each text the least hashes of its words, ascending, each once.

    Scripts without blanks give pairs of characters.

    Returns
    -------
    hashes : shape (n, `MOST`).
    number : shape (n,); how many of them there are.
    """
    n = len(bound) - 1
    out, number = np.zeros((n, MOST), np.uint64), np.zeros(n, np.int64)
    for t in range(n):
        i, stop = bound[t], min(bound[t + 1], bound[t] + READ)
        before = np.uint64(0)
        while i < stop:
            begin, i, value, kind = word(data, i, stop)
            if begin >= stop:
                break
            said = paired(before, value) if kind == IDEOGRAM and before != 0 else value
            before = value if kind == IDEOGRAM else np.uint64(0)
            if kind == IDEOGRAM or i - begin >= LEAST_BYTES:
                number[t] = _entered(out[t], number[t], said)
    return out, number


@njit(cache=True, error_model="numpy")
def _entered(row: Hashes, number: int, value: np.uint64) -> int:
    """Put a hash into an ascending row unless it is there, or too large for a full one; how many it then holds."""
    at = number
    while at > 0 and row[at - 1] >= value:
        at -= 1
    if at < number and row[at] == value:
        return number
    if at == MOST:
        return number
    last = min(number, MOST - 1)
    for j in range(last, at, -1):
        row[j] = row[j - 1]
    row[at] = value
    return min(number + 1, MOST)
