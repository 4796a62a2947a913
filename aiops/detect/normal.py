"""Tells a level that stayed, and so became the new normal, from a fault that went away.

Detectors that learn take what stays surprising long enough for the new normal, and a finding then ends although nothing
was mended. Whoever was told of its beginning is told why it ended. A detector says which of its slots it is relearning
by `settling(state, slots)`; one without that method never gives up what it expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from aiops.detect import watch
from aiops.detect.summary import quantity
from aiops.types import Floats


@dataclass(frozen=True, slots=True)
class Levels:
    """What was expected before, what is expected now, and the latest values, shape (k,); NaN = no sample."""

    before: float
    now: float
    values: Floats


def note(state: watch.State, detector: Any, learnt: Mapping[str, Any]) -> None:
    """Mark the slots that fire and are being relearnt, in place."""
    settling = getattr(detector, "settling", None)
    if settling is None:
        return
    firing = np.flatnonzero(state["gate"] == watch.FIRING)
    if len(firing):
        state["settled"][firing] |= settling(learnt, firing)


def reason(levels: Levels, since: float, unit: str) -> str:
    """Why a finding that was marked ended; empty = the series came back, so it is no new normal.

    >>> reason(Levels(40.0, 100.0, np.array([99.0, 101.0])), 43_800.0, "")
    'new normal: level 40 -> 100 since 12:10 UTC'
    >>> reason(Levels(40.0, 100.0, np.array([41.0, 39.0])), 43_800.0, "")
    ''
    """
    values = levels.values[np.isfinite(levels.values)]
    if not len(values) or not np.isfinite([levels.before, levels.now]).all():
        return ""
    value = float(np.median(values))
    if abs(value - levels.now) >= abs(value - levels.before):
        return ""
    began = datetime.fromtimestamp(since, UTC).strftime("%H:%M UTC")
    return f"new normal: level {quantity(levels.before, unit)} -> {quantity(value, unit)} since {began}"
