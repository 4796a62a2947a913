"""Rows of a recording that cannot be used: how many, where the first ones stand, and what is likely wrong with them."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from aiops.recording.rows import stamp, unpacked
from aiops.types import Ints

MOST_LINES = 3
"""Line numbers that are told of each reason."""
TIME = "with a time that is neither epoch seconds nor ISO 8601"
WIDE = "\n"
"""Stands for columns beyond those that have a name."""
LATEST = 62_135_596_800.0
"""Epoch seconds; the calendar begins as long before 1970. What is more is in another unit."""
_UNITS = (("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9))
_YEARS = (5e8, 8e9)
"""Epoch seconds, 1985 to 2223, that a number is taken for when it is divided."""


class Refused:
    """Rows that were refused, by reason."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._lines: defaultdict[str, list[int]] = defaultdict(list)
        self._hint: dict[str, str] = {}

    def add(self, reason: str, lines: Iterable[int] = (), *, rows: int = 1, time: object = None) -> None:
        """Count rows.

        Parameters
        ----------
        lines : their places in the file, from 1, ascending; of many the first are enough.
        time : what stands there for the time of one of them.
        """
        self._count[reason] += rows
        held = self._lines[reason]
        held += list(lines)[: MOST_LINES - len(held)]
        if reason not in self._hint and (unit := likely_unit(time)):
            self._hint[reason] = unit

    def add_times(self, file: Path, column: Any, where: Ints) -> None:
        """Count rows of metrics without a time that can be used.

        Parameters
        ----------
        column : the times as they were read, an Arrow column.
        where : rows that are wrong, shape (n,), n > 0.
        """

        def wrong(row: dict[str, str]) -> bool:
            return not torn(row) and not abs(stamp(row["timestamp"])) < LATEST

        self.add(
            f"{TIME} in {file.name}", first_lines(file, wrong), rows=len(where), time=column[int(where[0])].as_py()
        )

    def notes(self) -> tuple[str, ...]:
        """A sentence for each reason."""
        return tuple(self._note(reason) for reason in sorted(self._count))

    def _note(self, reason: str) -> str:
        count, lines, hint = self._count[reason], self._lines[reason], self._hint.get(reason, "")
        told = ", ".join(map(str, lines)) + (", ..." if count > len(lines) else "")
        where = f" ({'line' if count == 1 else 'lines'} {told})" if lines else ""
        return f"{count} {'row' if count == 1 else 'rows'} {reason}{where}{hint and ': '}{hint}"


def likely_unit(time: object) -> str:
    """What a number that is too large for epoch seconds is likely to be; empty = no idea.

    >>> likely_unit("1778400000000")
    'these look like milliseconds: 1778400000000 would be 2026-05-10 08:00:00Z; divide them by 1000'
    >>> likely_unit("soon"), likely_unit(1778400000)
    ('', '')
    """
    try:
        number = float(str(time))
    except ValueError:
        return ""
    if not math.isfinite(number) or number < 1e11:
        return ""
    for unit, scale in _UNITS:
        if _YEARS[0] <= number / scale < _YEARS[1]:
            at = datetime.fromtimestamp(number / scale, UTC)
            return f"these look like {unit}: {number:.0f} would be {at:%Y-%m-%d %H:%M:%S}Z; divide them by {scale:.0f}"
    return ""


def first_lines(file: Path, wrong: Callable[[dict[str, str]], bool]) -> list[int]:
    """Where the first rows of a CSV file stand that are wrong; Arrow, which is fast, does not tell.

    Parameters
    ----------
    wrong : told of each row by the names of its columns; `WIDE` is among them where it holds more.
    """
    if file.name.endswith(".parquet"):
        return []
    with unpacked(file) as stream:
        text = io.TextIOWrapper(cast(IO[bytes], stream), "utf-8-sig", "replace", newline="")
        reader = csv.DictReader(text, restkey=WIDE, restval=None)
        try:
            return list(itertools.islice((reader.line_num for row in reader if wrong(row)), MOST_LINES))
        except csv.Error:  # a field beyond what the module takes
            return []


def torn(row: dict[str, str]) -> bool:
    """Whether a row has another number of fields than the first line."""
    return WIDE in row or None in row.values()
