"""What still has to be told, to whom, and what is known of earlier attempts. Plain data; it sends nothing.

The daemon's part: `put` what dispatch decided; take what is `due`; `attempt` it and *commit*; only then let a worker
call `aiops.notify.delivery.deliver`; `settle` its answer and commit again. After a restart, `recover`. So an attempt is
durable before its first byte leaves, and an attempt without an answer is *in doubt*: whoever delivers looks for the
message at the receiver (`find`) before it posts again.

One conversation (receiver, incident) holds one waiting item at most: of several changes only the newest content
matters. One receiver is called one call at a time, no faster than it allows, and is left alone as a whole while it
fails: a queue per channel.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from aiops.respond.message import Message
from aiops.types import Json, Notification

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0
LONGEST_ASKED_SECONDS = 3_600.0
"""That a receiver may ask us to wait: who says "next year", or what is no number, is tried again all the same."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to say. `keys` are the notifications it stands for, newest last."""

    action: str
    """open, update, repeat or resolve."""
    message: Message
    keys: tuple[str, ...]
    since: float


@dataclass(frozen=True, slots=True)
class Conversation:
    """One receiver, one incident.

    Attributes
    ----------
    thread : the receiver's receipt of the first message; None = nothing was posted that we know of.
    waiting : what shall be said next.
    flight : what is being said: attempted, not answered.
    in_doubt : a post was attempted and may have arrived although no answer did.
    attempts : failed ones in a row.
    at : daemon's clock of the last event, for forgetting.
    """

    receiver: str
    reference: str
    thread: Json | None = None
    waiting: Item | None = None
    flight: Item | None = None
    in_doubt: bool = False
    attempts: int = 0
    at: float = 0.0

    @property
    def key(self) -> str:
        return f"{self.receiver}/{self.reference}"


@dataclass(frozen=True, slots=True)
class Lane:
    """One receiver: not before `ready_at` (daemon's clock), after `failures` in a row."""

    ready_at: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Outbox:
    """Replaced, never modified. JSON through msgspec: `msgspec.json.encode(outbox)`, `decode(..., type=Outbox)`."""

    conversations: Mapping[str, Conversation] = field(default_factory=dict)
    lanes: Mapping[str, Lane] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """All that a worker needs for one delivery."""

    conversation: str
    receiver: str
    action: str
    message: Message
    thread: Json | None
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt.

    Attributes
    ----------
    status : `sent`, `retry` or `failed` (never try again).
    thread : receipt of the conversation's message, when sent (or found).
    in_doubt : the post may have arrived nevertheless.
    retry_after : seconds the receiver asked for, None = it did not.
    spacing_seconds : how long the receiver wants to be left alone after this call.
    """

    status: str
    thread: Json | None = None
    in_doubt: bool = False
    retry_after: float | None = None
    error: str = ""
    spacing_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one notification: `sent`, `superseded` (a newer one said it) or `failed`."""

    key: str
    receiver: str
    outcome: str
    at: float
    error: str = ""


def put(outbox: Outbox, notification: Notification, message: Message, now: float) -> Outbox:
    """Queue what dispatch decided; a suppressed notification is not queued.

    The message's reference is set from the notification's key, as dispatch keeps it when an incident's id changes.
    """
    if notification.suppressed_by:
        return outbox
    name = notification.key.rpartition("/")[0]
    reference = name.removeprefix(f"{notification.receiver}/")
    item = Item(notification.action, replace(message, reference=reference), (notification.key,), now)
    found = outbox.conversations.get(name) or Conversation(notification.receiver, reference)
    return _with(outbox, replace(found, waiting=_merged(found.waiting, item), at=now))


def due(outbox: Outbox, now: float) -> list[str]:
    """Conversations that may be attempted now: one a receiver, pages before reminders before edits, oldest first."""
    busy = {one.receiver for one in outbox.conversations.values() if one.flight}
    ready: dict[str, Conversation] = {}
    for one in sorted(outbox.conversations.values(), key=_urgency):
        lane = outbox.lanes.get(one.receiver, Lane())
        if one.waiting and one.receiver not in busy and lane.ready_at <= now:
            ready.setdefault(one.receiver, one)
    return [one.key for one in ready.values()]


def next_due(outbox: Outbox, now: float) -> float | None:
    """When something next becomes due, daemon's clock; None = nothing waits."""
    waiting = {one.receiver for one in outbox.conversations.values() if one.waiting}
    return min((max(now, outbox.lanes.get(name, Lane()).ready_at) for name in waiting), default=None)


def attempt(outbox: Outbox, conversation: str, now: float) -> tuple[Outbox, Attempt]:
    """Declare an attempt. Commit the new outbox before the attempt is carried out.

    Raises
    ------
    KeyError : nothing waits in `conversation`.
    """
    one = outbox.conversations[conversation]
    item = one.waiting
    if item is None:
        raise KeyError(conversation)
    told = Attempt(one.key, one.receiver, item.action, item.message, one.thread, one.in_doubt)
    return _with(outbox, replace(one, waiting=None, flight=item, at=now)), told


