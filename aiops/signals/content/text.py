"""Texts of many calls as one buffer of bytes, so that a kernel goes over all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aiops.signals.content.word_kernel import Bytes
from aiops.types import Ints


@dataclass(frozen=True, slots=True)
class Texts:
    """n texts in lower case.

    Attributes
    ----------
    data : UTF-8 of all texts, one after the other.
    bound : shape (n + 1,); text i is `data[bound[i]:bound[i + 1]]`.
    """

    data: Bytes
    bound: Ints


def packed(texts: Sequence[str]) -> Texts:
    """Lower the case and put the texts behind each other.

    >>> packed(["Ab", "", "Ü"]).bound.tolist()
    [0, 2, 2, 4]
    """
    pieces = [text.lower().encode("utf-8", "replace") for text in texts]
    bound = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=bound[1:])
    return Texts(np.frombuffer(b"".join(pieces) or b"\0", np.uint8), bound)
