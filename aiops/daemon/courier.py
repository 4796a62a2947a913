"""Workers for what blocks: one thread a receiver, a few for runbook steps. They get what is committed already.

Answers go to one queue that the main thread empties; a worker never touches the pipeline's state.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiops import plugins
from aiops.actions.action import Action
from aiops.actions.execution import execute
from aiops.config import Config, component
from aiops.errors import ConfigError
from aiops.notify.delivery import deliver
from aiops.respond.effect import Effect
from aiops.respond.egress import Egress
from aiops.respond.outbox import Answer, Attempt
from aiops.respond.run import Outcome

ACTION_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Delivered:
    conversation: str
    receiver: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Acted:
    run_id: str
    outcome: Outcome


class Courier:
    """Carries out deliveries and runbook steps on threads of their own.

    Parameters
    ----------
    config : names receivers and egress.
    answers : where results go, taken by the main thread.
    lend : what an action of ours may need, by action name (the demo lends its simulator).
    """

    def __init__(
        self, config: Config, answers: queue.Queue[Any], log: Any, lend: Mapping[str, Any] | None = None
    ) -> None:
        self._answers, self._log, self._lend = answers, log, lend or {}
        self._egress = Egress.of(config.egress.allow)
        self.receivers: dict[str, Any] = {}
        self._lanes: dict[str, queue.Queue[Attempt | None]] = {}
        self._steps: queue.Queue[Effect | None] = queue.Queue()
        self._threads: list[threading.Thread] = []
        for name, settings in config.receivers.items():
            made, checked = component("aiops.notifiers", settings, path=f"receivers.{name}")
            self.receivers[name] = made(checked)
            self._lanes[name] = queue.Queue()

    def start(self) -> None:
        for name, lane in self._lanes.items():
            self._thread(f"notify-{name}", self._deliver, name, lane)
        for number in range(ACTION_WORKERS):
            self._thread(f"action-{number}", self._act)

    def _thread(self, name: str, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def send(self, attempt: Attempt) -> None:
        """Hand over a delivery; it is committed. One for a receiver that was configured once fails for good."""
        lane = self._lanes.get(attempt.receiver)
        if lane is None:
            answer = Answer("failed", attempt.thread, error=f"the receiver {attempt.receiver} is not configured")
            self._answers.put(Delivered(attempt.conversation, attempt.receiver, answer))
        else:
            lane.put(attempt)

    def perform(self, effect: Effect) -> None:
        """Hand over a runbook step; its intent is committed."""
        self._steps.put(effect)

    def stop(self, timeout: float) -> None:
        """Let the workers finish what they have begun, `timeout` seconds for all together."""
        deadline = time.monotonic() + timeout
        for lane in self._lanes.values():
            lane.put(None)
        for _ in range(ACTION_WORKERS):
            self._steps.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for receiver in self.receivers.values():
            receiver.close()

    def _deliver(self, name: str, lane: queue.Queue[Attempt | None]) -> None:
        while (attempt := lane.get()) is not None:
            try:
                answer = deliver(self.receivers[name], attempt)
            except Exception as error:  # noqa: BLE001 - a worker loop: log, count, back off
                self._log.exception("delivery_failed", receiver=name, error=str(error))
                answer = Answer("retry", attempt.thread, attempt.thread is None, None, str(error))
            self._answers.put(Delivered(attempt.conversation, name, answer))

    def _act(self) -> None:
        while (effect := self._steps.get()) is not None:
            try:
                outcome = execute(effect, {effect.action: self._action(effect.action)}, self._egress)
            except ConfigError as error:
                outcome = Outcome(effect.key, effect.kind, effect.attempt, "failed", str(error))
            except Exception as error:  # noqa: BLE001 - a worker loop: the step may have happened
                self._log.exception("action_failed", action=effect.action, error=str(error))
                outcome = Outcome(effect.key, effect.kind, effect.attempt, "unknown", str(error))
            self._answers.put(Acted(effect.run_id, outcome))

    def _action(self, name: str) -> Action:
        made = plugins.load("aiops.actions", name)
        action: Action = made(self._lend[name]) if name in self._lend else made()
        return action
