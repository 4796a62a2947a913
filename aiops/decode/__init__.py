"""Bytes to columns: the one room that reads what others sent.

`decode(records, table, now)` tells each record's format, runs it and reports what it could not use; it
never raises, whatever the bytes. One format per file; formats know nothing of each other.

    from aiops.decode import SeriesLimits, SeriesTable, decode, warm

Names are resolved on first use, so that importing the package loads neither numpy nor numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiops.decode.route import Limits, decode, warm
    from aiops.decode.series import SeriesLimits, SeriesTable

__all__ = ["Limits", "SeriesLimits", "SeriesTable", "decode", "warm"]

_HOME = {"SeriesLimits": "series", "SeriesTable": "series", "decode": "route", "warm": "route", "Limits": "route"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
