"""Drives the pipeline over a recording on event time: `aiops replay`. No threads, no store, nothing is sent.

The response's clock is event time, so waits and reminders come out as they would have; decisions are taken moment
by moment, never per batch, so any split of the same records gives the same answer to the byte.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from aiops.config import Config
from aiops.correlate.correlator import Moved
from aiops.correlate.topology import read
from aiops.daemon.assemble import load_runbooks, settings_of
from aiops.daemon.keeper import report
from aiops.detect.rule import load_rules
from aiops.errors import ConfigError
from aiops.pipeline import Outcome, Pipeline
from aiops.recording import Recording
from aiops.respond.outbox import Answer
from aiops.respond.responder import Responder, policy_of, without_link
from aiops.types import Edge, Incident, Json, Records

BATCH_WINDOWS = 240
AFTER_STEPS = 2


class Playback:
    """A pipeline and a responder on event time.

    Parameters
    ----------
    config : rules, route and runbooks; sources are not looked at.
    stated : edges beside those of the configuration's own topology file.
    listen : called with what each step led to.
    """

    def __init__(
        self, config: Config, stated: Iterable[Edge] = (), listen: Callable[[Playback, Outcome], Any] | None = None
    ) -> None:
        self._listen = listen
        own = read(config.topology) if config.topology else []
        self.pipeline = Pipeline(settings_of(config, load_rules(config.rules)), [*own, *stated])
        policy = without_link(policy_of(config, load_runbooks(config)))
        self.responder = Responder(policy, random.Random(0))
        self.documents: dict[str, Json] = {}
        self._found: dict[str, tuple[Incident, tuple[str, ...]]] = {}
        self._over = False
        self.dropped: dict[str, int] = {}

    def feed(self, batches: Iterable[Records], quiet: Mapping[str, float] | None = None) -> Outcome:
        """Take records in; decide, moment by moment, what would have been told."""
        # Until the end every partition may have more to say: none is ahead of another.
        behind = () if self._over else self.pipeline.partitions
        outcome = self.pipeline.step(batches, math.inf, behind=lambda: behind, quiet=quiet)
        for moved in outcome.moved:
            self._wait_until(moved.at)
            self._take(moved)
            self._tick(moved.at)
            self._note(incident.id for incident in moved.incidents)
        for (_, reason), count in outcome.dropped.items():
            self.dropped[reason] = self.dropped.get(reason, 0) + count
        if self._listen is not None:
            self._listen(self, outcome)
        return outcome

    def _take(self, moved: Moved) -> None:
        self.responder.take(moved.incidents, moved.renamed, moved.at)
        for former in (old for olds in moved.renamed.values() for old in olds):
            self.documents.pop(former, None)
            self._found.pop(former, None)
        for incident in moved.incidents:
            known = self._found.get(incident.id, (incident, ()))[1]
            self._found[incident.id] = (incident, moved.renamed.get(incident.id, known))

    def end(self) -> None:
        """No more records: close what is open, and let the last waits end."""
        self._over = True
        settings = self.pipeline.settings
        after = settings.lateness_seconds + AFTER_STEPS * settings.step_seconds
        self.feed([], {name: one.panel.newest + after for name, one in self.pipeline.partitions.items()})
        self._wait_until(math.inf)

    def _wait_until(self, moment: float) -> None:
        """Let every wait end that ends before `moment`, at its own time."""
        now = -math.inf
        while (due := self.responder.next_due(now)) is not None and due < moment and due > now:
            now = due
            self._tick(now)
            self._note(list(self.responder.told))

    def _tick(self, now: float) -> None:
        # No effect is carried out, so nothing asks how a signal does; what it is *now* would depend on the batch.
        self.responder.tick(now, now, lambda _: None)
        for attempt in self.responder.attempts(now):
            self.responder.settle(attempt.conversation, Answer("sent", {}), now)
        self.responder.effects()
        self.responder.take_changes()

    def _note(self, identities: Iterable[str]) -> None:
        for identity in identities:
            if identity in self._found:
                incident, former = self._found[identity]
                self.documents[identity] = report(incident, former, self.responder)

    def incidents(self) -> list[Json]:
        """All incidents, in order of opening."""
        return sorted(self.documents.values(), key=lambda one: (one["started"], one["id"]))


def play(
    recording: Path,
    config: Config,
    progress: Callable[[float], Any] = lambda _: None,
    listen: Callable[[Playback, Outcome], Any] | None = None,
) -> Playback:
    """The whole pipeline over one recording.

    Parameters
    ----------
    progress : called with the share of the recording's time that is done.
    listen : called with what each step led to.

    Raises
    ------
    ConfigError : it is no recording, not one of its rows has a time, or the configuration cannot be used.
    """
    source = Recording(recording, config.step)
    playback = Playback(config, source.topology(), listen)
    begin, end = source.span
    if source.bad and not math.isfinite(begin):
        raise ConfigError(f"holds no row that can be used: {_refusal(source)}", file=str(recording))
    waiting: list[Records] = []
    for count, records in enumerate(source.windows(), 1):
        waiting += records
        if count % BATCH_WINDOWS == 0:
            playback.feed(waiting)
            waiting = []
            progress((playback.pipeline.event_time - begin) / max(end - begin, 1.0))
    playback.feed(waiting)
    playback.end()
    progress(1.0)
    return playback


def _refusal(source: Recording) -> str:
    """Why the rows of a recording have no time: in the words of `aiops cause` where it reads those files."""
    from aiops.diagnosis.case import read as judged

    counts = (f"{reason} {count} in {name}" for name, bad in source.bad.items() for reason, count in bad.items())
    return "; ".join(judged(source.path).notes or counts)
