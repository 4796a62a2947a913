"""Has every kernel compiled or loaded before the first record, not in the middle of it.

numba compiles on one core and as modules are imported, most of a minute in all, and keeps the result. So the first
command on a machine compiles in several processes, each a part (`prepare`), before it imports any of it; what comes
later loads. `aiops check` does it as well, so that the first start of the daemon is quick.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiops.detect.partition import Settings


def prepare(say: Callable[[str], object]) -> None:
    """Compile what no earlier command has compiled, a process a part; nothing where that has been done.

    Parameters
    ----------
    say : told once, when there is something to compile.
    """
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if folder is None or (mark := Path(folder) / "prepared").exists() or (os.cpu_count() or 1) < 2:
        return
    say("compiling kernels: half a minute, once on this machine")
    with ProcessPoolExecutor(len(PARTS), get_context("spawn")) as pool:
        try:
            for part in [pool.submit(part) for part in PARTS]:
                part.result()
        except BrokenProcessPool:  # too little memory for all at once: each command compiles what it needs
            return
    mark.touch()


def warm(settings: Settings) -> None:
    """Call everything that is compiled once, on state that is thrown away."""
    from aiops.pipeline import Pipeline

    _decoders()
    _templates()
    Pipeline(settings).warm()


def _decoders() -> None:
    import aiops.ingest.kafka.source  # noqa: F401 - compiles as it is imported
    from aiops.decode import warm as warm_decoders

    warm_decoders()


def _templates() -> None:
    from aiops.signals.templates import Miner

    Miner().learn(["connected to 10.0.0.1 in 5 ms"])


def _signals() -> None:
    from aiops.signals.partition import Signals

    _templates()
    Signals.warm()


def _detectors() -> None:
    from aiops.detect.partition import Partition, Settings
    from aiops.detect.rule import load_rules

    for bank in Partition("warm", Settings(15.0, 10.0, 1.0, tuple(load_rules(["it", "model", "llm"])))).banks.values():
        bank.warm()


PARTS = (_detectors, _decoders, _signals)
