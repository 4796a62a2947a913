"""Files in, verdicts out: the reference learnt once, windows judged in the order they are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from aiops.drift.cells import Roles
from aiops.drift.evidence import LENGTHS
from aiops.drift.judge import judge
from aiops.drift.reference import Reference, Window
from aiops.drift.table import read
from aiops.drift.tally import Tally
from aiops.drift.verdict import Verdict
from aiops.errors import ConfigError

LEAST_REFERENCE = 60
"""Rows from which names of rows and row numbers can be told from what is worth comparing."""


def learn(path: Path, roles: Roles) -> tuple[Reference, tuple[str, ...]]:
    """The reference of a file, and what of it was not taken as it stands.

    Raises
    ------
    ConfigError : it cannot be read, has too few rows, a role's column is absent, or no column can be compared.
    """
    table = read(path)
    reference = Reference.of(table, roles)
    if table.rows < LEAST_REFERENCE:
        raise ConfigError(f"has {table.rows} rows; a reference needs at least {LEAST_REFERENCE}", file=table.file)
    left = tuple(f"column {name!r} is not compared: {reason}" for name, reason in reference.plan.ignored.items())
    return reference, (*table.notes, *left)


def compare(reference: Reference, paths: Iterable[Path]) -> Iterator[tuple[Verdict, Window]]:
    """Verdicts of consecutive windows, in order.

    Raises
    ------
    ConfigError : a file cannot be read, or has no column in common with the reference.
    """
    history: list[Tally] = []
    words = reference.plan.words
    for path in paths:
        table = read(path, words)
        if not table.columns.keys() & reference.plan.kinds.keys():
            named = ", ".join(list(reference.plan.kinds)[:5])
            raise ConfigError(f"has no column of the reference {reference.table} ({named}, ...)", file=str(path))
        window = reference.count(table)
        history = [*history[1 - max(LENGTHS) :], window.tally]
        yield judge(reference, window, history), window
