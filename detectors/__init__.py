"""Detectors: a pure library of algorithms, arrays in, arrays out, one algorithm a file.

It knows neither clocks, files nor labels, and never imports the agent. Every score is a *surprise*:
-log10 of the tail probability under normal behaviour, between 0 and `protocol.CAP`. This module is only the
table of names, so that reading it loads neither numba nor scipy.

>>> from detectors import STREAMING
>>> STREAMING["baseline"]
'detectors.baseline:Baseline'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

STREAMING = {
    "baseline": "detectors.baseline:Baseline",
    "shift": "detectors.shift:Shift",
    "threshold": "detectors.threshold:Threshold",
    "proportion": "detectors.proportion:Proportion",
    "burn_rate": "detectors.burn_rate:BurnRate",
    "concept": "detectors.concept:Concept",
    "absence": "detectors.absence:Absence",
    "stuck": "detectors.stuck:Stuck",
    "exhaustion": "detectors.exhaustion:Exhaustion",
    "histogram": "detectors.histogram:Histogram",
    "deep": "detectors.deep:Deep",
    "shape": "detectors.shape:Shape",
    "entity": "detectors.entity:Entity",
}
JOINING = {
    "joint": "detectors.joint:Joint",
}
WINDOWED = {
    "pyod_window": "detectors.pyod_window:PyodWindow",
    "decompose": "detectors.decompose:Decompose",
}
TWO_SAMPLE = {
    "drift": "detectors.drift:Drift",
}


def load(name: str) -> Any:
    """The class of a detector, imported now.

    Raises
    ------
    KeyError : if no detector has this name.
    """
    module, _, attribute = {**STREAMING, **JOINING, **WINDOWED, **TWO_SAMPLE}[name].partition(":")
    return getattr(import_module(module), attribute)
