"""Rows of a `topology.csv`, the one of a recording and the one that a configuration names alike."""

from __future__ import annotations

import csv
import io

from aiops.errors import ConfigError

NEEDED = ("source", "target")


def stated(text: str, file: str) -> list[dict[str, str]]:
    """Rows by the names of their columns, in order; none of a file that is empty.

    Columns stand apart by commas, or by the semicolons that spreadsheets write where the comma is the decimal point.

    Parameters
    ----------
    text : the whole file, without a byte order mark.
    file : its name, for messages.

    Raises
    ------
    ConfigError : it lacks a column, or is no CSV.
    """
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ",")
    try:
        names = reader.fieldnames or ()
        rows = list(reader)
    except csv.Error as error:
        raise ConfigError(f"cannot be read: {error}", file=file) from error
    missing = [name for name in NEEDED if name not in names]
    if names and missing:
        raise ConfigError(
            f"wants the columns source, target, kind (source depends on target) and lacks {missing[0]!r}; "
            f"it has: {', '.join(names)}",
            file=file,
        )
    return rows
