"""What is odd about one entity in one respect: the one currency of the ranking, live and offline.

Live it is made of a finding of a detector, offline of a series, of spans, logs or alerts. `size` is in nats above
what happens by itself, so that deviations of different kinds can be added.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from aiops.types import Finding

SIGNALS = (
    "error", "latency", "self_time", "wire", "structure", "silence", "alert", "saturation", "other", "odd", "load",
    "relief",
)  # fmt: skip
WEIGHTS = {"saturation": 0.6, "other": 0.6, "odd": 0.4, "load": 0.15, "relief": 0.15}
"""A busy host is common, a failing one is not; what watches all there is finds something odd by chance; traffic says
least, and so does what became better. The rest is 1."""
_WORDS = (
    ("error", r"err|fail|avail|success|exception|5xx|abort|reject|timeout|drop|lost|restart|crash"),
    ("latency", r"lat|duration|seconds|_ms\b|millis|response_?time|elapsed|p50|p90|p95|p99"),
    ("saturation", r"cpu|mem|rss|heap|temp|clock|util|disk|file|network|bytes|gpu|cache|connection|pool|queue|lag|sys"),
    ("load", r"request|workload|ops|rows|calls|lines|tokens|count|offset|throughput|qps|rps|traffic|load|lod"),
)
REQUESTS = "requests_per_second"
"""Unit of findings that tell how much somebody is asked for."""
TIMES = "times"
ODD = 2
"""Plainness of a finding that says no more than that something is odd."""
_LAG = re.compile(r"(?<![a-z])lag(?![a-z])")


@dataclass(frozen=True, slots=True)
class Deviation:
    """One odd thing about an entity.

    Attributes
    ----------
    signal : one of `SIGNALS`.
    size : nats, 0 (nothing) to about 4.
    onset, error : epoch seconds at which it began, and by how much that may be wrong.
    change, unit : how far it moved: seconds (`s`), percent points of failure (`%`), or the logarithm of how many times
        as much is asked for (`TIMES`); empty = not comparable.
    peer : the other end, when it is about calls between two; of `wire`, the callee.
    name : what kind of thing it is, as a person is told.
    plain : how little it tells a person; 0 = it says what is wrong.
    traces : of the requests that failed, where they are known one by one.
    """

    entity: str
    metric: str
    signal: str
    size: float
    onset: float
    error: float = 0.0
    change: float = 0.0
    unit: str = ""
    peer: str = ""
    sentence: str = ""
    host: str = ""
    name: str = ""
    plain: int = 0
    traces: frozenset[str] = frozenset()

    @property
    def weight(self) -> float:
        """Its size, weighed by what kind of thing it is."""
        return self.size * WEIGHTS.get(self.signal, 1.0)


def signal_of(metric: str) -> str:
    """Kind of signal that a metric's name tells of.

    >>> signal_of("http_server_duration_p99_ms"), signal_of("node_cpu_seconds"), signal_of("requests"), signal_of("x")
    ('latency', 'latency', 'load', 'other')
    """
    lower = metric.lower()
    return next((signal for signal, words in _WORDS if re.search(words, lower)), "other")


def from_findings(findings: Sequence[Finding]) -> list[Deviation]:
    """Deviations of findings that name an entity; those that page nobody are evidence as well.

    A finding about failing calls is one of the callee as well: whoever is down, or was never heard of, is known by
    its callers alone.
    """
    consumers = _consumers(findings)
    own = [_from_finding(_of_consumer(one, consumers)) for one in findings if one.entity]
    heard = {one.entity for one in own}
    return [*own, *(_of_callee(one, heard) for one in findings if one.entity and _fails(one))]


def _consumers(findings: Sequence[Finding]) -> dict[str, str]:
    """Who should empty each queue that is said to grow; a queue that several empty tells of none of them."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    for one in findings:
        if (group := one.labels.get("consumergroup", "")) and _lags(one):
            told[one.entity].add(group)
    return {queue: groups.pop() for queue, groups in told.items() if len(groups) == 1}


def _of_consumer(finding: Finding, consumers: Mapping[str, str]) -> Finding:
    """A queue that grows tells of who should empty it, where that is said, however it is said that it grows."""
    group = finding.labels.get("consumergroup", "") or consumers.get(finding.entity, "")
    return replace(finding, entity=group, host="") if group and _lags(finding) else finding


def _lags(finding: Finding) -> bool:
    return bool(_LAG.search(f"{finding.labels.get('metric', '')} {finding.signal} {finding.summary}".lower()))


def _fails(finding: Finding) -> bool:
    """Whether a finding says that calls to somebody else go wrong; what passes on the wire lies between the two."""
    peer = finding.labels.get("peer", "")
    return peer not in ("", finding.entity) and "error" in finding.signal


def _of_callee(finding: Finding, heard: Collection[str]) -> Deviation:
    callee = finding.labels["peer"]
    silent = "" if callee in heard else f"; {callee} itself tells nothing: it sends no telemetry, or is not ours"
    told = _from_finding(finding)
    return replace(told, entity=callee, signal="error", host="", sentence=f"{told.sentence}{silent}")


def plainness(finding: Finding) -> int:
    """How little a finding tells a person: a page says what is wrong, what watches any series only that it is odd."""
    if finding.severity == "page":
        return 0
    return ODD if finding.labels.get("metric") or finding.signal.startswith("{") else 1


def _from_finding(finding: Finding) -> Deviation:
    value, expected = finding.value, finding.expected
    if value is None or expected is None:
        size = math.log1p(finding.surprise)
    else:
        scale = max(abs(expected), 0.05 * abs(value), 1e-9)
        size = math.log1p(5.0 * abs(value - expected) / scale)
    change, unit = _moved(finding)
    return Deviation(
        entity=finding.entity,
        metric=finding.labels.get("metric", ""),
        signal=_signal(finding),
        # A size without surprise is noise, a surprise without size is trivia.
        size=min(4.0, size, finding.surprise / 3.0),
        onset=finding.started,
        change=change,
        unit=unit,
        sentence=f"{finding.summary} (surprise {finding.surprise:.1f})",
        host=finding.host,
        name=finding.alert,
        plain=plainness(finding),
    )


def _moved(finding: Finding) -> tuple[float, str]:
    """How far a finding says that something moved, and in what; nothing, where that cannot be compared."""
    value, expected = finding.value, finding.expected
    if value is None or expected is None:
        return 0.0, ""
    if finding.unit == "seconds":
        return value - expected, "s"
    if finding.unit == REQUESTS and value > expected > 0:
        return math.log(value / expected), TIMES
    return 0.0, ""


def _signal(finding: Finding) -> str:
    if finding.severity == "page":
        return "latency" if finding.unit == "seconds" else "error"
    metric = finding.labels.get("metric", "")
    if plainness(finding) == ODD and not metric:
        return "odd"
    return "load" if _moved(finding)[1] == TIMES else signal_of(f"{metric} {finding.signal}")
