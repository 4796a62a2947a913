"""Features of a text for the injection model: pieces of characters, pairs of words, and the order of word classes.

A text is looked at in windows of words, so that an instruction inside a long document stands out as it would alone.
A window has three kinds of features: how often it has each piece of 3 to 5 characters and each pair of words (hashed,
divided by the root of their number, so that length does not count); which classes of words follow each other within
a few words (present or not: the phrase rules); and which three classes follow each other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.content.word_kernel import IDEOGRAM, Bytes, Hashes, found, hashed, word
from aiops.types import Floats, Ints, Slots

PIECES = 1 << 17
"""Places for pieces of characters and pairs of words."""
CLASSES = 64
PAIRS = CLASSES * CLASSES
TRIPLES = 1 << 14
SIZE = PIECES + CLASSES + PAIRS + TRIPLES
"""Features in all: pieces, classes, pairs of classes, triples of classes."""
WINDOW, STRIDE = 80, 40
"""Words of a window, and words between the beginnings of two."""
REACH = 7
"""Words over which one class can follow another."""
SHORTEST, LONGEST = 3, 5
_ONE = np.uint64(1)
_PRIME, _MIX, _SHIFT = np.uint64(0x100000001B3), np.uint64(0xFF51AFD7ED558CCD), np.uint64(32)
_BLANK, _ZERO = np.uint8(32), np.uint8(48)
_BEGIN, _END = 0, 1
Bounds = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float32]


@njit(cache=True, error_model="numpy")
def read(data: Bytes, i: int, stop: int, keys: Hashes, values: Hashes, hashes: Hashes, classes: Hashes, clean: Bytes,
         place: Ints) -> int:  # fmt: skip
    """Cut a text into words.

    Parameters
    ----------
    keys, values : the table of word classes.
    hashes, classes : filled per word; as long as the text.
    clean : filled with the words, a blank before each and after the last, digits as 0; twice as long as the text.
    place : filled with where each word begins in `clean`, and where the last one ends; longer than the text.

    Returns
    -------
    The number of words.
    """
    words = used = 0
    while i < stop:
        begin, i, value, kind = word(data, i, stop)
        if begin >= stop:
            break
        hashes[words] = value
        classes[words] = found(keys, values, value)
        if kind == IDEOGRAM:
            # The longest piece that is known, so that a word that begins with another one is not both.
            for more in (12, 9, 6):
                if begin + more <= stop:
                    known = found(keys, values, hashed(data, begin, begin + more))
                    if known:
                        classes[words] = known
                        break
        place[words] = used
        clean[used] = _BLANK
        used += 1
        for j in range(begin, i):
            byte = data[j]
            clean[used] = _ZERO if 48 <= byte <= 57 else byte
            used += 1
        words += 1
    clean[used] = _BLANK
    place[words] = used
    return words


@njit(cache=True, error_model="numpy")
def pieces(hashes: Hashes, clean: Bytes, place: Ints, first: int, last: int, out: Slots) -> int:
    """Places of all pieces and pairs of the words `first` to `last`; returns their number."""
    n = 0
    for i in range(place[first], place[last]):
        value = np.uint64(0xCBF29CE484222325)
        for length in range(LONGEST):
            if i + length > place[last]:
                break
            value = (value ^ np.uint64(clean[i + length])) * _PRIME
            if length + 1 >= SHORTEST:
                mixed = (value ^ (value >> _SHIFT)) * _MIX
                out[n] = (mixed >> _SHIFT) & np.uint64(PIECES - 1)
                n += 1
    for i in range(first, last - 1):
        mixed = (hashes[i] ^ (hashes[i + 1] * _PRIME)) * _MIX
        out[n] = (mixed >> _SHIFT) & np.uint64(PIECES - 1)
        n += 1
    return n


@njit(cache=True, error_model="numpy")
def orders(classes: Hashes, first: int, last: int, seen: npt.NDArray[np.int64], stamp: int, out: Slots) -> int:
    """Places of the classes, pairs and triples of the words `first` to `last`, each once; returns their number.

    Parameters
    ----------
    seen : shape (SIZE - PIECES,), the last stamp a feature was seen with.
    stamp : differs from window to window.
    """
    n = 0
    one, two = -1, -1
    for i in range(first, last):
        if classes[i] == 0:
            continue
        n = _each(classes[i], np.uint64(0), 0, seen, stamp, out, n)
        for j in range(max(first, i - REACH), i):
            if classes[j]:
                n = _each(classes[j], classes[i], 1, seen, stamp, out, n)
        if one >= 0 and i - two <= REACH and two - one <= REACH:
            a = _lowest(classes[one])
            b = _lowest(classes[two])
            c = _lowest(classes[i])
            mixed = np.uint64((a * CLASSES + b) * CLASSES + c + 1) * _MIX
            at = CLASSES + PAIRS + int((mixed >> _SHIFT) & np.uint64(TRIPLES - 1))
            n = _once(at, seen, stamp, out, n)
        one, two = two, i
    return n


@njit(cache=True, error_model="numpy")
def _each(
    left: np.uint64, right: np.uint64, pair: int, seen: npt.NDArray[np.int64], stamp: int, out: Slots, n: int
) -> int:
    for a in range(CLASSES):
        if not (left >> np.uint64(a)) & _ONE:
            continue
        if not pair:
            n = _once(a, seen, stamp, out, n)
            continue
        for b in range(CLASSES):
            if (right >> np.uint64(b)) & _ONE:
                n = _once(CLASSES + a * CLASSES + b, seen, stamp, out, n)
    return n


@njit(cache=True, error_model="numpy")
def _once(at: int, seen: npt.NDArray[np.int64], stamp: int, out: Slots, n: int) -> int:
    if seen[at] == stamp or n >= len(out):
        return n
    seen[at] = stamp
    out[n] = PIECES + at
    return n + 1


@njit(cache=True, error_model="numpy")
def _lowest(bits: np.uint64) -> int:
    a = 0
    while not (bits >> np.uint64(a)) & _ONE:
        a += 1
    return a


@njit(cache=True, error_model="numpy")
def windows(words: int) -> int:
    """Windows of a text; a text that is little longer than one has one."""
    return 1 if words <= WINDOW + STRIDE // 2 else 1 + (words - WINDOW + STRIDE - 1) // STRIDE


@njit(cache=True, error_model="numpy")
def scores(data: Bytes, bound: Bounds, keys: Hashes, values: Hashes, weights: Weights) -> Floats:
    """Log odds of each text's most suspicious window, before the intercept; -inf for a text without words."""
    longest = 0
    for n in range(len(bound) - 1):
        longest = max(longest, bound[n + 1] - bound[n])
    hashes, classes = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64)
    clean, place = np.empty(2 * longest + 2, np.uint8), np.empty(longest + 2, np.int64)
    out = np.full(len(bound) - 1, -np.inf)
    features = np.empty(8 * longest + 4096, np.int32)
    seen = np.zeros(SIZE - PIECES, np.int64)
    stamp = 0
    for n in range(len(bound) - 1):
        words = read(data, bound[n], bound[n + 1], keys, values, hashes, classes, clean, place)
        if words == 0:
            continue
        count = windows(words)
        for k in range(count):
            first = k * STRIDE
            last = words if k == count - 1 else first + WINDOW
            stamp += 1
            many = pieces(hashes, clean, place, first, last, features)
            total = 0.0
            for j in range(many):
                total += weights[features[j]]
            score = total / np.sqrt(many) if many else 0.0
            many = orders(classes, first, last, seen, stamp, features)
            for j in range(many):
                score += weights[features[j]]
            out[n] = max(out[n], score)
    return out


