"""What is known of a fault when its changes are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiops.correlate.deviation import Deviation
from aiops.correlate.topology import Topology
from aiops.types import Alert, Floats, LogRecord, Span

BENIGN = ("", "TRACE", "DEBUG", "INFO")
CALM = ("info", "none", "ok", "debug", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class Signal:
    """A series of one entity: `time` ascending in epoch seconds, `value` in its own unit, both of shape (n,)."""

    entity: str
    metric: str
    time: Floats
    value: Floats


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as telemetry shows it.

    Attributes
    ----------
    noticed : event time by which it was plain; signals are judged up to here.
    departures : what deviates, each with the onset of its own; info findings and new log lines are among them.
    lines : log lines before and during the fault.
    quoted : lines that are new, where only those are known: live, findings quote one of each kind.
    topology : who depends on whom.
    alerted : entity that paged, empty if not known.
    root : the entity that is the likeliest cause, empty if not known.
    """

    noticed: float
    departures: Sequence[Deviation]
    topology: Topology
    alerted: str = ""
    root: str = ""
    lines: Sequence[LogRecord] = ()
    spans: Sequence[Span] = ()
    alerts: Sequence[Alert] = ()
    signals: Sequence[Signal] = field(default_factory=tuple)
    quoted: Sequence[str] = ()

    @property
    def first(self) -> float:
        """When anything deviated first."""
        return min((one.onset for one in self.departures), default=self.noticed)

    @property
    def own(self) -> list[Deviation]:
        """Deviations of the entity that paged; without one, failures, or else all."""
        mine = [one for one in self.departures if one.entity == self.alerted]
        return mine or [one for one in self.departures if one.signal == "error"] or list(self.departures)

    @property
    def failed(self) -> float:
        """When it began where it hurts."""
        return min((one.onset for one in self.own), default=self.noticed)

    @property
    def latest(self) -> float:
        """The same, as late as it can have been: nothing after this can be to blame."""
        return min((one.onset + one.error for one in self.own), default=self.noticed)

    @property
    def entities(self) -> frozenset[str]:
        """Entities that deviate, and the one that paged."""
        return frozenset({one.entity for one in self.departures} | ({self.alerted} if self.alerted else set()))


def is_bad(line: LogRecord) -> bool:
    """Whether a line says that something is wrong."""
    return line.severity.upper() not in BENIGN


def is_alarming(alert: Alert) -> bool:
    """Whether an alert tells of something wrong that appeared; unknown severities count as such."""
    return alert.severity.lower() not in CALM and alert.direction != "down"
