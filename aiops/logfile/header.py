"""The head of log lines - times, host, level, thread, program - recognised from the lines themselves.

No format is listed. What most lines of a file have in the same order is their head: marks that a message seldom
begins with (a time, a level, a number, something in brackets, a name and its colon, a dash, a bar), with at most a
few words that say nothing by themselves (host, label, program) between two marks. The first place where the lines go
different ways is where their messages begin. A line that has less of the head (a continuation, a stack trace)
gives as much of it as it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aiops.logfile import header_kernel as kernel
from aiops.logfile.header_kernel import BAR, BRACKET, COLUMN, DASH, NAME, NUMBER, SIGN, TAG, WORD
from aiops.types import Ints

SAMPLE = 2000
"""Lines that a head is learnt from."""
AGREED = 0.95
"""Share of the lines that must have a step."""
TIMED = 0.5
"""The same for a time at the beginning: the rest may be stack traces."""

_DAY = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.](?:\d{1,2}|[A-Za-z]{3})(?:[-/.]\d{2,4})?|\d{8}|\d{6})"
_CLOCK = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:[.,:]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_NAMES = r"Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_TIME = re.compile(
    rf"[\[(]?(?:{_DAY}(?:[T:-]{_CLOCK})?|{_CLOCK}|\d{{10}}(?:[.,]\d{{1,9}}|\d{{3}}|\d{{6}}|\d{{9}})?|{_NAMES})[\]),:]*".encode()
)
_LEVEL = re.compile(
    rb"[\[(<]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|SEVERE|CRIT|CRITICAL|FATAL|FAILURE|PANIC|ALERT|EMERG)"
    rb"[\])>:,]*", re.IGNORECASE,
)  # fmt: skip
_LETTER = re.compile(rb"[VTDIWEFP]")
_INTEGER = re.compile(rb"[\[(#]?[-+]?(?:\d+|0x[0-9a-fA-F]+)[\]),:]*")


@dataclass(frozen=True, slots=True)
class Step:
    """One step over the head; `ends` = the message may begin behind it."""

    kind: int
    ends: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A mark that a head may have: how it is walked over, how it looks, how many words may stand before it."""

    kind: int
    words: int
    looks: re.Pattern[bytes] | None = None
    share: float = AGREED


_MARKS = (
    Kind(BAR, 0),
    Kind(BRACKET, 1),
    Kind(NUMBER, 4, _TIME),
    Kind(NAME, 4, _TIME),
    Kind(WORD, 4, _LEVEL),
    Kind(WORD, 1, _LETTER),
    Kind(NUMBER, 0, _INTEGER),
    Kind(COLUMN, 0),
)
_FIRST = (*_MARKS[:2], Kind(NUMBER, 1, _TIME, TIMED), Kind(NAME, 1, _TIME, TIMED), *_MARKS[2:])
_LATER = (*_MARKS, Kind(SIGN, 0), Kind(DASH, 0), Kind(TAG, 0))


@dataclass(frozen=True, slots=True)
class Header:
    """The steps over the head of a file's lines; none = the lines have no head in common.

    >>> lines = b"2024-05-01 10:00:01 INFO web: hello 5\\n2024-05-01 10:00:02 WARN web: bye"
    >>> start, stop = np.array([0, 38]), np.array([37, len(lines)])
    >>> begin = recognise(lines, start, stop).contents(lines, start, stop)
    >>> [lines[a:b] for a, b in zip(begin, stop)]
    [b'hello 5', b'bye']
    """

    steps: tuple[Step, ...] = ()

    def contents(self, buffer: bytes, start: Ints, stop: Ints) -> Ints:
        """Where the messages of the lines `buffer[start[i]:stop[i]]` begin; shape (n,)."""
        kinds = np.array([one.kind for one in self.steps], np.int64)
        ends = np.array([one.ends for one in self.steps], np.bool_)
        return kernel.contents(np.frombuffer(buffer, np.uint8), start, stop, kinds, ends)


def recognise(buffer: bytes, start: Ints, stop: Ints) -> Header:
    """Learn the head from the first `SAMPLE` lines that are not empty.

    Parameters
    ----------
    start, stop : shape (n,); line i is `buffer[start[i]:stop[i]]`.
    """
    some = np.flatnonzero(stop > start)[:SAMPLE]
    walk = _Walk(buffer, start[some], stop[some])
    while len(walk.at) and walk.next_mark():
        pass
    return Header(tuple(walk.steps))


class _Walk:
    """Sample lines, and how far the steps found so far have come in each."""

    def __init__(self, buffer: bytes, start: Ints, stop: Ints) -> None:
        self._buffer, self._data = buffer, np.frombuffer(buffer, np.uint8)
        self.at, self._stop = start, stop
        self.steps: list[Step] = []

    def next_mark(self) -> bool:
        """Go over the nearest mark that the lines agree on; False = there is none, or none may follow."""
        if self.steps and self.steps[-1].kind == TAG:
            return False
        kinds = _LATER if self.steps else _FIRST
        before = self.at
        for words in range(1 + max(kind.words for kind in kinds)):
            for kind in kinds:
                if words <= kind.words and self._take(before, words, kind):
                    return True
            before = kernel.steps(self._data, before, self._stop, WORD)
        return False

    def _take(self, before: Ints, words: int, kind: Kind) -> bool:
        after = kernel.steps(self._data, before, self._stop, kind.kind)
        fits = after >= 0
        if kind.looks is not None:
            self._look(before, after, fits, kind.looks.fullmatch)
        if fits.mean() < kind.share:
            return False
        self.steps += [Step(WORD, ends=False)] * words + [Step(kind.kind, ends=True)]
        self.at, self._stop = after[fits], self._stop[fits]
        return True

    def _look(self, before: Ints, after: Ints, fits: np.ndarray, looks: Callable[[bytes], object]) -> None:
        known: dict[bytes, bool] = {}
        for i in np.flatnonzero(fits).tolist():
            text = self._buffer[before[i] : after[i]].strip()
            if text not in known:
                known[text] = looks(text) is not None
            fits[i] = known[text]
