"""What the agent says about itself: the `aiops_` metrics, and one structured log line per change of state.

Every metric exists from the start, with 0 for each configured source and receiver; values are finite or absent.
Per-sample facts are counters here, never log lines. Secrets are masked before a line leaves.
"""

from __future__ import annotations

import logging
import math
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECRET = re.compile(r"xox[a-z]-[\w-]+|(?i:bearer\s+)[\w.~+/-]+=*|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
OUTCOMES = ("sent", "failed", "superseded")


class Telemetry:
    """The metrics of one daemon, in a registry of their own.

    Parameters
    ----------
    sources, receivers : configured names, which start at 0.
    """

    def __init__(self, sources: Iterable[str], receivers: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self.registry}
        self.samples = Counter("aiops_samples", "Samples and events accepted.", ["source"], **made)
        self.dropped = Counter("aiops_dropped", "Samples, events and records refused.", ["source", "reason"], **made)
        self.lag = Gauge("aiops_lag_seconds", "Now minus event time of the last closed step.", ["source"], **made)
        self.behind = Gauge("aiops_behind_records", "Records known to wait at the source.", ["source"], **made)
        self.series = Gauge("aiops_series", "Series that are watched.", **made)
        left_out = "Entities, and series of entities, that are beyond what can be watched as one."
        self.left_out = Gauge("aiops_joint_left_out", left_out, ["what"], **made)
        self.findings = Counter("aiops_findings", "Findings that fired.", ["rule"], **made)
        self.incidents = Gauge("aiops_incidents", "Incidents by status.", ["status"], **made)
        self.pages = Counter("aiops_pages", "Notifications by outcome.", ["receiver", "outcome"], **made)
        self.budget = Gauge("aiops_false_page_budget", "False pages a week that the user allows.", **made)
        self.estimate = Gauge("aiops_false_pages_estimate", "False pages a week, as judged and as expected.", **made)
        lower, upper = "Lower bound (5 %) of false pages a week.", "Upper bound (95 %) of false pages a week."
        self.estimate_lower = Gauge("aiops_false_pages_estimate_lower", lower, **made)
        self.estimate_upper = Gauge("aiops_false_pages_estimate_upper", upper, **made)
        self.step = Histogram("aiops_step_seconds", "Time to take in one batch of records.", **made)
        self.commit = Histogram("aiops_commit_seconds", "Time of one durable commit.", **made)
        self.steps = Counter("aiops_runbook_steps", "Runbook steps by outcome.", ["outcome"], **made)
        self.up = Gauge("aiops_source_up", "Whether the last poll was answered.", ["source"], **made)
        self.build = Gauge("aiops_build_info", "Version of the agent.", ["version"], **made)
        self._start(sources, receivers)

    def _start(self, sources: Iterable[str], receivers: Iterable[str]) -> None:
        from aiops import __version__

        self.build.labels(__version__).set(1)
        for source in sources:
            self.samples.labels(source)
            self.dropped.labels(source, "late")
            self.behind.labels(source).set(0)
            self.up.labels(source).set(0)
        for receiver in receivers:
            for outcome in OUTCOMES:
                self.pages.labels(receiver, outcome)
        for status in ("firing", "acknowledged", "resolved"):
            self.incidents.labels(status).set(0)
        for outcome in ("ok", "failed", "unknown"):
            self.steps.labels(outcome)

    def start_rules(self, rules: Iterable[str]) -> None:
        """Let the count of every rule's findings exist from the start."""
        for rule in rules:
            self.findings.labels(rule)

    def set_lag(self, source: str, seconds: float) -> None:
        """Absent until the source has closed a step: infinity would be no answer."""
        if math.isfinite(seconds):
            self.lag.labels(source).set(max(0.0, seconds))

    def page(self) -> str:
        """The text of `/metrics`."""
        return generate_latest(self.registry).decode()


def configure_logging(*, json_lines: bool, level: str = "INFO") -> None:
    """Send structured events to stderr: JSON lines for machines, plain text for a terminal."""
    render: Any = structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    # The libraries' own chatter: only what needs a person.
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(levelname)s %(name)s %(message)s", force=True)


def redact(text: str) -> str:
    """Mask tokens and passwords.

    >>> redact("posting with xoxb-1-abc to http://me:pw@host/")
    'posting with *** to http://***@host/'
    """
    return _SECRET.sub("***", text)


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}
