"""A service without threads, which can be made to die anywhere: what the crash tests are played on.

The log of messages, the receiver's board and the target of runbook steps outlive a death, as Kafka, Slack and a
deployment do. All else is made anew from the state directory. Nothing here sleeps; the clock is that of the messages.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiops.config import Config, load
from aiops.daemon import assemble
from aiops.daemon.courier import Acted, Delivered
from aiops.daemon.service import Service
from aiops.ingest.source import PartitionStatus, SourceStatus
from aiops.notify.delivery import deliver
from aiops.respond.effect import Effect
from aiops.respond.message import Message
from aiops.respond.outbox import Attempt
from aiops.respond.run import Outcome
from aiops.types import Json, Records
from tests.replay import world

CONFIG = """
rules: [{folder}/rules.yaml]
commit_interval: {interval}
receivers: {{board: {{type: stdout}}}}
route: {{receiver: board, group_wait: 20s}}
runbooks: {{paths: [runbooks], mode: auto}}
"""
RULES = """
rules:
  - alert: HttpErrorRatio
    id: http-error-ratio
    world: it
    signal: sum by (service_name, host_name) (increase(http_server_requests_total{code="500"}[15s]))
    total: sum by (service_name, host_name) (increase(http_server_requests_total[15s]))
    detector: {type: proportion, direction: up, min_effect: 0.02}
    for: 1m
    keep_firing_for: 2m
  - alert: CpuUnusual
    id: cpu-unusual
    world: it
    signal: node_cpu_utilisation
    detector: {type: baseline}
    severity: info
"""
RUNBOOK = """
name: restart-counted
match: {world: it}
approval: none
cooldown: 0s
steps:
  - {action: exec, with: {argv: [restart, "{{ incident.id }}"]}, retries: 0, idempotent: never}
"""


class Abort(BaseException):
    """A process that dies; nobody catches it."""


class Board:
    """A receiver that remembers what was posted, and can be asked for it."""

    spacing_seconds = 0.0

    def __init__(self) -> None:
        self.posts: list[str] = []
        self.shown: dict[str, str] = {}

    def send(self, message: Message, action: str, thread: Json | None) -> Json:
        if thread is None:
            self.posts.append(message.reference)
        self.shown[message.reference] = message.text
        return {"reference": message.reference}

    def find(self, reference: str) -> Json | None:
        return {"reference": reference} if reference in self.posts else None


class Feeder:
    """A source that never lags behind."""

    def at_end(self, partition: str) -> bool:
        return True

    def taken(self, records: Records) -> None:
        """Nobody counts."""

    def waiting(self) -> set[str]:
        return set()

    def status(self) -> SourceStatus:
        return SourceStatus(True, True, "", dict.fromkeys(world.PARTITIONS, PartitionStatus(0, True)))

    def kinds(self) -> Mapping[str, Any]:
        return {}

    def committed(self, positions: Mapping[str, Any]) -> None:
        """Nobody asks."""


class Stage:
    """Plays messages to a service; dies where `strikes` says.

    Parameters
    ----------
    folder : of the configuration and the state; a copy of it is another universe.
    now : the clock at the start.
    strikes : (name of the point, number of the message being read) -> whether to die there.
    """

    def __init__(
        self, folder: Path, now: float = world.START, strikes: Callable[[str, int], bool] = lambda _, __: False
    ) -> None:
        self.folder, self.now, self._strikes = folder, now, strikes
        self.board = Board()
        self.hits: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
        self._reading = 0
        self.service = self._service()

    def _service(self) -> Service:
        config: Config = load(self.folder / "aiops.yaml", {})
        made = assemble.service(config, lambda: self.now)
        made.feeders["bus"] = Feeder()  # type: ignore[assignment]
        made.courier = self  # type: ignore[assignment]
        commit = made.keeper.store.commit

        def watched(pending: Any) -> None:
            self._point("before commit")
            commit(pending)
            self._point("after commit")

        made.keeper.store.commit = watched  # type: ignore[method-assign]
        return made

    def _point(self, name: str) -> None:
        if self._strikes(name, self._reading):
            self.deaths[name] += 1
            raise Abort(name)

    def send(self, attempt: Attempt) -> None:
        """As `Courier.send`, at once."""
        self._point("before a message")
        answer = deliver(self.board, attempt)  # type: ignore[arg-type]
        self._point("after a message")
        self.service.answers.put(Delivered(attempt.conversation, attempt.receiver, answer))

    def perform(self, effect: Effect) -> None:
        """As `Courier.perform`, at once."""
        self._point("before a step")
        self.hits[effect.key] += 1
        self._point("after a step")
        outcome = Outcome(effect.key, effect.kind, effect.attempt, "ok", "")
        self.service.answers.put(Acted(effect.run_id, outcome))

    def play(self, log: list[world.Message], until: int) -> None:
        """Read messages up to number `until`, again and again from what was committed last, until all are read."""
        while self._next(log) < until:
            self._survive(lambda: self._read(log, until))

    def _next(self, log: list[world.Message]) -> int:
        """Number of the first message that is not committed; messages are numbered over all partitions."""
        return sum(self.service.positions.get(name, 0) for name in world.PARTITIONS)

    def _read(self, log: list[world.Message], until: int) -> None:
        for number in range(self._next(log), until):
            self._reading, self.now = number, max(self.now, log[number].time + 0.5)
            offset = {log[number].partition: self.service.positions.get(log[number].partition, 0)}
            self.service.turn(world.records([log[number]], offset))

    def _survive(self, life: Callable[[], None]) -> None:
        try:
            life()
        except Abort:
            self._close()
            self.service = self._service()

    def rest(self, seconds: float) -> None:
        """Let time pass without messages."""
        end = self.now + seconds
        while self.now < end:
            self.now += 5.0
            self._reading += 1
            self._survive(lambda: self.service.turn([]))

    def end(self) -> list[Json]:
        """Leave in order; all incidents as a person would list them."""
        self.service._committed_at = float("-inf")
        self._survive(lambda: self.service.turn([]))
        incidents = self.service.keeper.store.incidents()
        self._close()
        return sorted(incidents, key=lambda one: str(one["id"]))

    def _close(self) -> None:
        self.service.keeper.ring.close()
        self.service.keeper.store.close()


def prepare(folder: Path, interval: str) -> Path:
    """A folder with the configuration, no state yet."""
    (folder / "runbooks").mkdir(parents=True)
    (folder / "runbooks" / "restart.yaml").write_text(RUNBOOK)
    (folder / "rules.yaml").write_text(RULES)
    (folder / "aiops.yaml").write_text(CONFIG.format(folder=folder, interval=interval))
    return folder


def copied(folder: Path, to: Path, interval: str) -> Path:
    """Another universe that goes on from the same state."""
    shutil.copytree(folder, to)
    (to / "aiops.yaml").write_text(CONFIG.format(folder=to, interval=interval))
    return to


def content(incident: Json) -> Json:
    """An incident without what depends on when we sent, acted and restarted."""
    told = [(one["action"], one["receiver"]) for one in incident["notifications"] if one["action"] != "update"]
    return {**incident, "notifications": told, "runbooks": [one["name"] for one in incident["runbooks"]]}