@njit(cache=True, error_model="numpy")
def listed(data: Bytes, bound: Bounds, keys: Hashes, values: Hashes) -> tuple[Slots, Weights, Ints, Ints]:
    """Features of all windows, for training.

    Returns
    -------
    places of features and their values, where each window's features begin (and the last ones end), and the text that
    each window belongs to.
    """
    longest, room = 0, 0
    for n in range(len(bound) - 1):
        longest = max(longest, bound[n + 1] - bound[n])
        room += 2 * (8 * (bound[n + 1] - bound[n]) + 4096)
    hashes, classes = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64)
    clean, place = np.empty(2 * longest + 2, np.uint8), np.empty(longest + 2, np.int64)
    features = np.empty(8 * longest + 4096, np.int32)
    seen = np.zeros(SIZE - PIECES, np.int64)
    stamp = used = total = 0
    at, value = np.empty(room, np.int32), np.empty(room, np.float32)
    begin, owner = np.zeros(len(data) + len(bound) + 1, np.int64), np.zeros(len(data) + len(bound), np.int64)
    for n in range(len(bound) - 1):
        words = read(data, bound[n], bound[n + 1], keys, values, hashes, classes, clean, place)
        count = windows(words) if words else 0
        for k in range(count):
            first = k * STRIDE
            last = words if k == count - 1 else first + WINDOW
            stamp += 1
            many = pieces(hashes, clean, place, first, last, features)
            for j in range(many):
                at[used], value[used] = features[j], 1.0 / np.sqrt(many)
                used += 1
            many = orders(classes, first, last, seen, stamp, features)
            for j in range(many):
                at[used], value[used] = features[j], 1.0
                used += 1
            owner[total] = n
            total += 1
            begin[total] = used
    return at[:used].copy(), value[:used].copy(), begin[: total + 1].copy(), owner[:total].copy()