def settle(
    outbox: Outbox,
    conversation: str,
    answer: Answer,
    now: float,
    *,
    rng: random.Random,
    fallback: Mapping[str, str] | None = None,
) -> tuple[Outbox, list[Result]]:
    """Take in what came of an attempt; what failed for now waits again, what failed for good goes to the fallback.

    Parameters
    ----------
    fallback : receiver -> the receiver that stands in for it. Every refused item goes there; each new one tries the
        first receiver again, so that a mended token needs no restart.
    """
    one = outbox.conversations[conversation]
    item = one.flight
    if item is None:
        raise KeyError(conversation)
    thread = answer.thread or one.thread
    lane = outbox.lanes.get(one.receiver, Lane())
    if answer.status == "retry":
        delay = _delay(lane.failures, answer.retry_after, rng)
        waiting = _merged(item, one.waiting) if one.waiting else item
        one = replace(one, waiting=waiting, flight=None, thread=thread, attempts=one.attempts + 1, at=now)
        one = replace(one, in_doubt=answer.in_doubt)
        return _with(outbox, one, Lane(now + delay, lane.failures + 1)), []
    rested = Lane(now + answer.spacing_seconds)
    one = replace(one, flight=None, thread=thread, in_doubt=False, attempts=0, at=now)
    if answer.status == "sent":
        return _with(outbox, one, rested), _results(item, one.receiver, "sent", now)
    outbox = _with(outbox, one, rested)
    stand_in = (fallback or {}).get(one.receiver, "")
    if stand_in and stand_in != one.receiver:
        outbox = _handed_over(outbox, one, item, stand_in, now)
    return outbox, _results(item, one.receiver, "failed", now, answer.error)


def recover(outbox: Outbox, now: float) -> tuple[Outbox, list[Result]]:
    """After a restart: every attempt without an answer is in doubt and waits again.

    A reminder in doubt is taken as sent: one lost is made up for by the next, one doubled wakes somebody twice.
    """
    results: list[Result] = []
    for one in outbox.conversations.values():
        if one.flight is None:
            continue
        item = one.flight
        if item.action == "repeat" and one.thread is not None:
            results += _results(item, one.receiver, "sent", now)
            outbox = _with(outbox, replace(one, flight=None, at=now))
            continue
        waiting = _merged(item, one.waiting) if one.waiting else item
        outbox = _with(outbox, replace(one, flight=None, waiting=waiting, in_doubt=one.thread is None, at=now))
    return outbox, results


def documents(before: Outbox, after: Outbox) -> tuple[list[Json], list[str]]:
    """What has to be stored so that `after` follows `before`: conversations to upsert by `key`, and keys to remove.

    Lanes are not kept: after a restart every receiver gets a fresh chance. `restore` is the inverse.
    """
    changed = [one for key, one in after.conversations.items() if before.conversations.get(key) is not one]
    found: list[Json] = []
    for one in changed:
        state = "flight" if one.flight else "waiting" if one.waiting else "idle"
        item = one.flight or one.waiting
        incident_id = item.message.incident_id if item else one.reference
        document: Json = {"key": one.key, "incident_id": incident_id, "state": state}
        found.append({**document, "conversation": msgspec.to_builtins(one)})
    return found, [key for key in before.conversations if key not in after.conversations]


def restore(stored: Iterable[Json]) -> Outbox:
    """The outbox from its stored documents; call `recover` next."""
    found = [msgspec.convert(document["conversation"], Conversation) for document in stored]
    return Outbox({one.key: one for one in sorted(found, key=lambda one: one.key)})


def forget(outbox: Outbox, before: float, references: Collection[str] = ()) -> Outbox:
    """Drop conversations in which nothing waits and nothing happened since `before`, daemon's clock.

    Those about `references` (what dispatch still has threads for) stay: without its receipt an edit would be a post.
    """
    kept = {
        key: one
        for key, one in outbox.conversations.items()
        if one.waiting or one.flight or one.at >= before or one.reference in references
    }
    return replace(outbox, conversations=kept)


def _merged(older: Item | None, newer: Item) -> Item:
    """The newest content, under the action that still has to be carried out."""
    if older is None:
        return newer
    if older.action == "open":
        action = "open"
    elif newer.action == "update" and older.action in ("repeat", "resolve"):
        action = older.action
    else:
        action = newer.action
    return Item(action, newer.message, older.keys + newer.keys, older.since)


def _handed_over(outbox: Outbox, one: Conversation, item: Item, stand_in: str, now: float) -> Outbox:
    key = f"{stand_in}/{one.reference}"
    other = outbox.conversations.get(key) or Conversation(stand_in, one.reference)
    # The stand-in has not heard of the incident yet: whatever it is told first opens.
    action = item.action if other.thread or other.waiting or other.flight else "open"
    passed = replace(item, action=action, keys=(f"{key}/{item.keys[-1].rpartition('/')[2]}",))
    return _with(outbox, replace(other, waiting=_merged(other.waiting, passed), at=now))


def _results(item: Item, receiver: str, outcome: str, now: float, error: str = "") -> list[Result]:
    older = [Result(key, receiver, "superseded", now) for key in item.keys[:-1]]
    return [*older, Result(item.keys[-1], receiver, outcome, now, error)]


def _urgency(one: Conversation) -> tuple[int, int, float, str]:
    item = one.waiting
    if item is None:
        return 9, 0, 0.0, one.key
    # One that keeps failing must not hold up its neighbours.
    rank = {"open": 0, "repeat": 1, "resolve": 2}.get(item.action, 3)
    return min(one.attempts, 3), rank, item.since, one.key


def _delay(failures: int, retry_after: float | None, rng: random.Random) -> float:
    if retry_after is not None and not math.isnan(retry_after):
        return min(max(retry_after, 0.1), LONGEST_ASKED_SECONDS) * (1.0 + 0.1 * rng.random())
    grown = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(failures, 16))
    return grown * (0.5 + rng.random() / 2)


def _with(outbox: Outbox, one: Conversation, lane: Lane | None = None) -> Outbox:
    lanes = outbox.lanes if lane is None else {**outbox.lanes, one.receiver: lane}
    return Outbox({**outbox.conversations, one.key: one}, lanes)
