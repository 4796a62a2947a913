"""Makes durable what a step led to, in one transaction, and gives it back after a restart.

Ring files (`explain`) are written before the commit and repeat identically after a crash; everything else is in
the transaction: changed state chunks, positions, findings, incidents, outbox, runs, journal, dead letters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import structlog

from aiops.correlate.asked import STORED
from aiops.detect.partition import Closed
from aiops.errors import ConfigError
from aiops.pipeline import Outcome, Pipeline
from aiops.respond import outbox
from aiops.respond.responder import Changes, Responder
from aiops.store.commit import Commit
from aiops.store.frame import Columns, joined
from aiops.store.repository import Store
from aiops.store.ring import Frame, Ring
from aiops.store.state import Dirty, assemble, blobs
from aiops.types import Incident, Json

EVERY_SERIES = "baseline"
"""Bank that scores every series; its numbers are what `explain` shows for a series."""
RESPONSE = "response"
"""Name in the store of the responder's state."""
STEP = "step_seconds"
"""Name in the store of the length of a step, which all state is counted in."""
FORGET_FINDINGS_SECONDS = 30 * 86_400.0


class Keeper:
    """Store and ring files of one daemon.

    Parameters
    ----------
    store : open for writing.
    ring : of the same state directory.
    """

    def __init__(self, store: Store, ring: Ring) -> None:
        self.store, self.ring = store, ring
        self._dirty: dict[str, Dirty] = {}
        self._pending = Commit()
        self._outbox = outbox.Outbox()
        self._touched: set[str] = set()
        self._log = structlog.get_logger().bind(part="store")
        self._blind = False
        self._expired_at = -math.inf

    def load(self, pipeline: Pipeline) -> dict[str, Any]:
        """Restore every partition; return the committed positions.

        Raises
        ------
        ConfigError : the state counts in steps of another length.
        """
        was, step = self.store.meta(STEP), pipeline.settings.step_seconds
        if was is not None and float(was) != step:
            message = f"the state in {self.store.state_dir} was made with step {float(was):g}s"
            raise ConfigError(f"{message}: put it back, or begin anew in another state_dir", path="step", value=step)
        self._pending.meta[STEP] = f"{step!r}".encode()
        for name in self.store.partitions():
            chunks = self.store.load_chunks(name)
            if chunks:
                pipeline.restore(name, assemble(chunks), blobs(chunks))
                self._dirty[name] = Dirty(chunks)
        return self.store.positions()

    def note(self, outcome: Outcome, pipeline: Pipeline) -> None:
        """Collect what the next commit will hold; append what `explain` needs."""
        for closed in outcome.closed:
            self._append(closed, pipeline)
            self._pending.findings += [document(one) for one in (*closed.fired, *closed.risen, *closed.ended)]
        for moved in outcome.moved:
            for incident in moved.incidents:
                self.touch(incident.id)
            self._pending.removed_incidents += [old for former in moved.renamed.values() for old in former]
        self._pending.dead_letters += outcome.dead
        self._pending.edges += outcome.edges

    def remember(self, name: str, value: bytes) -> None:
        """Write a small thing under a name with the next commit."""
        self._pending.meta[name] = value

    def touch(self, incident_id: str) -> None:
        """Write an incident with the next commit."""
        self._touched.add(incident_id)

    def patch(self, incident: Json) -> None:
        """Write the document of an incident that is no longer remembered."""
        self._pending.incidents.append(incident)

    def response(self, responder: Responder, changes: Changes) -> None:
        """Write runs, journal and silences with the next commit."""
        self._touched |= {one.incident_id for one in changes.notifications}
        self._touched |= {one.incident_id for one in changes.runs.values()}
        self._pending.runs += [document(run) for run in changes.runs.values()]
        self._pending.journal += changes.journal
        self._pending.silences += [document(silence) for silence in changes.silences]

    def commit(self, pipeline: Pipeline, responder: Responder, positions: dict[str, Any]) -> None:
        """Write everything or nothing.

        Raises
        ------
        TemporaryError : the disk is full or fails; what was collected is kept for the next attempt.
        """
        # A copy: what an attempt that fails has added must not be written by the next one, when it is out of date.
        pending = replace(self._pending, positions=dict(positions), meta=dict(self._pending.meta))
        pending.incidents = [
            *pending.incidents,
            *(
                report(found, pipeline.correlator.former(found.id), responder)
                for identity in sorted(self._touched)
                if (found := pipeline.correlator.find(identity)) is not None
            ),
        ]
        pending.meta[RESPONSE] = responder.snapshot()
        pending.meta[STORED] = msgspec.json.encode(pipeline.correlator.allowance.document(pipeline.event_time))
        pending.outbox, pending.removed_outbox = outbox.documents(self._outbox, responder.outbox)
        pending.chunks = {}
        for name, parts in pipeline.snapshot().items():
            dirty = self._dirty.setdefault(name, Dirty())
            pending.chunks[name] = dirty.changes(parts)
        event_time = pipeline.event_time
        if math.isfinite(event_time):
            pending.forget_findings_before = event_time - FORGET_FINDINGS_SECONDS
        self.store.commit(pending)
        for dirty in self._dirty.values():
            dirty.committed()
        self._pending, self._outbox, self._touched = Commit(), responder.outbox, set()
        if math.isfinite(event_time) and event_time - self._expired_at > 3_600:
            self._expired_at = event_time
            self.ring.expire(event_time)

    def _append(self, closed: Closed, pipeline: Pipeline) -> None:
        frame = explained(closed, pipeline)
        try:
            self.ring.append(closed.partition, frame, generation=len(frame.slot_labels))
        except OSError as error:
            # A full disk costs explanations, never a page.
            if not self._blind:
                self._log.error("explain_not_kept", error=str(error))
            self._blind = True
        else:
            self._blind = False


def explained(closed: Closed, pipeline: Pipeline) -> Frame:
    """What the explain record keeps of one closed column."""
    partition = pipeline.partitions[closed.partition]
    n = len(closed.value)
    value, expected, surprise = closed.value.copy(), np.full(n, np.nan), np.full(n, np.nan)
    slots, labels = [], []
    for name, scored in closed.scores.items():
        bank = partition.banks[name]
        slots.append(Columns(scored.value, scored.expected, scored.surprise, scored.gate.astype(np.int8)))
        labels += bank.documents[: len(scored.value)]
        if name == EVERY_SERIES:
            own = bank.series_slots(partition.table)
            rows = partition.roster.rows(own[:, 0])
            there = (rows >= 0) & (rows < n) & (own[:, 1] < len(scored.value))
            # Of a counter, what was scored is its rate; beside an expected rate the raw count says nothing.
            value[rows[there]] = scored.value[own[there, 1]]
            expected[rows[there]] = scored.expected[own[there, 1]]
            surprise[rows[there]] = scored.surprise[own[there, 1]]
    series = Columns(value, expected, surprise)
    # Rule slots of all banks one after another: a new slot shifts the later ones, so labels are a new generation.
    return Frame(closed.time, series, joined(slots), partition.roster.labels, labels)


def report(incident: Incident, former: Sequence[str], responder: Responder) -> Json:
    """An incident's whole document: what correlation found, who was told, which runbooks ran."""
    return {
        **document(incident),
        "former_ids": list(former),
        "notifications": responder.notifications(incident.id),
        "runbooks": responder.runbooks(incident.id),
    }


def document(value: Any) -> Json:
    """A frozen value as a JSON document."""
    built: Json = msgspec.to_builtins(value)
    return built
