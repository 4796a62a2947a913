"""Mute, dispatch, outbox and runbooks of one driver behind one door: incidents in, deliveries and effects out.

It holds plain state and sends nothing. The driver (daemon, replay, demo) calls `take` and `tick`, commits
`changes`, and only then carries out what `attempts` and `effects` gave it; answers come back through `settle`
and `outcome`. `now` is the driver's clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from aiops.config import Config, Route
from aiops.detect import maintenance
from aiops.detect.maintenance import Maintenance
from aiops.respond import journal, outbox, propose
from aiops.respond.advance import advance
from aiops.respond.dispatch import DispatchState, dispatch, next_due
from aiops.respond.effect import Effect
from aiops.respond.message import Message, Proposal, compose
from aiops.respond.mute import Inhibition, Muting, firing, muted_by
from aiops.respond.outbox import Answer, Attempt, Outbox, Result
from aiops.respond.route import RouteNode, match_all
from aiops.respond.run import Ended, Event, Outcome, Restarted, Run, Tick, Withdrawn
from aiops.respond.runbook import Runbook
from aiops.types import Incident, Json, Notification, Silence

KEEP_ENDED_SECONDS = 6 * 3_600.0


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user configured: who is told, what is muted, which runbooks there are."""

    route: RouteNode
    inhibitions: tuple[Inhibition, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    runbooks: Mapping[str, Runbook] = field(default_factory=dict)
    mode: str = "approve"
    link: str = ""
    fallback: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """What has to be durable before anything of it is carried out."""

    notifications: list[Notification] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    journal: list[Json] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.notifications or self.results or self.runs or self.journal or self.silences)


