"""What the demo was worth: what failed against what was found, and what static limits would have said.

The only module that knows the right answers. It reads incidents as they were at the end; nothing of the
pipeline reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiops.demo.fault import RECOVERY_SECONDS, Fault
from aiops.types import Finding, Incident

AFTERMATH_SECONDS = 900.0
"""What begins so shortly after a failure still belongs to it."""
GROUP_SECONDS = 300.0
"""Static alerts of one name within it are one page, as Alertmanager's group_interval has it."""
GROUP_WAIT_SECONDS = 60.0
"""Before a group's first page leaves: ours in the demo, and so theirs."""
WORDS = {"database_slow": "database slows", "model_drift": "feature drifts", "gpu_throttle": "GPU throttles"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one failure.

    Attributes
    ----------
    delay_seconds : from its start to the page about it; None = nobody was told.
    named : entity of the first cause.
    mended : a runbook ended it.
    static_delay_seconds : the same for static limits.
    """

    fault: str
    root: str
    delay_seconds: float | None
    named: str
    mended: bool
    static_delay_seconds: float | None

    @property
    def right(self) -> bool:
        return self.named == self.root


@dataclass(frozen=True, slots=True)
class Score:
    """All verdicts, and pages sent."""

    verdicts: tuple[Verdict, ...]
    pages: int
    false_pages: tuple[str, ...]
    static_pages: int
    static_false_pages: tuple[str, ...]

    @property
    def perfect(self) -> bool:
        """Everything found, every cause right, nobody woken for nothing."""
        found = all(verdict.delay_seconds is not None and verdict.right for verdict in self.verdicts)
        return found and not self.false_pages


@dataclass(slots=True)
class Static:
    """Pages that static limits would have sent: (time, alert name), findings of one name grouped."""

    pages: list[tuple[float, str]] = field(default_factory=list)
    _last: dict[str, float] = field(default_factory=dict)

    def take(self, fired: Iterable[Finding], now: float) -> None:
        """Count what began to fire, as it was known at `now`; the page leaves after the usual wait for its group."""
        for finding in fired:
            if now - self._last.get(finding.alert, float("-inf")) > GROUP_SECONDS:
                self.pages.append((now + GROUP_WAIT_SECONDS, finding.alert))
            self._last[finding.alert] = now


def judge(faults: Sequence[Fault], incidents: Sequence[Incident], pages: Mapping[str, float], static: Static) -> Score:
    """Compare what was told with what happened.

    Parameters
    ----------
    pages : incident -> when somebody was first told of it.
    """
    told = [(pages[one.id], one) for one in incidents if one.id in pages]
    verdicts = tuple(_verdict(fault, told, static) for fault in faults)
    false = tuple(one.title for at, one in told if not any(_during(fault, at) for fault in faults))
    static_false = tuple(name for at, name in static.pages if not any(_during(fault, at) for fault in faults))
    return Score(verdicts, len(told), false, len(static.pages), static_false)


def _during(fault: Fault, at: float) -> bool:
    return fault.start <= at <= fault.end + RECOVERY_SECONDS + AFTERMATH_SECONDS


def _verdict(fault: Fault, told: Sequence[tuple[float, Incident]], static: Static) -> Verdict:
    at, found = min(((at, one) for at, one in told if _during(fault, at)), key=lambda one: one[0], default=(None, None))
    first = min((at for at, _ in static.pages if _during(fault, at)), default=None)
    return Verdict(
        fault=WORDS.get(fault.name, fault.name),
        root=fault.kind.root,
        delay_seconds=at - fault.start if at is not None else None,
        named=found.causes[0].entity if found and found.causes else "",
        mended=fault.mended,
        static_delay_seconds=first - fault.start if first is not None else None,
    )
