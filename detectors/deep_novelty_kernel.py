"""How far a value lies from every value ever seen, as a share of their range.

All history at a fixed price: a grid of `CELLS` cells remembers which heights occurred; it doubles its width when a
value falls outside. Half the smallest step ever seen is free: to a series of whole numbers the next number is no news.
"""

from __future__ import annotations

from numba import njit

CELLS = 4_096
FIELDS = ("lowest", "highest", "start", "width", "quantum", "last")
LOWEST, HIGHEST, START, WIDTH, QUANTUM, LAST = range(6)
LEAST = 1e-290
"""A cell of a smaller range would have no width."""


@njit(error_model="numpy", cache=True)
def gap(value, f, cells):  # type: ignore[no-untyped-def]
    """Distance to the nearest occupied cell over the range so far; 1 for the first value that differs."""
    if not f[WIDTH] > 0.0:
        return 0.0 if value == f[LOWEST] else 1.0
    reach = f[HIGHEST] - f[LOWEST]
    if value > f[HIGHEST]:
        return max(0.0, value - f[HIGHEST] - 0.5 * f[QUANTUM]) / reach
    if value < f[LOWEST]:
        return max(0.0, f[LOWEST] - value - 0.5 * f[QUANTUM]) / reach
    here = min(int((value - f[START]) / f[WIDTH]), CELLS - 1)
    left, right = here, here
    while cells[left] == 0 and left > 0:
        left -= 1
    while cells[right] == 0 and right < CELLS - 1:
        right += 1
    return max(0.0, (min(here - left, right - here) - 0.5) * f[WIDTH] - 0.5 * f[QUANTUM]) / reach


@njit(error_model="numpy", cache=True)
def double(f, cells, downward):  # type: ignore[no-untyped-def]
    """Twice the width, to one side."""
    if downward:
        for j in range(CELLS - 1, -1, -1):
            pair = 2 * j - CELLS
            cells[j] = max(cells[pair], cells[pair + 1]) if pair >= 0 else 0
        f[START] -= CELLS * f[WIDTH]
    else:
        for j in range(CELLS):
            pair = 2 * j
            cells[j] = max(cells[pair], cells[pair + 1]) if pair < CELLS else 0
    f[WIDTH] *= 2.0


@njit(error_model="numpy", cache=True)
def learn(value, f, cells, first):  # type: ignore[no-untyped-def]
    """Remember that this height occurred."""
    if first:
        f[LOWEST] = f[HIGHEST] = f[LAST] = value
        return
    step, f[LAST] = abs(value - f[LAST]), value
    if step > 0.0 and (step < f[QUANTUM] or f[QUANTUM] == 0.0):
        f[QUANTUM] = step
    if f[WIDTH] == 0.0:
        apart = abs(value - f[LOWEST])
        # So small a step drowns in the height itself, or in zero: nothing to divide a range by.
        if apart <= max(1e-12 * abs(value), LEAST):
            return
        f[WIDTH] = 4.0 * apart / CELLS
        f[START] = min(f[LOWEST], value) - 1.5 * apart
        cells[int((f[LOWEST] - f[START]) / f[WIDTH])] = 1
    f[LOWEST], f[HIGHEST] = min(f[LOWEST], value), max(f[HIGHEST], value)
    while value < f[START]:
        double(f, cells, True)
    while value >= f[START] + CELLS * f[WIDTH]:
        double(f, cells, False)
    cells[min(int((value - f[START]) / f[WIDTH]), CELLS - 1)] = 1
