"""The whole road in one process: records, pipeline, correlation, SQLite, Slack over HTTP, web pages, `aiops explain`.

The daemon is the one of `aiops run`; only its clock is simulated and its loop turned by hand. Warming up is paid once:
its state directory is copied, and each scenario goes on from there as after a restart.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

import httpx
from click.testing import CliRunner

from aiops.cli.explain import command as explain
from aiops.config import load
from aiops.daemon import assemble
from aiops.daemon.host import Host
from aiops.demo.clock import SimulatedClock
from aiops.detect.rule import load_rules
from aiops.types import Edge, Json, Records
from tests.scenarios.bus import Bus
from tests.scenarios.company import STEP
from tests.scenarios.trouble import QUIET, Scenario
from tests.scenarios.wire import Counted
from tests.standins.slack import CHANNEL, SECRET, TOKEN, FakeSlack

ANSWER_SECONDS = 5.0
RULES = cache(load_rules)
CONFIG = """
step: 15s
lateness: 10s
state_dir: state
topology: topology.csv
receivers:
  oncall: {{type: slack, channel: {channel}, token: {token}, signing_secret: {secret}, url: "{url}"}}
route: {{receiver: oncall, group_wait: 90s}}
commit_interval: 1h
runbooks: {{mode: "{mode}", paths: [runbooks]}}
egress: {{allow: [127.0.0.1]}}
web: {{listen: "127.0.0.1:0"}}
"""


class Days(Protocol):
    """A company's records, step after step."""

    def records(self, start: float, end: float) -> Iterator[tuple[float, list[Records]]]:
        """(time, batches) of every step."""
        ...

    def counted(self) -> Counted:
        """Where counters stand."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """A company, as the road needs it.

    Attributes
    ----------
    days : of a scenario, and where counters go on from.
    stated : the edges of its `topology.csv`.
    morning : when it begins to be watched, epoch seconds.
    """

    days: Callable[[Scenario, Counted | None], Days]
    stated: tuple[Edge, ...]
    morning: float
    warm_minutes: int = 120
    calm_minutes: int = 12

    @property
    def warmed(self) -> float:
        """When the calm morning is over that all scenarios share."""
        return self.morning + 60.0 * self.warm_minutes

    @property
    def trouble(self) -> float:
        """Minute 0 of every scenario."""
        return self.warmed + 60.0 * self.calm_minutes


@dataclass(slots=True)
class Seen:
    """What people saw in the end.

    Attributes
    ----------
    incidents : as stored, of those that somebody was told of.
    sent : messages in the channel.
    posts : Slack's messages as shown last, by incident id; `pages`, `explained` likewise.
    """

    incidents: list[Json] = field(default_factory=list)
    sent: int = 0
    posts: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    explained: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """What people have prepared for trouble, and what they do as they watch.

    Attributes
    ----------
    runbook : the only one, as YAML; it acts once somebody approves.
    watch : called after every step.
    """

    runbook: str
    watch: Callable[[Host, FakeSlack], None]


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the daemon: nothing that acts, and records that are handed to it, unless said otherwise."""

    desk: Desk | None = None
    bus: Bus | None = None


@contextmanager
def daemon(
    world: World, folder: Path, slack: FakeSlack, now: float, around: Around = Around()
) -> Iterator[tuple[Host, SimulatedClock]]:
    """The daemon on the state of `folder`, with its pages and its messenger."""
    (folder / "runbooks").mkdir(parents=True, exist_ok=True)
    if around.desk is not None:
        (folder / "runbooks" / "prepared.yaml").write_text(around.desk.runbook)
    edges = ["source,target,kind", *(f"{one.source},{one.target},{one.kind}" for one in world.stated)]
    (folder / "topology.csv").write_text("\n".join(edges) + "\n")
    file = folder / "aiops.yaml"
    mode = "approve" if around.desk else "off"
    config = CONFIG.format(channel=CHANNEL, token=TOKEN, secret=SECRET, url=slack.url, mode=mode)
    file.write_text(config + (around.bus.config if around.bus else ""))
    clock = SimulatedClock(now)
    # Reading the shipped rules takes a second; they are the same for every scenario.
    with patch.object(assemble, "load_rules", RULES):
        host = Host(load(file), file, clock)
    try:
        host.start()
        yield host, clock
    finally:
        host.service.stop()
        host.service.run()
        host.close()


