"""The daemon's main thread: takes batches from the feeders, drives the pipeline, commits, lets outputs leave.

One loop, in this order: take in records, respond, commit when it is due or something waits to leave, hand over
what is committed. Nothing leaves before the commit that holds it.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import structlog

from aiops.config import Config
from aiops.daemon.bootstrap import Bootstrap
from aiops.daemon.courier import Acted, Courier, Delivered
from aiops.daemon.feeder import QUEUE_BATCHES, Feeder, Quiet
from aiops.daemon.keeper import RESPONSE, Keeper
from aiops.daemon.selfwatch import PARTITION, SelfWatch
from aiops.daemon.weekly import STORED as WEEK
from aiops.daemon.weekly import Weekly
from aiops.detect.partition import Settings
from aiops.errors import TemporaryError
from aiops.pipeline import Outcome, Pipeline
from aiops.respond.effect import Effect
from aiops.respond.outbox import Attempt, Result
from aiops.respond.responder import Policy, Responder
from aiops.respond.weekly import is_summary, summary
from aiops.telemetry import Telemetry
from aiops.types import Kind, Records

IDLE_SECONDS, BUSY_SECONDS = 0.1, 0.005
TURN_SECONDS = 0.5
"""What a turn is to take; while it lasts no page leaves, no order is answered and `/metrics` stands still."""
LEAST_BYTES, MOST_BYTES = 128 * 1024, 4 * 1024 * 1024
"""Of records a turn takes, however slow or fast the last one was."""
LEAVE_SECONDS = 20.0
HOLD_SECONDS = 60.0
"""Correlation waits this long for a partition that has a backlog and gives nothing."""
WATCH_SECONDS = 1.0
Order = tuple[Callable[[], Any], "Future[Any]"]


@dataclass(slots=True)
class Outgoing:
    """What leaves once the commit that holds it is durable."""

    attempts: list[Attempt] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    orders: list[tuple[Future[Any], Any]] = field(default_factory=list)

    def add(
        self,
        attempts: Iterable[Attempt],
        effects: Iterable[Effect],
        results: Iterable[Result],
        orders: Iterable[tuple[Future[Any], Any]],
    ) -> None:
        self.attempts += attempts
        self.effects += effects
        self.results += results
        self.orders += orders

    def __bool__(self) -> bool:
        return bool(self.attempts or self.effects or self.results or self.orders)


class Service:
    """Everything that runs, built by `daemon.assemble`.

    Parameters
    ----------
    clock : epoch seconds; wall in `run`, simulated in the demo.
    """

    def __init__(
        self, config: Config, pipeline: Pipeline, responder: Responder, keeper: Keeper, clock: Callable[[], float]
    ) -> None:
        self.config, self.pipeline, self.responder, self.keeper, self.clock = config, pipeline, responder, keeper, clock
        self.telemetry = Telemetry(config.sources, config.receivers)
        self.telemetry.start_rules(rule.id for rule in pipeline.settings.rules)
        self.telemetry.budget.set(config.budget.false_pages_per_week)
        self.inbox: queue.Queue[list[Records]] = queue.Queue(QUEUE_BATCHES)
        self.answers: queue.Queue[Any] = queue.Queue()
        self.feeders: dict[str, Feeder] = {}
        self.courier: Courier | None = None
        self.positions: dict[str, Any] = {}
        self.listeners: list[Callable[[Outcome], None]] = []
        self.started = clock()
        self._ahead: deque[Records] = deque()
        self._orders: queue.Queue[Order] = queue.Queue()
        self._quiet = Quiet(config.step)
        self._self, self._watched_at = SelfWatch(clock), -math.inf
        self.bootstrap = Bootstrap(structlog.get_logger().bind(part="daemon"))
        self._kinds: dict[str, Mapping[str, Kind]] = {}
        self._weekly = Weekly(config, None, self.started)
        self._leave = threading.Event()
        self._committed_at = -math.inf
        self._busy = self._last = False
        self._bite = LEAST_BYTES
        self._outgoing = Outgoing()
        self.log = structlog.get_logger().bind(part="daemon")
        self._reload: Callable[[], None] | None = None

    def restore(self) -> None:
        """Go on where the last commit stood."""
        self.positions = self.keeper.load(self.pipeline)
        store, now = self.keeper.store, self.clock()
        self._weekly = Weekly(self.config, store.meta(WEEK), now)
        stored = {"outbox": store.outbox(), "runs": store.runs(), "silences": store.silences()}
        self.responder.restore(store.meta(RESPONSE), stored, self.pipeline.correlator.incidents, now)
        for name, partition in self.pipeline.partitions.items():
            self._quiet.heard(name, partition.panel.newest, now)
        found = [one for incident in self.pipeline.correlator.incidents for one in incident.findings]
        self._self.restore(one for one in found if one.partition == PARTITION and one.ended is None)

    def run(self) -> None:
        """Loop until `stop`; then finish the step, commit, and let the workers end."""
        while not self._leave.is_set():
            self.turn(self._take())
        self._shut_down()

    def stop(self) -> None:
        """Ask the loop to leave; from any thread or a signal handler."""
        self._leave.set()

    def request_reload(self, reload: Callable[[], None]) -> None:
        """Run `reload` on the main thread between two turns."""
        self._reload = reload

    def replace(self, settings: Settings, policy: Policy) -> None:
        """Go on under other rules, runbooks and routes; on the main thread."""
        self.pipeline.replace(settings)
        self.responder.policy = policy
        self.telemetry.start_rules(rule.id for rule in settings.rules)

    def order(self, call: Callable[[], Any]) -> Future[Any]:
        """Have the main thread call something; the future is done once the effect is durable."""
        future: Future[Any] = Future()
        self._orders.put((call, future))
        return future

    def _take(self) -> list[Records]:
        """What is there, up to about a bite; waits a moment when there is nothing."""
        taken: list[Records] = []
        size, patience = 0, BUSY_SECONDS if self._busy else IDLE_SECONDS
        while size < self._bite:
            if not self._ahead:
                try:
                    self._ahead.extend(self.inbox.get(timeout=0.0 if taken else patience))
                except queue.Empty:
                    break
            taken.append(self._ahead.popleft())
            size += len(taken[-1].buffer)
        return taken

    def turn(self, batches: list[Records]) -> None:
        """One round of the loop."""
        if self._reload is not None:
            reload, self._reload = self._reload, None
            reload()
        self._learn_kinds()
        self._watch_ourselves()
        now, began = self.clock(), time.perf_counter()
        quiet = self._quiet.event_times(now, self.at_end)
        outcome = self.pipeline.step(batches, now, behind=lambda: self._behind(now), quiet=quiet)
        self.bootstrap.turn(self.pipeline.partitions)
        for records in batches:
            if feeder := self.feeders.get(records.partition.partition("/")[0]):
                feeder.taken(records)
            self.positions[records.partition] = records.position
            self._quiet.heard(records.partition, self.pipeline.partitions[records.partition].panel.newest, now)
        if batches:
            took = time.perf_counter() - began
            self.telemetry.step.observe(took)
            self._bite = bite(sum(len(records.buffer) for records in batches), took)
        self.keeper.note(outcome, self.pipeline)
        self._count(outcome)
        for moved in outcome.moved:
            self.responder.take(moved.incidents, moved.renamed, now)
        orders = self._carry_out_orders()
        self._collect_answers(now)
        self.responder.tick(now, self.pipeline.event_time, self.pipeline.signal)
        self._sum_up(now)
        self._commit_if_due(now, orders)
        for listener in self.listeners:
            listener(outcome)

    def _sum_up(self, now: float) -> None:
        """Once a week, tell what became of the budget."""
        if self._weekly.due(now):
            self.responder.tell(self._weekly.receiver, summary(self.pipeline.correlator.allowance, now), now)
        self.keeper.remember(WEEK, self._weekly.snapshot())

    def _learn_kinds(self) -> None:
        """Metadata of sources that have it says how metrics move."""
        for name, feeder in self.feeders.items():
            kinds = feeder.kinds()
            if kinds and kinds is not self._kinds.get(name):
                self._kinds[name] = kinds
                self.pipeline.learn_kinds(kinds)

    def _watch_ourselves(self) -> None:
        now = time.monotonic()
        if now - self._watched_at < WATCH_SECONDS:
            return
        self._watched_at = now
        found = self._self.check(self.feeders, self.pipeline.partitions.values())
        for finding in found:
            self.log.warning("about_ourselves", summary=finding.summary, ended=finding.ended is not None)
        self.pipeline.correlator.add(found)

    def at_end(self, partition: str) -> bool:
        """Whether a partition has no backlog, here or at its source."""
        feeder = self.feeders.get(partition.partition("/")[0])
        return feeder is None or feeder.at_end(partition)

    def _behind(self, now: float) -> list[str]:
        """Partitions that correlation waits for: after a death between two of them, one may not be known yet."""
        promised = {name for feeder in self.feeders.values() for name in feeder.waiting()}
        return [name for name in promised | self.pipeline.partitions.keys() if not self._passed(name, now)]

    def _passed(self, partition: str, now: float) -> bool:
        """Whether correlation need not wait for a partition: one that is away must not keep pages of others back."""
        known = self.pipeline.partitions.get(partition)
        if known is not None and (known.in_past or not math.isfinite(known.panel.newest)):
            return True
        return self.at_end(partition) or self._quiet.seconds(partition, now) > HOLD_SECONDS

    def _carry_out_orders(self) -> list[tuple[Future[Any], Any]]:
        done: list[tuple[Future[Any], Any]] = []
        while True:
            try:
                call, future = self._orders.get_nowait()
            except queue.Empty:
                return done
            try:
                done.append((future, call()))
            except Exception as error:  # noqa: BLE001 - whoever asked gets the error, the loop goes on
                future.set_exception(error)

    def _collect_answers(self, now: float) -> None:
        while True:
            try:
                answer = self.answers.get_nowait()
            except queue.Empty:
                return
            self._busy = False
            if isinstance(answer, Delivered):
                self.responder.settle(answer.conversation, answer.answer, now)
            elif isinstance(answer, Acted):
                self.telemetry.steps.labels(answer.outcome.status).inc()
                self.responder.outcome(answer.run_id, answer.outcome, now)

    def _commit_if_due(self, now: float, orders: list[tuple[Future[Any], Any]]) -> None:
        attempts, effects = self._intended(now)
        changes = self.responder.take_changes()
        self.keeper.response(self.responder, changes)
        self._outgoing.add(attempts, effects, changes.results, orders)
        since = time.monotonic() - self._committed_at
        if not (self._outgoing or changes) and since < self.config.commit_interval:
            return
        began = time.perf_counter()
        try:
            self.keeper.commit(self.pipeline, self.responder, self.positions)
        except TemporaryError as error:
            # Nothing leaves that is not durable; all of it is offered to the next commit again.
            self.log.error("commit_failed", error=str(error))
            self._leave.wait(1.0)
            return
        self.telemetry.commit.observe(time.perf_counter() - began)
        self._committed_at = time.monotonic()
        self._let_out()

    def _intended(self, now: float) -> tuple[list[Attempt], list[Effect]]:
        """What shall leave after this commit; nothing once there is nobody to carry it out."""
        effects = self.responder.effects()
        if not self._last:
            return self.responder.attempts(now), effects
        self.responder.withdraw([*self._outgoing.effects, *effects], now)
        self._outgoing.effects = []
        return [], []

    def _let_out(self) -> None:
        """Hand over what is committed now."""
        out, self._outgoing = self._outgoing, Outgoing()
        self._busy = bool(out.attempts or out.effects)
        for result in (one for one in out.results if not is_summary(one.key)):
            self.telemetry.pages.labels(result.receiver, result.outcome).inc()
        if self.courier is not None:
            for attempt in out.attempts:
                self.courier.send(attempt)
            for effect in out.effects:
                self.courier.perform(effect)
        for future, value in out.orders:
            future.set_result(value)
        for name, feeder in self.feeders.items():
            mine = {key: value for key, value in self.positions.items() if key.partition("/")[0] == name}
            feeder.committed(mine)

    def _count(self, outcome: Outcome) -> None:
        telemetry = self.telemetry
        for source, count in outcome.samples.items():
            telemetry.samples.labels(source).inc(count)
        for (source, reason), count in outcome.dropped.items():
            telemetry.dropped.labels(source, reason).inc(count)
        for rule, count in outcome.findings.items():
            telemetry.findings.labels(rule).inc(count)

    def _event_time(self, source: str) -> float:
        """Event time of the partition of a source that is furthest behind; if none has a backlog, the newest."""
        partitions = list(self.pipeline.partitions.items())
        times = {name: one.panel.event_time for name, one in partitions if name.partition("/")[0] == source}
        reached = {name: at for name, at in times.items() if math.isfinite(at)}
        behind = [at for name, at in reached.items() if not self.at_end(name)]
        return min(behind) if behind else max(reached.values(), default=-math.inf)

    def refresh(self) -> None:
        """Bring the gauges up to date, before they are read; from any thread."""
        for name, feeder in self.feeders.items():
            status = feeder.status()
            self.telemetry.up.labels(name).set(float(status.healthy))
            self.telemetry.behind.labels(name).set(sum(one.lag for one in status.partitions.values()))
            self.telemetry.set_lag(name, self.clock() - self._event_time(name))
        estimate = self.pipeline.false_pages()
        self.telemetry.estimate.set(estimate.mean)
        self.telemetry.estimate_lower.set(estimate.lower)
        self.telemetry.estimate_upper.set(estimate.upper)
        self.telemetry.series.set(sum(len(one.table) for one in list(self.pipeline.partitions.values())))
        partitions = list(self.pipeline.partitions.values())
        left_out = sum((bank.left_out for one in partitions for bank in one.banks.values()), Counter[str]())
        for what in ("entities", "series"):
            self.telemetry.left_out.labels(what).set(left_out[what])
        counts = Counter(one.status for one in list(self.pipeline.correlator.incidents))
        for state in ("firing", "acknowledged", "resolved"):
            self.telemetry.incidents.labels(state).set(counts[state])

    def last_turn(self) -> None:
        """One more turn and its commit; nothing is begun any more, what waits is taken up after the next start."""
        self._last, self._committed_at = True, -math.inf
        self.turn([])

    def _shut_down(self) -> None:
        """Stop polling, commit, let the workers finish what they have begun."""
        began = time.monotonic()
        self.log.info("stopping")
        self.bootstrap.close()
        for feeder in self.feeders.values():
            feeder.stop()
        deadline = time.monotonic() + LEAVE_SECONDS / 4
        for feeder in self.feeders.values():
            feeder.join(max(0.0, deadline - time.monotonic()))
        self._committed_at = -math.inf
        self.turn([])
        if self.courier is not None:
            self.courier.stop(LEAVE_SECONDS / 2)
        self.last_turn()
        self.log.info("stopped", seconds=round(time.monotonic() - began, 1))


def bite(size: int, seconds: float) -> int:
    """Bytes that the next turn may take in, after one that took `size` bytes in `seconds`."""
    return min(MOST_BYTES, max(LEAST_BYTES, int(size * TURN_SECONDS / max(seconds, 1e-3))))
