"""Tracks of logs."""

from __future__ import annotations

from aiops.correlate.onset import Track
from aiops.diagnosis.case import Case


def tracks(case: Case) -> list[Track]:
    """Tracks of a recording's logs."""
    return []