@dataclass(frozen=True, slots=True)
class Warm:
    """A calm morning: what the daemon has made of it, and where counters stand."""

    world: World
    folder: Path
    counted: Counted


def warm(world: World, folder: Path) -> Warm:
    """Live through a calm morning, and commit it."""
    with FakeSlack(limits=False).running() as slack, daemon(world, folder, slack, world.morning) as (host, clock):
        days = world.days(QUIET, None)
        for at, batches in days.records(world.morning, world.warmed):
            clock.advance(at + STEP - clock())
            host.service.turn(batches)
        assert not slack.posts, [post.shown for post in slack.posts]
    return Warm(world, folder, days.counted())


def play(scenario: Scenario, warmed: Warm, folder: Path, around: Around = Around()) -> Seen:
    """One scenario from the end of the morning, and what people saw of it."""
    shutil.copytree(warmed.folder, folder)
    world = warmed.world
    days = world.days(scenario, warmed.counted)
    with (
        FakeSlack(limits=False).running() as slack,
        daemon(world, folder, slack, world.warmed, around) as (host, clock),
    ):
        for at, batches in days.records(world.warmed, world.trouble + 60.0 * scenario.minutes):
            clock.advance(at + STEP - clock())
            if around.bus is not None:
                around.bus.carry(host, batches)
            else:
                host.service.turn(batches)
            _settle(host, slack)
            if around.desk is not None:
                around.desk.watch(host, slack)
        return _looked_at(host, slack, folder)


def _settle(host: Host, slack: FakeSlack) -> None:
    """Wait until every message and deed under way has been answered, so that a run does not depend on threads."""
    until = time.monotonic() + ANSWER_SECONDS
    responder = host.service.responder
    while any(one.flight for one in responder.outbox.conversations.values()) or any(
        one.intent for one in responder.runs.values()
    ):
        assert time.monotonic() < until, slack.errors
        time.sleep(0.001)
        host.service.turn([])


def _looked_at(host: Host, slack: FakeSlack, folder: Path) -> Seen:
    host.service.last_turn()
    seen = Seen(sent=len(slack.posts))
    told = [
        one for one in host.backend.incidents(None, 100) if any(not n["suppressed_by"] for n in one["notifications"])
    ]
    with httpx.Client(base_url=host.url, timeout=60.0) as browser:
        for incident in sorted(told, key=lambda one: one["started"]):
            identity = incident["id"]
            seen.incidents.append(incident)
            ids = {identity, *incident["former_ids"]}
            mine = [post for post in slack.top if _reference(post.content) in ids]
            assert len(mine) <= 1, [post.shown for post in mine]
            seen.posts[identity] = mine[0].shown if mine else ""
            seen.pages[identity] = browser.get(f"/incidents/{identity}").text
            ran = CliRunner().invoke(explain, [identity, "--config", str(folder / "aiops.yaml")])
            seen.explained[identity] = ran.output
    return seen


def _reference(content: Json) -> str:
    return str((content.get("metadata") or {}).get("event_payload", {}).get("id", ""))


def documents(seen: Seen) -> str:
    """For a failing test's message."""
    short = [
        {
            "title": one["title"],
            "causes": [(c["entity"], round(c["probability"], 2), c["evidence"][:3]) for c in one["causes"][:4]],
            "changes": [(c["id"], c["probability"]) for c in one["changes"][:3]],
            "none": one["none"],
            "worlds": one["worlds"],
            "entities": one["entities"],
        }
        for one in seen.incidents
    ]
    return json.dumps(short, indent=1)
