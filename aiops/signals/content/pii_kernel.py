"""Which kinds of personal data a text can hold at all: one pass over the bytes, so that few texts are read closely."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.content.word_kernel import Bytes

Masks = npt.NDArray[np.uint8]
AT, DIGITS, DOTTED, COLONS, TOKEN, IBAN = 1, 2, 4, 8, 16, 32
"""An @ between letters; seven digits close together; a digit, a dot and a digit three times; two colons among
hexadecimals; 16 letters and digits on end, or a word that announces a secret; two letters and two digits on end."""
_DIGIT, _LETTER, _GAP, _DOT, _COLON, _AT, _OTHER = 0, 1, 2, 3, 4, 5, 6
_LONG = 16
_CLOSE = 7


def _kinds() -> Bytes:
    table = np.full(256, _OTHER, np.uint8)
    for bytes_, kind in ((b"0123456789", _DIGIT), (b"abcdefghijklmnopqrstuvwxyz_", _LETTER), (b" -()/\t", _GAP),
                         (b".", _DOT), (b":", _COLON), (b"@", _AT)):  # fmt: skip
        table[np.frombuffer(bytes_, np.uint8)] = kind
    table[128:] = _LETTER
    return table


KINDS = _kinds()


@njit(cache=True, error_model="numpy")
def candidates(data: Bytes, bound: npt.NDArray[np.int64], kinds: Bytes) -> Masks:
    """Per text in lower case, what it can hold, as bits."""
    out = np.zeros(len(bound) - 1, np.uint8)
    for n in range(len(bound) - 1):
        seen = 0
        run = digits = dotted = colons = 0
        last = _OTHER
        for i in range(bound[n], bound[n + 1]):
            kind = kinds[data[i]]
            if kind == _DIGIT:
                digits += 1
                if digits >= _CLOSE:
                    seen |= DIGITS
                if last == _DOT and dotted >= 3:
                    seen |= DOTTED
            elif kind == _DOT:
                dotted = dotted + 1 if last == _DIGIT else 0
            elif kind != _GAP:
                digits = 0
            if kind != _DIGIT and kind != _DOT:
                dotted = 0
            if kind == _COLON:
                colons += 1
                if colons >= 2:
                    seen |= COLONS
            elif kind == _GAP or kind == _OTHER:
                colons = 0
            if kind == _DIGIT or kind == _LETTER:
                run += 1
                if run >= _LONG:
                    seen |= TOKEN
                if run == 4 and kind == _DIGIT and last == _DIGIT and i - bound[n] >= 3 and _letters(data, i, kinds):
                    seen |= IBAN
            else:
                run = 0
            if kind == _AT and (last == _LETTER or last == _DIGIT):
                seen |= AT
            if kind == _OTHER or kind == _COLON:
                # `secret:` and `key=` announce a secret, however short it is.
                if last == _LETTER and (data[i] == 61 or data[i] == 58 or data[i] == 34):
                    seen |= TOKEN if _announced(data, bound[n], i) else 0
            last = kind
        out[n] = seen
    return out


@njit(cache=True, error_model="numpy")
def _letters(data: Bytes, i: int, kinds: Bytes) -> bool:
    return kinds[data[i - 2]] == _LETTER and kinds[data[i - 3]] == _LETTER


@njit(cache=True, error_model="numpy")
def _announced(data: Bytes, begin: int, i: int) -> bool:
    """Whether the word before `i` ends as `secret`, `token`, `key`, `password`, `passwd`, `pwd`, `pass` do."""
    if i - begin < 3:
        return False
    a, b, c = data[i - 3], data[i - 2], data[i - 1]
    return (
        (a == 114 and b == 101 and c == 116) or (a == 107 and b == 101 and (c == 110 or c == 121))
        or (b == 101 and c == 121 and a == 107) or (a == 111 and b == 114 and c == 100)
        or (a == 119 and b == 100 and c == 100) or (a == 115 and b == 119 and c == 100)
        or (a == 112 and b == 119 and c == 100) or (a == 97 and b == 115 and c == 115)
    )  # fmt: skip
