"""Drives the demo: a fortnight of history, then a day, through the same daemon as `aiops run`.

Only three things differ from production: the clock is simulated, the source and the action are the shop, and
somebody approves the runbooks. The daemon's loop is turned by hand, one step a turn, and every step waits until
what it set in motion (a runbook's call) has answered: so a seed gives the same day on any machine.
"""

from __future__ import annotations

import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

import numpy as np
from rich.console import Console

from aiops.config import load
from aiops.daemon.assemble import settings_of
from aiops.daemon.host import Host
from aiops.demo import scenario, scene
from aiops.demo.action import Simulation
from aiops.demo.clock import SimulatedClock
from aiops.demo.score import Score, Static, judge
from aiops.demo.screen import Screen
from aiops.demo.shop import DAY
from aiops.demo.story import Story
from aiops.detect.bank import Scored
from aiops.detect.rule import load_rules
from aiops.errors import AiopsError
from aiops.pipeline import Outcome, Pipeline
from aiops.respond.message import compose
from aiops.respond.propose import shown
from aiops.respond.run import Abort, Approve
from aiops.types import Incident, Records

STEP_SECONDS = 60.0
HISTORY_DAYS = 14
THINKING_SECONDS = 480.0
"""Of the simulation, until somebody is at a keyboard, has read the page and approves."""
ANSWER_SECONDS = 30.0
SETTLE_SECONDS = 10.0
METRIC = b'[{"type":"metric"'
CONFIG = """\
# Written by `aiops demo`. The shop is simulated; everything else is as `aiops run` would have it.
step: 1m
lateness: 10s
state_dir: state
sources:
  shop: {{type: simulator, seed: {seed}, history: {days}d, start: {start:.0f}, end: {end:.0f}}}
topology: topology.csv
receivers:
  oncall: {{type: file, path: {folder}/pages.ndjson}}
route: {{receiver: oncall, group_wait: 1m}}
runbooks: {{paths: ["{runbooks}"], mode: approve}}
explain: {{keep: 3d}}
web: {{listen: "{listen}"}}
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for.

    Attributes
    ----------
    seconds : wall time the day should take; 0 = as fast as it goes.
    plain : lines instead of the live view.
    yes : approve runbooks without asking.
    folder : for configuration and state; None = a temporary one.
    listen : of the pages; port 0 = any that is free.
    history_days : of metrics before the day.
    stay : serve the pages after the day until somebody presses Enter.
    """

    seconds: float = 45.0
    seed: int = 1
    plain: bool = False
    yes: bool = True
    folder: Path | None = None
    listen: str = "127.0.0.1:0"
    history_days: int = HISTORY_DAYS
    stay: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How it went."""

    score: Score
    folder: Path
    url: str
    incident: str


def run(options: Options, console: Console, report: Callable[[Ended], None]) -> Ended:
    """The whole demo.

    Parameters
    ----------
    report : says how it went, while the pages are still there.

    Raises
    ------
    ConfigError : the folder or the port cannot be used.
    """
    folder = options.folder or Path(tempfile.mkdtemp(prefix="aiops-demo-"))
    config_file = write_config(folder, options)
    clock = SimulatedClock(scenario.MIDNIGHT)
    simulation = Simulation(scenario.shop(options.seed), clock)
    host = Host(load(config_file), config_file, clock, lend={"shop": simulation, "simulator": simulation})
    screen = Screen(console, plain=options.plain)
    day = Day(host, simulation, screen, options)
    try:
        screen.begin("loading kernels")
        # A choice that comes when it is ready would come at another simulated hour each time.
        host.service.bootstrap.close()
        host.start()
        day.read_history()
        day.live()
        screen.end()
        ended = day.ended(folder)
        report(ended)
        if options.stay:
            threading.Thread(target=_until_enter, args=(host.service.stop,), daemon=True).start()
        else:
            host.service.stop()
        host.service.run()  # until told to leave; then it commits and lets its workers end
    finally:
        screen.end()
        host.close()
    return ended


def _until_enter(stop: Callable[[], None]) -> None:
    sys.stdin.readline()
    stop()


def write_config(folder: Path, options: Options) -> Path:
    """Configuration and topology as files, for this run and for the commands after it."""
    folder.mkdir(parents=True, exist_ok=True)
    edges = ["source,target,kind", *(f"{edge.source},{edge.target},{edge.kind}" for edge in scene.topology())]
    (folder / "topology.csv").write_text("\n".join(edges) + "\n", encoding="utf-8")
    start = scenario.MIDNIGHT
    text = CONFIG.format(
        seed=options.seed,
        days=options.history_days,
        start=start,
        end=start + DAY,
        folder=folder,
        runbooks=Path(str(files("aiops.demo") / "runbooks")),
        listen=options.listen,
    )
    file = folder / "aiops.yaml"
    file.write_text(text, encoding="utf-8")
    return file


class Day:
    """One run of the demo."""

    def __init__(self, host: Host, simulation: Simulation, screen: Screen, options: Options) -> None:
        self._host, self._service = host, host.service
        self._shop, self._clock = simulation.shop, simulation.clock
        self._screen, self._options = screen, options
        self._story, self._static = Story(), Static()
        rules = load_rules([str(files("aiops.demo") / "static.yaml")])
        self._limits = Pipeline(settings_of(host.config, rules))
        self._incidents: dict[str, Incident] = {}
        self._last: Outcome | None = None
        self._service.listeners.append(self._heard)
        self._samples = 0
        self._began = time.monotonic()

    def _heard(self, outcome: Outcome) -> None:
        self._last = outcome
        self._samples += sum(outcome.samples.values())

    def read_history(self) -> None:
        """Take in the fortnight; its source hands it over as fast as it is read."""
        board = self._screen.board
        first = scenario.MIDNIGHT - self._options.history_days * DAY
        if self._options.history_days:
            self._screen.phase(f"reading {self._options.history_days} days of history")
        while self._options.history_days and self._service.pipeline.event_time < scenario.MIDNIGHT - 2 * STEP_SECONDS:
            self._turn()
            board.now = max(self._service.pipeline.event_time, first)
            board.done = (board.now - first) / (scenario.MIDNIGHT - first)
            self._refresh()

    def live(self) -> None:
        """The day, a step a turn."""
        board = self._screen.board
        self._screen.phase("one simulated day")
        steps = round(DAY / STEP_SECONDS)
        began = time.monotonic()
        for number in range(1, steps + 1):
            now = self._clock.advance(STEP_SECONDS)
            batches = self._turn()
            self._settle()
            self._approve(now)
            self._compare(batches, now)
            board.now, board.done = now, number / steps
            self._refresh()
            time.sleep(max(0.0, began + self._options.seconds * number / steps - time.monotonic()))

    def _turn(self) -> list[Records]:
        try:
            batches = self._service.inbox.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise AiopsError("the simulated shop does not answer") from None
        self._service.turn(batches)
        self._tell()
        return batches

    def _settle(self) -> None:
        """Wait for runbook steps under way, so that the next minute knows what they did."""
        until = time.monotonic() + SETTLE_SECONDS
        while any(run.intent is not None for run in self._service.responder.runs.values()):
            if time.monotonic() > until:
                return
            time.sleep(0.002)
            self._service.turn([])
            self._tell()

    def _tell(self) -> None:
        if self._last is None:
            return
        outcome, self._last = self._last, None
        board = self._screen.board
        board.surprise.extend(max(map(_peak, closed.scores.values()), default=0.0) for closed in outcome.closed)
        for moved in outcome.moved:
            for former in (old for olds in moved.renamed.values() for old in olds):
                self._incidents.pop(former, None)
            self._incidents.update((incident.id, incident) for incident in moved.incidents)
        self._screen.tell(self._story.tell(outcome, self._service.responder, self._clock()))
        board.pages = len(self._story.pages)

    def _approve(self, now: float) -> None:
        responder = self._service.responder
        for run in list(responder.runs.values()):
            if run.state != "proposed" or now - run.proposed_at < THINKING_SECONDS:
                continue
            yes = self._options.yes or self._screen.ask(run.id)
            answer = Approve("demo", ("approver",)) if yes else Abort("demo")
            self._service.order(partial(responder.act, run.id, answer, now))
            self._service.turn([])
            self._tell()
            self._settle()

    def _compare(self, batches: list[Records], now: float) -> None:
        """Static limits over the same metrics."""
        outcome = self._limits.step([metrics(records) for records in batches], now)
        for closed in outcome.closed:
            self._static.take(closed.fired, now)
        self._screen.board.static_pages = len(self._static.pages)

    def _refresh(self) -> None:
        board = self._screen.board
        board.series = sum(len(one.table) for one in self._service.pipeline.partitions.values())
        board.samples = self._samples
        board.rate = self._samples / max(time.monotonic() - self._began, 1e-3)
        incident = self._newest()
        if incident is not None:
            proposals = shown(self._service.responder.runs.values(), incident.id)
            board.card = compose(incident, proposals=proposals)
        self._screen.refresh()

    def _newest(self) -> Incident | None:
        """The one to show: an open one before those that are over."""
        return max(self._incidents.values(), key=lambda one: (one.status != "resolved", one.started), default=None)

    def ended(self, folder: Path) -> Ended:
        """The score, and where to look further."""
        incidents = sorted(self._incidents.values(), key=lambda one: one.started)
        score = judge(self._shop.faults.planned, incidents, self._story.pages, self._static)
        widest = max(incidents, key=lambda one: (len(one.worlds), len(one.findings)), default=None)
        return Ended(score, folder, self._host.url, widest.id if widest else "")


def _peak(scored: Scored) -> float:
    return float(np.nanmax(scored.surprise, initial=0.0)) if len(scored.surprise) else 0.0


def metrics(records: Records) -> Records:
    """Only the records that hold metrics."""
    view = memoryview(records.buffer)
    pairs = zip(records.start.tolist(), records.stop.tolist(), strict=True)
    bodies = [bytes(view[a:b]) for a, b in pairs if bytes(view[a : a + len(METRIC)]) == METRIC]
    return Records.many(records.partition, bodies, records.position, records.format)
