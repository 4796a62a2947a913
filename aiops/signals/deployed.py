"""That another version of a service runs than before, as a `Change` that nobody announced.

Spans tell by `service.version` of their resource, metrics by the series that exist for nothing else: those whose name
ends in `_info` (OpenMetrics), with a label `version` or `image`. A pod ends with its version, its container does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiops.signals.seen import Seen, Thing
from aiops.types import OBSERVED, Change, Floats, Ints, Labels, Span

ATTRIBUTE = "service.version"
VERSIONS, IMAGE = ("service_version", "version"), "image"
SERVICES, CONTAINERS, NAMESPACES = (
    ("service_name", "service"),
    ("exported_container", "container"),
    ("exported_namespace", "namespace"),
)
"""A label that the scraper has taken for the exporter itself is `exported_` where it tells of others."""
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
        self._told: list[tuple[Thing, str]] = []
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
            thing, version = self._told[i]
            if before := self._seen.before(thing, version, at):
                found.append(_change(thing[0], before, version, at))
        return found

    def _extend(self, labels: Sequence[Labels]) -> None:
        """Find info series among the rows that are new."""
        found = []
        for row in range(self._read, len(labels)):
            if labels[row].metric.endswith(INFO) and (told := _told(labels[row])):
                found.append(row)
                self._told.append(told)
        self._rows = np.append(self._rows, np.asarray(found, np.int64))
        self._read = len(labels)

    def snapshot(self) -> bytes:
        return self._seen.snapshot()

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave; rows are found again."""
        self._seen.restore(part)


def _told(row: Labels) -> tuple[Thing, str] | None:
    """Of what a row tells the version, and which; None = of nothing."""
    container, version = _first(row, CONTAINERS), _first(row, VERSIONS)
    if not version:
        # Whoever reports the images of others (kube-state-metrics) names itself as the service.
        entity, version = container or row.entity, row.get(IMAGE)
    else:
        entity = _first(row, SERVICES) or container or row.entity
    return (
        ((entity, "deploy", f"{row.metric} {_first(row, NAMESPACES)}".strip()), version) if entity and version else None
    )


def _first(row: Labels, names: Sequence[str]) -> str:
    return next((text for name in names if (text := row.get(name))), "")


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
