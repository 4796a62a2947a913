"""Lines of text that fit: measured before they are set, cut where the room ends. All lengths are points."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from aiops.canvas import INK

USUAL, SMALL, QUIET = 8.0, 7.0, "#555555"
TAIL = 5
"""Letters of the end of a name that is cut: names often differ there alone."""
WIDER = 1.03
"""Letters on pixels are a little wider than on paper."""
LONGEST = 400


def write(axes: Any, place: tuple[float, float], content: str, room: float, tail: int = 0, **style: Any) -> float:
    """Set one line, cut to its room; return how wide it is.

    Parameters
    ----------
    place : where its base line begins, or ends with `ha="right"`.
    tail : letters of the end that stay when it is cut.
    """
    size, weight = style.setdefault("size", USUAL), style.setdefault("weight", "normal")
    fit = cut(plain(content), room, (size, weight), tail)
    if fit:
        axes.text(*place, fit, va="baseline", parse_math=False, zorder=4, **{"color": INK, **style})
    return width(fit, size, weight)


def plain(content: str) -> str:
    """One line, without what moves a pen."""
    return " ".join("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in content[:LONGEST]).split())


def cut(content: str, room: float, font: tuple[float, str], tail: int = 0) -> str:
    """As much as fits, an ellipsis where something is left out."""
    if width(content, *font) <= room:
        return content
    end = content[max(0, len(content) - tail) :]
    low, high = -1, len(content) - len(end)
    while low < high:
        middle = (low + high + 1) // 2
        fits = width(f"{content[:middle]}…{end}", *font) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return f"{content[:low].rstrip()}…{end}" if low >= 0 else ""


def told(content: str, room: float, most: int) -> list[str]:
    """Small lines: what the evidence is about, then its numbers by themselves, which must not be lost.

    Parameters
    ----------
    most : lines, 2 or more.
    """
    about, colon, numbers = plain(content).rpartition(": ")
    lines = _wrapped(about, room, most - 1) if colon else []
    short = numbers.partition(" (")[0]
    whole = [_wrapped(one, room, most - len(lines)) for one in (numbers, short)]
    return [*lines, *(whole[1] if whole[0] and whole[0][-1].endswith("…") and short else whole[0])]


def _wrapped(content: str, room: float, most: int) -> list[str]:
    """Lines of whole words; the last holds what is left, as many words of it as fit."""
    lines: list[str] = []
    words = content.split()
    while words and len(lines) < most - 1:
        count = next((n for n in range(1, len(words)) if width(" ".join(words[: n + 1]), SMALL) > room), len(words))
        lines.append(cut(" ".join(words[:count]), room, (SMALL, "normal")))
        words = words[count:]
    return [*lines, _cut_between(words, room)] if words else lines


def _cut_between(words: Sequence[str], room: float) -> str:
    """Whole words that fit, an ellipsis where some are left out; of one that is too long as much as fits."""
    whole = " ".join(words)
    if width(whole, SMALL) <= room:
        return whole
    parts = (f"{' '.join(words[:n])} …" for n in range(len(words) - 1, 0, -1))
    return next((one for one in parts if width(one, SMALL) <= room), cut(whole, room, (SMALL, "normal")))


@lru_cache(maxsize=4096)
def width(content: str, size: float, weight: str = "normal") -> float:
    """Of a line of text, points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight=weight)
    return WIDER * float(text_to_path.get_text_width_height_descent(content, font, ismath=False)[0]) if content else 0.0
