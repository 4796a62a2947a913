"""Which value a change alters: lines that were taken out and put back with one token changed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)(?:[-+.\w]*)")
_Gap = tuple[int, int, int]
"""Tokens of a line, and the numbers of what stands before one of them and behind it."""


def is_constant(token: str) -> bool:
    """Whether a literal steers the program: messages to people and the numbers of HTTP's answers do not."""
    if token[0] in "\"'`":
        return " " not in token
    return token[0].isdigit() and not (len(token) == 3 and token[0] in "12345")


def largest(removed: Sequence[Sequence[str]], added: Sequence[Sequence[str]]) -> tuple[float, str]:
    """Largest alteration among lines that differ in one value only: |ln| of a ratio of numbers, 1 for others."""
    numbers: dict[tuple[int, str], int] = {}
    there: dict[_Gap, list[int]] = {}
    for place, line in enumerate(added):
        for at, gap in enumerate(_gaps(line, numbers)):
            known = there.setdefault(gap, [])
            # The first line, and the first with another token there, are all that anybody asks for.
            if not known or (len(known) == 1 and added[known[0]][at] != line[at]):
                known.append(place)
    best, what = 0.0, ""
    for line in removed:
        alike = [
            (place, at)
            for at, gap in enumerate(_gaps(line, numbers))
            for place in there.get(gap, ())
            if added[place][at] != line[at] and _is_value(line, at)
        ]
        if alike:
            place, at = min(alike)
            old, new = line[at], added[place][at]
            if (size := _step(old, new)) > best:
                best, what = size, f"{''.join(line[:at])[-40:]}{old} -> {new}"
    return best, what


def _gaps(line: Sequence[str], numbers: dict[tuple[int, str], int]) -> list[_Gap]:
    """For each token what is around it: two lines that have one in common differ in no other token.

    Parameters
    ----------
    numbers : of beginnings and, read backwards, of ends: (all but the last token, that token); added to.
    """
    before, after = [0], [0]
    for token in line[:-1]:
        before.append(numbers.setdefault((before[-1], token), len(numbers) + 1))
    for token in reversed(line[1:]):
        after.append(numbers.setdefault((after[-1], token), len(numbers) + 1))
    return [(len(line), one, other) for _, one, other in zip(line, before, reversed(after), strict=False)]


def _is_value(line: Sequence[str], at: int) -> bool:
    """Whether the token at `at` is a value: a literal, or a name that something is set to."""
    if is_constant(line[at]):
        return len(line) > 1
    return at > 0 and line[at - 1] in ":=." and (at + 1 == len(line) or line[at + 1] in ",;)]}")


def _step(old: str, new: str) -> float:
    if VERSION.search(old) or VERSION.search(new):
        return 0.0
    try:
        one, other = float(old), float(new)
    except ValueError:
        return 1.0
    ratio = one / other if other > 0 else 0.0
    # Of numbers of hundreds of digits it may be nothing, or infinite.
    return abs(math.log(ratio)) if 0 < ratio < math.inf else 1.0
