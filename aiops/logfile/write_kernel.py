"""Rows of `line,template_id` as bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.types import Slots

Bytes = npt.NDArray[np.uint8]
WIDTH = 8
"""Bytes of a template's name."""
_COMMA, _LINE, _ZERO = 44, 10, 48


@njit(cache=True, error_model="numpy")
def rows(first: int, numbers: Slots, names: Bytes, out: Bytes) -> int:
    """Write a row for each line; returns the bytes used.

    Parameters
    ----------
    first : number of the first line.
    numbers : template of each line, shape (n,).
    names : name of each template, shape (templates, `WIDTH`).
    out : shape (n * (`WIDTH` + 21),) or more.
    """
    used = 0
    digits = np.empty(20, np.uint8)
    for i in range(len(numbers)):
        left, n = first + i, 0
        while left > 0:
            digits[n] = _ZERO + left % 10
            left //= 10
            n += 1
        for j in range(n):
            out[used + j] = digits[n - 1 - j]
        used += n
        out[used] = _COMMA
        for j in range(WIDTH):
            out[used + 1 + j] = names[numbers[i], j]
        out[used + 1 + WIDTH] = _LINE
        used += WIDTH + 2
    return used