class Responder:
    """The response to incidents.

    Parameters
    ----------
    policy : replaced as a whole at a reload.
    rng : of retry delays.
    """

    def __init__(self, policy: Policy, rng: random.Random) -> None:
        self.policy, self._rng = policy, rng
        self.dispatch = DispatchState()
        self.outbox = Outbox()
        self.runs: dict[str, Run] = {}
        self.silences: dict[str, Silence] = {}
        self.told: dict[str, list[Notification]] = {}
        self._incidents: dict[str, Incident] = {}
        self._ended_at: dict[str, float] = {}
        self._aliases: dict[str, tuple[str, ...]] = {}
        self._effects: list[Effect] = []
        self._shown_last: dict[str, tuple[Incident, str, tuple[Proposal, ...], Message]] = {}
        self.changes = Changes()

    def take(self, incidents: Iterable[Incident], renamed: Mapping[str, tuple[str, ...]], now: float) -> None:
        """Learn of incidents that changed, and of ids that did."""
        for new, former in renamed.items():
            self._aliases[new] = former
            for old in former:
                self._aliases.pop(old, None)
                self._incidents.pop(old, None)
                self._ended_at.pop(old, None)
                self.told.setdefault(new, []).extend(self.told.pop(old, []))
        for run in propose.renamed(self.runs.values(), renamed):
            self._keep(self.runs[run.id], run, None, now)
        for incident in incidents:
            self._incidents[incident.id] = incident
            if incident.status == "resolved":
                self._ended_at[incident.id] = now
            else:
                self._ended_at.pop(incident.id, None)

    def tick(self, now: float, event_time: float, signal: Callable[[str], float | None]) -> None:
        """Propose runbooks, decide who is told, let runs go on."""
        incidents = list(self._incidents.values())
        muting = Muting(tuple(self.silences.values()), self.policy.inhibitions, self.policy.maintenance)
        self._advance(incidents, muting, Tick(event_time, signal), now)
        route = self.policy.route
        self.dispatch, said = dispatch(
            self.dispatch, incidents, muting, route, now, aliases=self._aliases, shown=self._shown
        )
        for notification in said:
            self.told.setdefault(notification.incident_id, []).append(notification)
            self.outbox = outbox.put(
                self.outbox, notification, self._shown(self._incidents[notification.incident_id]), now
            )
        self.changes.notifications += said
        self._forget(now)

    def _advance(self, incidents: Sequence[Incident], muting: Muting, tick: Tick, now: float) -> None:
        """Propose what incidents call for that nothing mutes (no runbook in a maintenance window); let runs go on."""
        sources = firing(incidents)
        audible = [one for one in incidents if one.status != "resolved" and not muted_by(one, sources, muting, now)]
        for run in propose.propose(self.runs.values(), audible, self.policy.runbooks, self.policy.mode, now):
            self._keep(None, run, None, now)
        for run in propose.unfinished(self.runs.values()):
            found = self._incidents.get(run.incident_id)
            over = run.state == "proposed" and (found is None or found.status == "resolved")
            self.act(run.id, Ended() if over else tick, now)

    def _shown(self, incident: Incident) -> Message:
        link = f"{self.policy.link}/incidents/{incident.id}" if self.policy.link else ""
        proposals = propose.shown(self.runs.values(), incident.id)
        known = self._shown_last.get(incident.id)
        # Asked at every tick, and dear: incidents are replaced, never modified, so the same one reads the same.
        if known is None or known[0] is not incident or known[1:3] != (link, proposals):
            known = (incident, link, proposals, compose(incident, link=link, proposals=proposals))
            self._shown_last[incident.id] = known
        return known[3]

    def act(self, run_id: str, event: Event, now: float) -> Run:
        """Let one run take in an event; its effect, if any, waits for `effects`.

        Raises
        ------
        KeyError : there is no such run.
        """
        before = self.runs[run_id]
        start = not propose.held_back(before, self.runs.values(), now)
        after, effects = advance(before, event, now, may_start=start)
        if after is not before:
            self._keep(before, after, event, now)
        self._effects += effects
        return after

    def add(self, run: Run, now: float) -> None:
        """Take in a run that a person asked for."""
        self._keep(None, run, None, now)

    def _keep(self, before: Run | None, after: Run, event: Event | None, now: float) -> None:
        self.runs[after.id] = after
        self.changes.runs[after.id] = after
        self.changes.journal += journal.entries(before, after, event, now)

    def silence(self, silence: Silence) -> None:
        """Add or replace a silence."""
        self.silences[silence.id] = silence
        self.changes.silences.append(silence)

    def tell(self, receiver: str, message: Message, now: float) -> None:
        """Say something that is about no incident, once."""
        key = f"{receiver}/{message.reference}/1"
        said = Notification(key, receiver, message.incident_id, "open", now)
        self.outbox = outbox.put(self.outbox, said, message, now)
        self.changes.notifications.append(said)

    def attempts(self, now: float) -> list[Attempt]:
        """Declare what may be delivered now; commit before it is."""
        declared = []
        for key in outbox.due(self.outbox, now):
            self.outbox, attempt = outbox.attempt(self.outbox, key, now)
            declared.append(attempt)
        return declared

    def effects(self) -> list[Effect]:
        """What runs intend; commit before it is done."""
        waiting, self._effects = self._effects, []
        return waiting

    def withdraw(self, effects: Iterable[Effect], now: float) -> None:
        """Take back effects that nobody will begin, as the driver leaves; a step never begun is not in doubt."""
        for effect in effects:
            self.act(effect.run_id, Withdrawn(), now)

    def settle(self, conversation: str, answer: Answer, now: float) -> None:
        """Take in what came of a delivery."""
        fallback = self.policy.fallback
        self.outbox, results = outbox.settle(self.outbox, conversation, answer, now, rng=self._rng, fallback=fallback)
        self.changes.results += results

    def outcome(self, run_id: str, outcome: Outcome, now: float) -> None:
        """Take in what came of an effect."""
        if run_id in self.runs:
            self.act(run_id, outcome, now)

    def next_due(self, now: float) -> float | None:
        """When something next needs a tick; None = nothing waits."""
        moments = [one for one in (next_due(self.dispatch, now), outbox.next_due(self.outbox, now)) if one is not None]
        return min(moments, default=None)

    def take_changes(self) -> Changes:
        """What was decided since the last call."""
        changes, self.changes = self.changes, Changes()
        return changes

    def notifications(self, incident_id: str) -> list[Json]:
        """What was told of an incident, or held back, oldest first."""
        return [
            {"receiver": one.receiver, "at": one.at, "action": one.action, "suppressed_by": one.suppressed_by or None}
            for one in self.told.get(incident_id, [])
        ]

    def runbooks(self, incident_id: str) -> list[Json]:
        """Runs of an incident, oldest first."""
        return [{"name": one.runbook, "state": one.state} for one in propose.shown(self.runs.values(), incident_id)]

    def _forget(self, now: float) -> None:
        references = {thread.reference for thread in self.dispatch.threads.values()}
        self.outbox = outbox.forget(self.outbox, now - KEEP_ENDED_SECONDS, references)
        for identity, ended in list(self._ended_at.items()):
            if now - ended > KEEP_ENDED_SECONDS:
                del self._ended_at[identity]
                self._incidents.pop(identity, None)
                self.told.pop(identity, None)
        for identity in self._shown_last.keys() - self._incidents.keys():
            del self._shown_last[identity]

    def snapshot(self) -> bytes:
        """Threads, notifications and aliases; outbox, runs and silences have tables of their own."""
        return msgspec.json.encode([self.dispatch, self.told, self._aliases, self._ended_at])

    def restore(
        self,
        data: bytes | None,
        stored: Mapping[str, Sequence[Json]],
        incidents: Iterable[Incident],
        now: float,
    ) -> None:
        """Go on after a restart; what was under way without an answer is in doubt.

        Parameters
        ----------
        stored : documents of the tables `outbox`, `runs` and `silences`.
        incidents : those that correlation still remembers.
        """
        if data is not None:
            kinds = tuple[DispatchState, dict[str, list[Notification]], dict[str, tuple[str, ...]], dict[str, float]]
            self.dispatch, self.told, self._aliases, self._ended_at = msgspec.json.decode(data, type=kinds)
        self._incidents = {one.id: one for one in incidents}
        self.outbox, results = outbox.recover(outbox.restore(stored["outbox"]), now)
        self.changes.results += results
        self.runs = {one["id"]: msgspec.convert(one, Run) for one in stored["runs"]}
        self.silences = {one["id"]: msgspec.convert(one, Silence) for one in stored["silences"]}
        for run in propose.unfinished(self.runs.values()):
            self.act(run.id, Restarted(), now)


def policy_of(config: Config, runbooks: Mapping[str, Runbook]) -> Policy:
    """The policy that `aiops.yaml` states."""
    inhibitions = tuple(Inhibition(match_all(one.source), match_all(one.target), one.equal) for one in config.inhibit)
    link = config.web.external_url.rstrip("/") or f"http://{config.web.listen}"
    fallback = {name: str(one["fallback"]) for name, one in config.receivers.items() if one.get("fallback")}
    return Policy(
        route=_node(config.route),
        inhibitions=inhibitions,
        maintenance=maintenance.read(config),
        runbooks=runbooks,
        mode=config.runbooks.mode,
        link=link,
        fallback=fallback,
    )


def _node(route: Route) -> RouteNode:
    return RouteNode(
        receiver=route.receiver or None,
        group_wait_seconds=route.group_wait,
        repeat_interval_seconds=route.repeat_interval,
        matchers=match_all(route.match),
        goes_on=route.go_on,
        routes=tuple(_node(child) for child in route.routes),
    )


def without_link(policy: Policy) -> Policy:
    """The policy of a driver that serves no pages."""
    return replace(policy, link="")
