"""One configuration tried on a recording: the pages it would have sent, and the record that says why no more.

The recording is played as `aiops replay` plays it, and what `aiops explain` reads is kept in a folder of its own. A
configuration without receivers is tried with one who is told everything: otherwise nobody could be paged at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aiops.config import Config
from aiops.correlate.allowance import Asked
from aiops.daemon.keeper import explained
from aiops.daemon.playback import Playback, play
from aiops.detect.rule import Rule
from aiops.pipeline import Outcome
from aiops.store.ring import Ring
from aiops.types import Finding, Json

ANYONE = "anyone"
AFTER_SECONDS = 3_600.0
"""How long after its detection a finding is looked for elsewhere: what comes later is about something else."""
Place = tuple[str, str]
"""Rule and entity of a finding."""


@dataclass(frozen=True, slots=True)
class Page:
    """An incident that somebody would have been told of, or would have but for `suppressed_by`; `at` is when."""

    incident: Json
    at: float
    receivers: tuple[str, ...] = ()
    suppressed_by: str = ""

    @property
    def findings(self) -> list[Json]:
        """Those that may page, earliest first."""
        found = [one for one in self.incident["findings"] if one["severity"] == "page"]
        return sorted(found, key=lambda one: (one["detected"], one["rule_id"], one["entity"]))

    @property
    def cause(self) -> str:
        return str(self.incident["causes"][0]["entity"]) if self.incident["causes"] else ""


@dataclass(frozen=True, slots=True)
class Peak:
    """The most surprising step of a rule about an entity."""

    at: float
    surprise: float


class Trial:
    """A configuration on a recording.

    Parameters
    ----------
    name : what people know the configuration by.
    folder : an empty one, for the explain record.

    Raises
    ------
    ConfigError : it is no recording, or the configuration cannot be used.
    """

    def __init__(
        self,
        name: str,
        config: Config,
        recording: Path,
        folder: Path,
        progress: Callable[[float], Any] = lambda _: None,
    ) -> None:
        self.name, self.config = name, config
        self._proposed: dict[Place, list[tuple[Finding, Asked]]] = {}
        self._ring = Ring(folder, math.inf)
        self._playback = play(recording, _heard(config), progress, self._note)
        self._ring.close()
        self.rules: dict[str, Rule] = {rule.id: rule for rule in self._playback.pipeline.settings.rules}
        found = [_page(one) for one in self._playback.incidents()]
        self.pages = [one for one in found if one and not one.suppressed_by]
        self.held = [one for one in found if one and one.suppressed_by]

    def _note(self, playback: Playback, outcome: Outcome) -> None:
        for closed in outcome.closed:
            frame = explained(closed, playback.pipeline)
            self._ring.append(closed.partition, frame, generation=len(frame.slot_labels))
            for finding in closed.fired:
                asked = playback.pipeline.correlator.allowance.asked(finding, finding.detected)
                self._proposed.setdefault((finding.rule_id, finding.entity), []).append((finding, asked))

    def proposal(self, finding: Json, until: float) -> tuple[Finding, Asked] | None:
        """The most surprising proposal of the finding's rule about its entity at that time; None = none was made."""
        near = [
            pair
            for pair in self._proposed.get((finding["rule_id"], finding["entity"]), ())
            if finding["started"] - AFTER_SECONDS <= pair[0].detected <= min(until, finding["detected"] + AFTER_SECONDS)
        ]
        return max(near, key=lambda pair: pair[0].surprise, default=None)

    def peak(self, finding: Json, until: float) -> Peak | None:
        """The largest surprise of the finding's rule about its entity since its onset; None = nothing was known."""
        start, end = finding["started"], min(until, finding["detected"] + AFTER_SECONDS)
        peaks = [
            Peak(float(history.at[best]), float(history.surprise[best]))
            for partition, document in self._slots(finding)
            if len((history := self._ring.history(partition, document, start, end)).at)
            and np.isfinite(history.surprise).any()
            and (best := int(np.nanargmax(history.surprise))) >= 0
        ]
        return max(peaks, key=lambda one: one.surprise, default=None)

    def _slots(self, finding: Json) -> Iterator[tuple[str, Json]]:
        for name, partition in self._playback.pipeline.partitions.items():
            for bank in partition.banks.values():
                for (rule_id, labels), document in zip(bank.keys, bank.documents, strict=True):
                    # By entity, not by all labels: another configuration may sum over others.
                    if rule_id == finding["rule_id"] and labels.entity == finding["entity"]:
                        yield name, document


def _heard(config: Config) -> Config:
    if config.receivers:
        return config
    route = config.route.model_copy(update={"receiver": ANYONE})
    return config.model_copy(update={"receivers": {ANYONE: {"type": "stdout"}}, "route": route})


def _page(incident: Json) -> Page | None:
    said = incident["notifications"]
    told = [one for one in said if not one["suppressed_by"]]
    if told:
        return Page(incident, told[0]["at"], tuple(sorted({one["receiver"] for one in told})))
    if said:
        return Page(incident, said[0]["at"], suppressed_by=said[0]["suppressed_by"])
    return None
