"""Deviations of spans."""

from __future__ import annotations

from aiops.correlate.deviation import Deviation
from aiops.diagnosis.case import Case


def observe(case: Case, onset: float) -> list[Deviation]:
    """Deviations of spans at `onset`."""
    return []
