"""Which texts look disguised: one pass over the bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.content.word_kernel import Bytes

_RUN, _LEET, _PERCENT, _SINGLE = 16, 3, 4, 5
"""Letters and digits on end; words of letters with a digit or sign inside; percent signs; letters standing alone in a row."""
_NONE, _LOWER, _DIGIT, _WIDE, _SIGN = 0, 1, 2, 3, 4


@njit(cache=True, error_model="numpy")
def _kind(byte: int) -> int:
    if 97 <= byte <= 122:
        return _LOWER
    if 48 <= byte <= 57:
        return _DIGIT
    if byte >= 0x80:
        return _WIDE
    # @ $ ! |
    return _SIGN if byte in (64, 36, 33, 124) else _NONE


@njit(cache=True, error_model="numpy")
def suspects(data: Bytes, bound: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether each text in lower case holds something that could be decoded or folded.

    Shape (n,). Letters beyond Latin-1 within a word of Latin letters, full-width and mathematical letters; a run of
    letters and digits that is no word; several words with digits for letters; escapes; single letters in a row.
    """
    out = np.zeros(len(bound) - 1, np.bool_)
    for n in range(len(bound) - 1):
        run = run_digits = leet = percent = single = length = 0
        latin = mixed = inner = False
        before = _NONE
        for i in range(bound[n], bound[n + 1]):
            byte = data[i]
            kind = _kind(byte)
            if byte == 37 or byte == 92:
                percent += 1
            if kind == _LOWER or kind == _DIGIT or byte in (43, 47, 45, 95):
                run += 1
                run_digits += kind == _DIGIT
                # Base64 of a sentence has digits now and then; hexadecimals have little else.
                if (run >= _RUN and run_digits >= 1 and run >= 24) or run >= 40:
                    mixed = True
            else:
                run = run_digits = 0
            # Cyrillic, Greek and Armenian leads, small capitals and full-width forms next to Latin letters.
            foreign = kind == _WIDE and (
                0xCD <= byte <= 0xD4
                or byte == 0xE1
                or byte == 0xEA
                or byte == 0xEF
                or byte == 0xF0
                or byte == 0xC9
                or byte == 0xCA
            )
            if foreign and (byte == 0xF0 or byte == 0xEF):
                mixed = (
                    mixed
                    or (byte == 0xEF and i + 1 < bound[n + 1] and data[i + 1] in (0xBC, 0xBD))
                    or (byte == 0xF0 and i + 1 < bound[n + 1] and data[i + 1] == 0x9D)
                )
            elif foreign and latin:
                mixed = True
            if kind == _LOWER:
                if before == _WIDE and inner:
                    mixed = True
                latin = True
            if foreign and byte not in (0xEF, 0xF0):
                inner = True
            if (kind == _DIGIT and before == _LOWER) or (kind == _SIGN and before == _LOWER):
                if i + 1 < bound[n + 1] and _kind(data[i + 1]) == _LOWER:
                    leet += 1
            if kind == _NONE:
                if length == 1 and before == _LOWER:
                    single += 1
                    if single >= _SINGLE:
                        mixed = True
                elif length > 1:
                    single = 0
                latin = inner = False
                length = 0
            else:
                length += 1
            before = kind
        out[n] = mixed or leet >= _LEET or percent >= _PERCENT
    return out
