"""Deviations of a recording's alerts, and of its log lines where there is nothing else to compare them with."""

from __future__ import annotations

import math
import re
from collections import defaultdict

from aiops.correlate.deviation import Deviation
from aiops.correlate.kinship import Kinship
from aiops.correlate.rarity import observe as told_by_alerts
from aiops.diagnosis.case import Case
from aiops.types import LogRecord

_ERROR = re.compile(r"\b(?:ERROR|FATAL|CRITICAL)\b")
_HEARSAY = re.compile(r"downstream|upstream|time(?:d )?-?out|deadline exceeded", re.IGNORECASE)
"""What a service says when it is another that fails."""


def observe(case: Case, onset: float) -> list[Deviation]:
    """Deviations of alerts at `onset`."""
    found = told_by_alerts(case.alerts, Kinship.of(case.edges), onset)
    if not case.alerts or len(case.metrics) or case.spans:
        return found
    return [*found, *_errors(case, onset)]


def _errors(case: Case, onset: float) -> list[Deviation]:
    """Own errors: error lines that do not blame somebody else. There is no quiet time to count them in."""
    lines: dict[str, list[LogRecord]] = defaultdict(list)
    for one in case.logs:
        if _is_error(one) and not _HEARSAY.search(one.body):
            lines[one.entity].append(one)
    return [
        Deviation(
            entity=entity,
            metric="log errors",
            signal="alert",
            size=math.log1p(len(own)),
            onset=onset,
            sentence=f"{len(own)} error lines of its own, the first: {own[0].body[:160]}",
            host=own[0].host,
            name="errors",
        )
        for entity, own in sorted(lines.items())
    ]


def _is_error(record: LogRecord) -> bool:
    return record.severity in ("ERROR", "FATAL") or bool(_ERROR.search(record.body[:160]))
