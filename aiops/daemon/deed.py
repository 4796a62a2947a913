"""What people do: acknowledge, resolve, judge, silence, approve. Carried out on the daemon's main thread.

Doing a thing twice is the same as once. A deed on an incident that correlation has forgotten changes the stored
document only.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import xxhash

from aiops.correlate.correlator import Lesson
from aiops.daemon.service import Service
from aiops.respond import command as asked
from aiops.respond.matcher import matches
from aiops.respond.plan import plan
from aiops.respond.run import FINAL, Abort, Approve, Decide
from aiops.types import Incident, Json, Silence, Verdict
from aiops.web.backend import Command, Conflict, Invalid, NotFound, Person

SILENCE_SECONDS = 2 * 3_600.0
GUESSED = 0.5
"""Weight of a verdict that nobody spoke."""


class Deeds:
    """Carries out commands on one service; only ever called from its main thread."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def pressed(self, wish: asked.Command, by: Person) -> Command:
        """A press of a Slack button as a command."""
        action, right = wish.action, {}
        if action in ("feedback_true", "feedback_false"):
            action, right = "feedback", {"right": wish.action == "feedback_true"}
        elif action in ("happened", "did_not_happen"):
            action, right = "decide", {"happened": wish.action == "happened"}
        elif action == "silence":
            return Command("silence", "", by, {"incident": wish.subject, "seconds": SILENCE_SECONDS})
        return Command(action, wish.subject, by, right)  # type: ignore[arg-type]

    def do(self, command: Command) -> Json:
        """Carry out one command; the answer is for API clients.

        Raises
        ------
        NotFound, Conflict, Invalid : it cannot be done.
        """
        carry_out = getattr(self, f"_{command.action}")
        done: Json = carry_out(command)
        return done

    def _ack(self, command: Command) -> Json:
        found = self._incident(command.target)
        if found.status == "resolved":
            raise Conflict(f"{found.id} is resolved already")
        return self._changed(found.id, acknowledged_by=command.by.name, status="acknowledged")

    def _resolve(self, command: Command) -> Json:
        found = self._incident(command.target)
        if found.status == "resolved":
            return self._renewed(found)
        # Whoever ends what still fires thinks little of it, unless it was being worked on: half a verdict.
        self._judge(found.id, right=bool(found.acknowledged_by), weight=GUESSED)
        ended = self._service.pipeline.correlator.end(found.id, self._service.pipeline.event_time)
        return self._renewed(ended)

    def _feedback(self, command: Command) -> Json:
        said = "true" if command.arguments.get("right") else "false"
        self._judge(command.target, right=said == "true", weight=1.0)
        if self._service.pipeline.correlator.find(command.target):
            return self._changed(command.target, feedback=said)
        stored = self._service.keeper.store.incident(command.target)
        if stored is None:
            raise NotFound(f"there is no incident {command.target}")
        self._service.keeper.patch({**stored, "feedback": said})
        return {"id": stored["id"], "feedback": said}

    def _judge(self, identity: str, *, right: bool, weight: float) -> None:
        """Let a verdict move thresholds, from the event time at which it was given."""
        pipeline = self._service.pipeline
        at = pipeline.event_time if math.isfinite(pipeline.event_time) else self._service.clock()
        said = Verdict(timestamp=at, incident=identity, right=right, weight=weight)
        pipeline.correlator.learn(Lesson(at, verdicts=[said]))

    def _silence(self, command: Command) -> Json:
        now, given = self._service.clock(), command.arguments
        matchers = [tuple(one) for one in given.get("matchers", ())]
        if not matchers and (about := given.get("incident")):
            entities = "|".join(re.escape(one) for one in self._incident(str(about)).entities)
            matchers = [("entity", "=~", entities)]
        if matches(matchers, {}):
            raise Invalid("this would mute everything: at least one matcher must not fit the empty text")
        name = xxhash.xxh3_64_hexdigest(f"{matchers}{now}{command.by.name}".encode())[:12]
        until = now + float(given.get("seconds", SILENCE_SECONDS))
        silence = Silence(name, tuple(matchers), now, until, command.by.name, str(given.get("comment", "")))
        self._service.responder.silence(silence)
        return {"id": name, "ends_at": until}

    def _expire(self, command: Command) -> Json:
        silence = self._service.responder.silences.get(command.target)
        if silence is None:
            raise NotFound(f"there is no silence {command.target}")
        now = self._service.clock()
        self._service.responder.silence(replace(silence, ends_at=min(silence.ends_at, now)))
        return {"id": silence.id, "ends_at": now}

    def _run(self, command: Command) -> Json:
        responder, now = self._service.responder, self._service.clock()
        runbook = responder.policy.runbooks.get(command.target)
        if runbook is None:
            raise NotFound(f"there is no runbook {command.target}")
        incident = self._incident(str(command.arguments.get("incident_id", "")))
        mine = [run for run in responder.runs.values() if (run.runbook, run.incident_id) == (runbook.name, incident.id)]
        if responder.policy.mode == "off":
            raise Conflict("runbooks.mode is off")
        if incident.status == "resolved" and responder.policy.mode != "dry_run":
            raise Conflict(f"{incident.id} is resolved, and a run ends with its incident")
        run = plan(runbook, incident, responder.policy.mode, now, serial=len(mine))
        responder.add(run, now)
        return {"id": run.id, "state": run.state}

    def _approve(self, command: Command) -> Json:
        return self._act(command.target, Approve(command.by.name, command.by.roles))

    def _abort(self, command: Command) -> Json:
        return self._act(command.target, Abort(command.by.name))

    def _decide(self, command: Command) -> Json:
        return self._act(command.target, Decide(command.by.name, bool(command.arguments.get("happened"))))

    def _act(self, run_id: str, event: Any) -> Json:
        run = self._service.responder.runs.get(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id}")
        if run.state in FINAL:
            raise Conflict(f"{run_id} is {run.state}")
        after = self._service.responder.act(run_id, event, self._service.clock())
        return {"id": after.id, "state": after.state}

    def _incident(self, identity: str) -> Incident:
        found = self._service.pipeline.correlator.find(identity)
        if found is None and self._service.keeper.store.incident(identity):
            raise Conflict(f"{identity} was resolved too long ago for that; feedback is still taken")
        if found is None:
            raise NotFound(f"there is no open or recent incident {identity}")
        return found

    def _changed(self, identity: str, **fields: str) -> Json:
        return self._renewed(self._service.pipeline.correlator.change(identity, **fields))

    def _renewed(self, incident: Incident) -> Json:
        service = self._service
        service.keeper.touch(incident.id)
        service.responder.take([incident], {}, service.clock())
        return {"id": incident.id, "status": incident.status, "feedback": incident.feedback}
