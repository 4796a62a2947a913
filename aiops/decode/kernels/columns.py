"""What every scanning kernel fills, and how it is called again when the room runs out.

A kernel is `scan(buffer, extents, secret, progress, columns)`:

- `extents`, shape (n, 4), int64: start, stop, index in the batch, and (written) 1 = "not mine";
- `progress`, shape (2,), int64: records done, rows used. A record that does not fit is left for the next call;
- `columns`: keys (c, 2) uint64, times (c,) and values (c,) float64, records (c,) int32, and
  where (c, w) int64 = where in the buffer the labels stand, for a key that nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types

from aiops.decode.kernels.load import SECRET, Bytes, Secret
from aiops.types import Floats, Ints, Slots

Keys = npt.NDArray[np.uint64]
Columns = tuple[Keys, Floats, Floats, Slots, Ints]

SCAN: Any = types.void(
    types.Array(types.uint8, 1, "C", readonly=True),
    types.int64[:, ::1],
    types.UniTuple(types.uint64, 6),  # type: ignore[no-untyped-call]
    types.int64[::1],
    types.Tuple(  # type: ignore[no-untyped-call]
        (types.uint64[:, ::1], types.float64[::1], types.float64[::1], types.int32[::1], types.int64[:, ::1])
    ),
)

Scan = Callable[[Bytes, Ints, Secret, Ints, Columns], None]
"""The type of a scanning kernel."""


def collect(scan: Scan, buffer: Bytes, extents: Ints, width: int, guess: int) -> Columns:
    """Run `scan` over all records with room for `guess` rows, more when needed; returns the used rows."""
    progress = np.zeros(2, np.int64)
    columns = _room(max(guess, 16), width)
    scan(buffer, extents, SECRET, progress, columns)
    while progress[0] < len(extents):
        larger = _room(4 * len(columns[0]), width)
        done = int(progress[1])
        for i in range(len(columns)):
            larger[i][:done] = columns[i][:done]
        columns = larger
        scan(buffer, extents, SECRET, progress, columns)
    used = int(progress[1])
    keys, times, values, records, where = columns
    return keys[:used], times[:used], values[:used], records[:used], where[:used]


def _room(rows: int, width: int) -> Columns:
    return (
        np.empty((rows, 2), np.uint64), np.empty(rows), np.empty(rows), np.empty(rows, np.int32),
        np.empty((rows, width), np.int64),
    )  # fmt: skip
