"""Log lines as counts: per severity, per template, of templates never seen before, of rare ones, of vanished ones.

A service's first hour is learning: all its templates would be new. After it a template is *new* to the
service once, and a line is *rare* while its template was seen fewer than `RARE` times before this step
(counts halve each day, so what was common last month may be rare again).

A template has *vanished* from a service that goes on logging when it came regularly - in at least `REGULAR` steps -
and has now been away three times as long as ever before, and for `AWAY_SECONDS` at least; it counts once each time.

What is new or has vanished is remembered with the line itself and its time, one of each kind a service, so that a
finding can quote it. Stack traces are folded first (`stack_trace`): one fault is one template, however deep it lay.

Series per template are bounded: past `MOST_SERIES` of them, templates are counted under `other`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from aiops.signals.emitted import Emitted, Key, key
from aiops.signals.log_service import RARE, LogService
from aiops.signals.recent import Recent
from aiops.signals.stack_trace import folded
from aiops.signals.templates import Miner
from aiops.types import LogRecord

LEARNING_SECONDS = 3600.0
MOST_SERIES = 4000
MOST_SERVICES = 2000
FORMAT = 1
_CLASSES = ("", "INFO", "WARN", "ERROR")
_CLASS = {"TRACE": 1, "DEBUG": 1, "INFO": 1, "WARN": 2, "WARNING": 2, "ERROR": 3, "FATAL": 3, "CRITICAL": 3}


NEW, VANISHED = "log_new_templates", "log_vanished_templates"


class LogSignal:
    """Counts of one partition's log lines, and the templates behind them.

    Parameters
    ----------
    step_seconds : length of a step.
    """

    def __init__(self, step_seconds: float = 15.0) -> None:
        self.miner = Miner()
        self._services: dict[str, LogService] = {}
        self._worst: dict[int, int] = {}
        self._lines = Recent()
        self._templates = Recent(MOST_SERIES)
        self._parts: dict[str, bytes] = {}
        self._stale: set[str] = set()

    def close(self, step: float, events: Sequence[LogRecord]) -> Emitted:
        """Count the step's lines; order matters only for what is learnt first."""
        bodies = [folded(event.body) for event in events]
        numbers = self.miner.learn(bodies).tolist()
        altered = self.miner.altered()
        self._follow_joins(altered)
        counted = Counter(
            (event.entity, event.host, _CLASS.get(event.severity, 0), event.severity, number)
            for event, number in zip(events, numbers, strict=True)
        )
        by_line: dict[Key, float] = defaultdict(float)
        by_template: dict[Key, float] = defaultdict(float)
        self._note_severity(counted)
        for (entity, host, _, severity, number), count in counted.items():
            where = {"service_name": entity, "host_name": host}
            by_line[key("log_lines", where | {"severity": severity})] += count
            by_template[self._template_key(where, number)] += count
        first: dict[tuple[str, int], str] = {}
        for event, number, body in zip(events, numbers, bodies, strict=True):
            first.setdefault((event.entity, number), body)
        self._judge(step, counted, by_line, first)
        values = self._lines.fill(step, by_line) | self._templates.fill(step, by_template)
        texts = {self.miner.name(number): self.miner.template(number) for number in altered}
        return Emitted(values=values, texts=texts)

    def _follow_joins(self, altered: Sequence[int]) -> None:
        """What was known of a template that was joined to another is known of the other."""
        into = self.miner.resolve(np.asarray(altered, np.int32)).tolist()
        for number, kept in zip(altered, into, strict=True):
            if number == kept:
                continue
            if self._worst.get(number, 0) > self._worst.get(kept, 0):
                self._worst[kept] = self._worst[number]
            for entity, service in self._services.items():
                if service.join(number, kept):
                    self._stale.add(f"service-{entity}")

    def _note_severity(self, counted: Mapping[tuple[str, str, int, str, int], int]) -> None:
        for _, _, level, _, number in counted:
            if level > self._worst.get(number, 0):
                self._worst[number] = level
                self._stale.add("severity")

    def _template_key(self, where: Mapping[str, str], number: int) -> Key:
        severity = _CLASSES[self._worst.get(number, 0)]
        wanted = key("log_template_lines", {**where, "template": self.miner.name(number), "severity": severity})
        if wanted in self._templates or not self._templates.full:
            return wanted
        return key("log_template_lines", {**where, "template": "other", "severity": severity})

    def _judge(
        self,
        step: float,
        counted: Mapping[tuple[str, str, int, str, int], int],
        counts: dict[Key, float],
        first: Mapping[tuple[str, int], str],
    ) -> None:
        """Add new, rare and vanished templates, judged by what was known before this step; then remember."""
        lines: dict[tuple[str, int], int] = defaultdict(int)
        hosts: dict[tuple[str, int], str] = {}
        for (entity, host, _, _, number), count in counted.items():
            lines[entity, number] += count
            hosts.setdefault((entity, number), host)
        met: dict[str, dict[str, str]] = {}
        for entity, number in sorted(lines):
            service = self._services.get(entity)
            if service is None:
                if len(self._services) >= MOST_SERVICES:
                    continue
                service = self._services[entity] = LogService(step)
            where = met[entity] = {"service_name": entity, "host_name": hosts[entity, number]}
            # A variant of something known - one more word in a place - is no news.
            news = number not in service.seen and self.miner.relative(number) not in service.seen
            known = service.meet(number, lines[entity, number], step)
            if step - service.since >= LEARNING_SECONDS:
                level = self._worst.get(number, 0)
                counts[key(NEW, where | {"severity": _CLASSES[level]})] += news
                counts[key("log_rare_lines", where)] += lines[entity, number] if known < RARE else 0
                if news:
                    service.quote(NEW, step, level, first[entity, number])
            self._stale.add(f"service-{entity}")
        self._judge_silence(step, met, counts)

    def _judge_silence(self, step: float, met: Mapping[str, dict[str, str]], counts: dict[Key, float]) -> None:
        """Of services that go on logging, what they no longer log."""
        for entity, where in met.items():
            service = self._services[entity]
            for number in service.vanished(step):
                level = self._worst.get(number, 0)
                counts[key(VANISHED, where | {"severity": _CLASSES[level]})] += 1
                service.quote(VANISHED, step, level, self.miner.template(number))

    def example(self, signal: str, entity: str) -> str:
        """The line behind the latest news of a kind, with its time; empty when the signal tells of none."""
        kind = next((one for one in (NEW, VANISHED) if one in signal), "")
        service = self._services.get(entity)
        return service.quoted(kind) if service is not None else ""

    def text(self, template_id: str) -> str:
        """Text of a template, empty when it is not known."""
        number = self.miner.number(template_id)
        return "" if number is None else self.miner.template(number)

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts, one a service; what did not change is the same object as last time."""
        for part in sorted(self._stale):
            if part == "severity":
                self._parts[part] = msgspec.msgpack.encode((FORMAT, sorted(self._worst.items())))
            else:
                service = self._services[part.removeprefix("service-")]
                self._parts[part] = msgspec.msgpack.encode(service)
        self._stale.clear()
        miner = {f"miner/{name}": body for name, body in self.miner.snapshot().items()}
        recent = {"lines": self._lines.snapshot(), "templates": self._templates.snapshot()}
        return self._parts | miner | recent

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken.

        Raises
        ------
        ValueError : when a part is of another format.
        """
        self.__init__()  # type: ignore[misc]
        self.miner.restore({name[6:]: body for name, body in parts.items() if name.startswith("miner/")})
        self._lines.restore(parts["lines"])
        self._templates.restore(parts["templates"])
        self._parts = {name: body for name, body in parts.items() if name == "severity" or name.startswith("service-")}
        if "severity" in parts:
            version, worst = msgspec.msgpack.decode(parts["severity"], type=tuple[int, list[tuple[int, int]]])
            if version != FORMAT:
                raise ValueError(f"log counts of format {version}; this version reads {FORMAT}")
            self._worst = dict(worst)
        for name in sorted(self._parts):
            if name.startswith("service-"):
                self._services[name[8:]] = msgspec.msgpack.decode(parts[name], type=LogService)
