"""When which receiver is told what about an incident: once, then edits, then reminders, then the end.

One *thread* per (receiver, incident). It opens once the incident has been known for `group_wait`, unless the incident
is muted; what was held back, and by what, is returned once. Later a change of what is shown is an `update` at once.
`repeat` reminds while nobody has acknowledged. An incident that ends within its wait is told once, as resolved. One
that fires again after its end pages again, in the same thread. An acknowledged, muted or unchanged incident is quiet.

A thread outlives its route: who was told of an incident hears of its end, although it no longer matches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aiops.respond.message import Message, compose
from aiops.respond.mute import Muting, firing, muted_by
from aiops.respond.route import RouteNode, Way, ways
from aiops.types import Incident, Notification

KEEP_SECONDS = 30 * 86_400.0
"""How long an ended thread is remembered: feedback within it edits the message, later feedback is only stored."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What one receiver knows of one incident.

    Attributes
    ----------
    reference : incident id under which it was first told.
    due : daemon's clock from which it may be opened.
    serial : notifications so far, held back ones included.
    told : what the receiver last heard: empty (nothing), `firing`, `resolved`, or `withheld` (muted to its end).
    digest : of the message last told.
    paged_at : daemon's clock of the last page (open, repeat), for the reminder.
    suppressed_by : why it is held back just now; empty = it is not.
    at : daemon's clock of the last notification, for forgetting.
    """

    receiver: str
    incident_id: str
    reference: str
    due: float
    serial: int = 0
    told: str = ""
    digest: str = ""
    paged_at: float = 0.0
    suppressed_by: str = ""
    at: float = 0.0

    @property
    def conversation(self) -> str:
        return f"{self.receiver}/{self.reference}"

    @property
    def open(self) -> bool:
        return self.told in ("", "firing")


@dataclass(frozen=True, slots=True)
class DispatchState:
    """All threads by conversation; replaced, never modified; JSON through msgspec."""

    threads: Mapping[str, Thread] = field(default_factory=dict)

    def told(self) -> frozenset[str]:
        """Incidents that somebody has been told of and that have not ended for them."""
        return frozenset(thread.incident_id for thread in self.threads.values() if thread.told == "firing")


def dispatch(
    state: DispatchState,
    incidents: Sequence[Incident],
    muting: Muting,
    route: RouteNode,
    now: float,
    *,
    aliases: Mapping[str, Sequence[str]] | None = None,
    shown: Callable[[Incident], Message] = compose,
) -> tuple[DispatchState, list[Notification]]:
    """Decide what is to be told now.

    Parameters
    ----------
    incidents : all open ones, and ended ones that changed since the last call (an unchanged one gives nothing).
        An ended one never seen before counts as ended within its wait: pass no forgotten history.
    now : daemon's clock, epoch seconds.
    aliases : id -> former ids of the same incident; its threads go on under the new id.
    shown : incident -> message; its digest decides whether an edit is needed.

    Returns
    -------
    the new state, and notifications in order of (incident id, receiver in the route's order); those with
    `suppressed_by` are for the record only. `Notification.key` is `<conversation>/<serial>`.
    """
    threads = _renamed(state.threads, aliases or {}, {one.id for one in incidents})
    sources = firing(incidents)
    decided: list[Notification] = []
    for incident in sorted(incidents, key=lambda one: one.id):
        seen = _Seen(muted_by(incident, sources, muting, now), shown(incident).digest)
        for way, thread in _listeners(route, incident, threads, now):
            threads[thread.conversation], said = _next(thread, incident, way, seen, now)
            decided += said
    kept = {key: thread for key, thread in sorted(threads.items()) if thread.open or now - thread.at < KEEP_SECONDS}
    return DispatchState(kept), decided


def next_due(state: DispatchState, now: float) -> float | None:
    """When the next wait ends, daemon's clock, so that the daemon need not poll; None = nothing waits."""
    waiting = [thread.due for thread in state.threads.values() if not thread.told and thread.due > now]
    return min(waiting, default=None)


def conversation(notification: Notification) -> str:
    """The thread a notification belongs to: `<receiver>/<reference>`."""
    return notification.key.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What holds for an incident whoever is told of it."""

    muted: str
    digest: str


def _next(thread: Thread, incident: Incident, way: Way, seen: _Seen, now: float) -> tuple[Thread, list[Notification]]:
    """One thread, one step: at most one notification."""
    action = _wanted(thread, incident, way, seen.digest, now)
    pages = action in ("open", "repeat") or (action == "resolve" and thread.told == "")
    if seen.muted and pages:
        return _held_back(thread, action, seen.muted, now)
    if not action:
        return (thread if seen.muted else replace(thread, suppressed_by="")), []
    after = replace(
        thread,
        serial=thread.serial + 1,
        told="resolved" if incident.status == "resolved" else "firing",
        digest=seen.digest,
        paged_at=now if pages else thread.paged_at,
        suppressed_by=seen.muted,
        at=now,
    )
    return after, [_notification(after, action, now)]


def _wanted(thread: Thread, incident: Incident, way: Way, digest: str, now: float) -> str:
    """What would be told if nothing were muted; empty = nothing."""
    ended = incident.status == "resolved"
    if thread.told == "":
        # An end within the wait is told at once: nothing more can join it.
        return "resolve" if ended else ("open" if now >= thread.due else "")
    if thread.told == "withheld":
        return "" if ended else "open"
    if ended and thread.told == "firing":
        return "resolve"
    if not ended and thread.told == "resolved":
        return "update" if way.reminds_never else "repeat"
    silent = way.reminds_never or incident.status != "firing" or now - thread.paged_at < way.repeat_interval_seconds
    if not silent:
        return "repeat"
    return "update" if digest != thread.digest else ""


def _held_back(thread: Thread, action: str, muted: str, now: float) -> tuple[Thread, list[Notification]]:
    """Note once why a page did not leave; a reminder's clock goes on, so that each one held back is noted once."""
    reminder = action == "repeat" and thread.told == "firing"
    noted = bool(thread.suppressed_by) and not reminder
    after = replace(thread, suppressed_by=muted, paged_at=now if reminder else thread.paged_at)
    if action == "resolve":
        # Nobody heard of it, and nobody needs to hear that it is over.
        after = replace(after, told="withheld", at=now)
    if noted:
        return after, []
    after = replace(after, serial=after.serial + 1, at=now)
    return after, [_notification(after, action, now, muted)]


def _notification(thread: Thread, action: str, now: float, suppressed_by: str = "") -> Notification:
    key = f"{thread.conversation}/{thread.serial}"
    return Notification(key, thread.receiver, thread.incident_id, action, now, suppressed_by)


def _listeners(
    route: RouteNode, incident: Incident, threads: Mapping[str, Thread], now: float
) -> list[tuple[Way, Thread]]:
    """Who hears of `incident`: the route's receivers, then threads that merely follow (no pages on them).

    Followers are threads on a way that no longer matches, and those of an incident that became part of this one.
    """
    theirs = [thread for thread in threads.values() if thread.incident_id == incident.id]
    theirs.sort(key=lambda one: (one.told in ("", "withheld"), one.due, one.reference))
    found: list[tuple[Way, Thread]] = []
    led: set[str] = set()
    for way in ways(route, incident):
        thread = next((one for one in theirs if one.receiver == way.receiver), None)
        thread = thread or Thread(way.receiver, incident.id, incident.id, due=now + way.group_wait_seconds, at=now)
        found.append((way, thread))
        led.add(thread.conversation)
    followers = [one for one in theirs if one.conversation not in led and one.told in ("firing", "resolved")]
    return found + [(Way(one.receiver, 0.0, 0.0), one) for one in followers]


def _renamed(
    threads: Mapping[str, Thread], aliases: Mapping[str, Sequence[str]], known: Collection[str]
) -> dict[str, Thread]:
    """Threads under their incidents' present ids; one whose own incident is there again goes back to it."""
    present = {old: new for new, olds in sorted(aliases.items()) for old in olds if old != new}
    return {
        key: replace(
            thread,
            incident_id=thread.reference
            if thread.reference in known
            else present.get(thread.incident_id, thread.incident_id),
        )
        for key, thread in threads.items()
    }
