"""The response as a whole, killed anywhere: one message an incident, no unsafe step twice."""

from __future__ import annotations

import random
from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.errors import TemporaryError
from aiops.notify.delivery import deliver
from aiops.respond import outbox
from aiops.respond.effect import Effect
from aiops.respond.outbox import Attempt, Outbox
from aiops.respond.responder import Policy, Responder
from aiops.respond.route import RouteNode
from aiops.respond.run import Outcome
from aiops.respond.runbook import Runbook
from aiops.types import Incident, Json, Silence
from tests.respond.incident import incident

RESTART = Runbook.model_validate(
    {
        "name": "restart",
        "match": {"world": "it"},
        "approval": "none",
        "cooldown": "0s",
        "steps": [{"action": "http", "with": {"url": "http://x", "body": "{{ incident.id }}"}}],
    }
)
POLICY = Policy(RouteNode("oncall", 5.0, 14_400.0), runbooks={"restart": RESTART}, mode="auto")


class Channel:
    """Receives, and loses answers as told."""

    spacing_seconds = 1.0

    def __init__(self) -> None:
        self.posts: dict[str, list[str]] = {}
        self.lose = False

    def send(self, message: outbox.Message, action: str, thread: Json | None) -> Json:
        shown = self.posts.setdefault(message.reference, [])
        if thread is None:
            shown.append(message.text)
        else:
            shown[-1] = message.text
        if self.lose:
            raise TemporaryError("reset", in_doubt=thread is None)
        return {"ts": "1"}

    def find(self, reference: str) -> Json | None:
        return {"ts": "1"} if self.posts.get(reference) else None


class World:
    """A daemon in small: decide, commit, let out; and a disk that survives it."""

    def __init__(self) -> None:
        self.now, self.channel, self.acted = 0.0, Channel(), Counter[str]()
        self.incidents: dict[str, Incident] = {}
        self.disk: Json = {"outbox": {}, "runs": {}, "silences": {}, "state": None}
        self.begin()

    def begin(self) -> None:
        self.responder, self.stored = Responder(POLICY, random.Random(0)), Outbox()
        tables = {name: list(self.disk[name].values()) for name in ("outbox", "runs", "silences")}
        tables = msgspec.json.decode(msgspec.json.encode(tables))
        self.responder.restore(self.disk["state"], tables, self.incidents.values(), self.now)

    def decide(self, *moved: Incident) -> tuple[list[Attempt], list[Effect]]:
        self.now += 2.0
        self.responder.take(moved, {}, self.now)
        self.responder.tick(self.now, self.now, lambda _: None)
        return self.responder.attempts(self.now), self.responder.effects()

    def commit(self) -> None:
        changed, gone = outbox.documents(self.stored, self.responder.outbox)
        self.disk["outbox"] |= {one["key"]: one for one in changed}
        for key in gone:
            del self.disk["outbox"][key]
        changes = self.responder.take_changes()
        self.disk["runs"] |= {key: msgspec.to_builtins(run) for key, run in changes.runs.items()}
        self.disk["state"], self.stored = self.responder.snapshot(), self.responder.outbox

    def let_out(self, attempts: list[Attempt], effects: list[Effect], *, answers: bool = True) -> None:
        for told in attempts:
            answer = deliver(self.channel, told)  # type: ignore[arg-type]
            if answers:
                self.responder.settle(told.conversation, answer, self.now)
        for effect in effects:
            self.acted[str(effect.config["body"])] += 1
            if answers:
                self.responder.outcome(effect.run_id, Outcome(effect.key, effect.kind, effect.attempt, "ok"), self.now)

    def turn(self, event: str, *moved: Incident) -> None:
        for one in moved:
            self.incidents[one.id] = one
        self.channel.lose = event == "lost"
        attempts, effects = self.decide(*moved)
        if event == "killed_before_commit":
            # Records are read again: what moved moves again.
            return self.begin()
        self.commit()
        if event == "killed_after_commit":
            return self.begin()
        self.let_out(attempts, effects, answers=event != "killed_after_sending")
        if event == "killed_after_sending":
            self.begin()


TURNS = st.lists(
    st.tuples(
        st.sampled_from(["", "", "lost", "killed_before_commit", "killed_after_commit", "killed_after_sending"]),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["firing", "firing", "resolved"]),
    ),
    max_size=25,
)


@settings(max_examples=100, deadline=None)
@given(TURNS)
def test_killed_anywhere_each_incident_has_one_message_and_each_unsafe_step_is_done_once_at_most(
    turns: list[tuple[str, str, str]],
) -> None:
    world = World()
    for event, name, status in turns:
        world.turn(event, incident(name, status=status, title=f"{name} fails"))
    for name in ("a", "b"):
        world.turn("", incident(name, status="resolved", title=f"{name} is over"))
    for _ in range(25):
        world.now += 400.0
        world.turn("")
    assert all(times == 1 for times in world.acted.values())
    assert world.channel.posts == {name: [f"Resolved: orders: {name} is over"] for name in ("a", "b")}


def test_undisturbed_the_step_is_done_and_the_message_follows() -> None:
    world = World()
    world.turn("", incident("a"))
    for _ in range(5):
        world.turn("")
    world.turn("", incident("a", status="resolved"))
    for _ in range(5):
        world.turn("")
    assert world.acted == {"a": 1}
    assert [one["action"] for one in world.responder.notifications("a")] == ["open", "resolve"]
    assert world.responder.runbooks("a") == [{"name": "restart", "state": "done"}]


def test_what_is_silenced_is_neither_told_nor_acted_upon() -> None:
    world = World()
    world.responder.silence(Silence("s1", (("entity", "=", "orders"),), 0.0, 1e9))
    for _ in range(5):
        world.turn("", incident("a"))
    assert (world.acted, world.channel.posts) == ({}, {})
    assert [one["suppressed_by"] for one in world.responder.notifications("a")] == ["s1"]


def test_a_proposal_nobody_approved_lapses_with_its_incident() -> None:
    world = World()
    asking = {"restart": RESTART.model_copy(update={"approval": RESTART.approval.model_copy(update={"needed": True})})}
    world.responder.policy = Policy(POLICY.route, runbooks=asking, mode="auto")
    world.turn("", incident("a"))
    assert [run.state for run in world.responder.runs.values()] == ["proposed"]
    world.turn("", incident("a", status="resolved"))
    assert [run.state for run in world.responder.runs.values()] == ["expired"]
