"""Has every kernel compiled or loaded before the first record, not in the middle of it.

The first time takes some seconds (numba compiles, and keeps the result); `aiops check` does it as well, so that the
first start of the daemon is quick.
"""

from __future__ import annotations

from aiops.decode import warm as warm_decoders
from aiops.detect.partition import Settings
from aiops.pipeline import Pipeline
from aiops.signals.templates import Miner


def warm(settings: Settings) -> None:
    """Call everything that is compiled once, on state that is thrown away."""
    warm_decoders()
    Miner().learn(["connected to 10.0.0.1 in 5 ms"])
    Pipeline(settings).warm()
