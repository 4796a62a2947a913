"""That another version of a service runs than before, as a `Change` that nobody announced.

Spans tell by `service.version` of their resource, metrics by the series that exist for nothing else: those whose name
ends in `_info` (OpenMetrics), with a label `version` or `image`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiops.signals.seen import Seen
from aiops.types import OBSERVED, Change, Floats, Ints, Labels, Span

ATTRIBUTE = "service.version"
LABELS = ("service_version", "version", "image")
INFO = "_info"
AWAY_SECONDS = 1_800.0
"""A version that was away for so long is deployed anew: a rollback."""


class Deployed:
    """Versions of services, as spans show them."""

    def __init__(self) -> None:
        self._seen = Seen(AWAY_SECONDS)

    def see(self, spans: Sequence[Span]) -> list[Change]:
        """Changes that the step's spans, in order, are the first to show."""
        found = []
        for span in spans:
            version = str(span.attributes.get(ATTRIBUTE) or "")
            if version and (before := self._seen.before((span.entity, "deploy", ""), version, span.timestamp)):
                found.append(_change(span.entity, before, version, span.timestamp))
        return found

    def snapshot(self) -> bytes:
        return self._seen.snapshot()

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        self._seen.restore(part)


class Described:
    """Versions of services, as rows of info metrics show them while they have samples."""

    def __init__(self) -> None:
        self._seen = Seen(AWAY_SECONDS)
        self._rows: Ints = np.empty(0, np.int64)
        self._told: list[tuple[str, str, str]] = []
        self._read = 0

    def see(self, labels: Sequence[Labels], value: Floats, at: float) -> list[Change]:
        """Changes that a column is the first to show.

        Parameters
        ----------
        labels, value : of all rows; NaN = no sample.
        at : start of the column, epoch seconds.
        """
        self._extend(labels)
        found = []
        for i in np.flatnonzero(~np.isnan(value[self._rows])).tolist():
            entity, metric, version = self._told[i]
            if before := self._seen.before((entity, "deploy", metric), version, at):
                found.append(_change(entity, before, version, at))
        return found

    def _extend(self, labels: Sequence[Labels]) -> None:
        """Find info series among the rows that are new."""
        found = []
        for row in range(self._read, len(labels)):
            one = labels[row]
            if one.metric.endswith(INFO) and one.entity:
                version = next((text for name in LABELS if (text := one.get(name))), "")
                if version:
                    found.append(row)
                    self._told.append((one.entity, one.metric, version))
        self._rows = np.append(self._rows, np.asarray(found, np.int64))
        self._read = len(labels)

    def snapshot(self) -> bytes:
        return self._seen.snapshot()

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave; rows are found again."""
        self._seen.restore(part)


def _change(entity: str, before: str, after: str, at: float) -> Change:
    return Change(
        timestamp=at,
        kind="deploy",
        id=f"{entity}-{after}",
        entity=entity,
        summary=f"{entity}: version {after} runs, {before} before",
        author=OBSERVED,
        before=before,
        after=after,
    )
