"""What a text is about, as a handful of small numbers that nobody can read the text from.

Up to 32 of a text's words become numbers below `BUCKETS`. A number stands for hundreds of words of a language, and the
order is lost; texts about one thing share numbers, and that is all they are for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aiops.signals.content.sketch_kernel import least
from aiops.signals.content.text import Texts
from aiops.types import Floats

BUCKETS = 1_024
Bits = npt.NDArray[np.uint64]
_SHIFT = np.uint64(20)


def sketches(texts: Texts) -> list[bytes]:
    """Of each text the numbers of its words, ascending, two bytes each.

    Parameters
    ----------
    texts : in lower case.

    >>> from aiops.signals.content.text import packed
    >>> [len(one) for one in sketches(packed(["The pump leaks; the pump!", "an", ""]))]
    [6, 0, 0]
    """
    hashes, number = least(texts.data, texts.bound)
    places = ((hashes >> _SHIFT) % np.uint64(BUCKETS)).astype("<u2")
    return [np.unique(row[:n]).tobytes() for row, n in zip(places, number.tolist(), strict=True)]


def rows(some: Sequence[bytes]) -> Floats:
    """Sketches as rows of 0 and 1, shape (n, `BUCKETS`)."""
    found = np.zeros((len(some), BUCKETS))
    for i, one in enumerate(some):
        found[i, np.frombuffer(one, "<u2")] = 1.0
    return found


def bits(sketch: bytes) -> Bits:
    """A sketch as a set of `BUCKETS` bits, shape (`BUCKETS` // 64,)."""
    found = np.zeros(BUCKETS, np.uint8)
    found[np.frombuffer(sketch, "<u2")] = 1
    return np.packbits(found).view("<u8")


def likeness(known: Bits, this: Bits) -> Floats:
    """Of sets of bits, shape (n, w), and one, shape (w,): what they share of what they hold together.

    >>> likeness(np.stack([bits(b"\\1\\0\\2\\0"), bits(b"")]), bits(b"\\1\\0")).tolist()
    [0.5, 0.0]
    """
    both = np.bitwise_count(known & this).sum(axis=1)
    return np.asarray(both / np.maximum(np.bitwise_count(known | this).sum(axis=1), 1))
