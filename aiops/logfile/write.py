"""The two tables: which template each line has, and the templates."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from aiops.errors import ConfigError
from aiops.logfile.parse import Parsed
from aiops.logfile.write_kernel import WIDTH, rows

BLOCK = 1 << 18
"""Lines formatted at a time."""


def write_lines(path: Path, parsed: Parsed) -> None:
    """Columns `line` (from 1) and `template_id`.

    Raises
    ------
    ConfigError : the file cannot be written.
    """
    known = "".join(parsed.miner.name(number) for number in range(len(parsed.miner))).encode()
    names = np.frombuffer(known, np.uint8).reshape(-1, WIDTH)
    out = np.empty(BLOCK * (WIDTH + 21), np.uint8)
    with _opened(path) as target:
        target.write(b"line,template_id\n")
        for first in range(0, len(parsed.numbers), BLOCK):
            used = rows(first + 1, parsed.numbers[first : first + BLOCK], names, out)
            target.write(out[:used].data)


def write_templates(path: Path, parsed: Parsed) -> None:
    """Columns `template_id`, `count` and `template`, as `listed`.

    Raises
    ------
    ConfigError : the file cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("template_id", "count", "template"))
    table.writerows(listed(parsed))
    with _opened(path) as target:
        target.write(text.getvalue().encode("utf-8", "replace"))


def listed(parsed: Parsed) -> list[tuple[str, int, str]]:
    """(id, lines, text) of every template that lines have, the most frequent first, then in order of appearance."""
    count = np.bincount(parsed.numbers, minlength=1)
    miner = parsed.miner
    shown = sorted(np.flatnonzero(count).tolist(), key=lambda number: (-count[number], number))
    return [(miner.name(number), int(count[number]), miner.template(number)) for number in shown]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            yield target
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=str(path)) from None
