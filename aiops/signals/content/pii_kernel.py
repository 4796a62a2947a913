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


def _tails() -> Bytes:
    words = (b"sword", b"swd", b"pwd", b"secret", b"token", b"key", b"bearer")
    table = np.zeros((len(words), 8), np.uint8)
    for row, word in enumerate(words):
        table[row, 0], table[row, 1 : 1 + len(word)] = len(word), np.frombuffer(word, np.uint8)
    return table


KINDS, TAILS = _kinds(), _tails()


@njit(cache=True, error_model="numpy")
def candidates(data: Bytes, bound: npt.NDArray[np.int64], kinds: Bytes, tails: Bytes) -> Masks:
    """Per text in lower case, what it can hold, as bits.

    Parameters
    ----------
    kinds : kind of each byte.
    tails : ends of words that announce a secret; the length, then the bytes.
    """
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
            # `secret: ...` announces a secret, however short it is.
            if last == _LETTER and kind != _LETTER and kind != _DIGIT and not seen & TOKEN:
                seen |= TOKEN if _announced(data, bound[n], i, tails) else 0
            last = kind
        out[n] = seen
    return out


@njit(cache=True, error_model="numpy")
def _letters(data: Bytes, i: int, kinds: Bytes) -> bool:
    return bool(kinds[data[i - 2]] == _LETTER) and bool(kinds[data[i - 3]] == _LETTER)


@njit(cache=True, error_model="numpy")
def _announced(data: Bytes, begin: int, end: int, tails: Bytes) -> bool:
    """Whether the word that ends before `end` is one that a secret follows."""
    for row in range(len(tails)):
        length = tails[row, 0]
        if end - begin < length:
            continue
        same = True
        for j in range(length):
            if data[end - length + j] != tails[row, 1 + j]:
                same = False
                break
        if same:
            return True
    return False
