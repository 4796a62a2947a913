"""Recording folders: what `aiops record` writes, and replay, backtest and cause read.

`read` gives a folder as windows of raw records in order of time, `rows` the lines of one file with their times, `write`
writes one. Nothing is decoded here: lines travel as bytes to the same formats that read Kafka and Prometheus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiops.recording.read import Recording
    from aiops.recording.write import Writer

__all__ = ["Recording", "Writer"]

_HOME = {"Recording": "read", "Writer": "write"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
