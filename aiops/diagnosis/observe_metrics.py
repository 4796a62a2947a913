"""Tracks of metrics: what each series is about, in which unit, and whose it is.

Ratios of success become percent points of failure, counters become rates, latencies seconds. Where both ends of a call
report its latency, their difference is time on the wire.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import cast

import msgspec
import numpy as np

from aiops.correlate.deviation import signal_of
from aiops.correlate.track import Track
from aiops.diagnosis.case import Case
from aiops.diagnosis.identity import told_once
from aiops.diagnosis.series import Series
from aiops.types import Floats

_COUNTER = re.compile(r"_total\b|_count\b|_sum\b")
_QUANTILE = re.compile(r"\bp\d\d|quantile|percentile")
_UNITS = ((r"micros|_us\b|\bus\b", 1e-6), (r"millis|_ms\b|\bms\b|\(ms\)|_ms_", 1e-3), (r"nanos|_ns\b", 1e-9))


def tracks(case: Case) -> list[Track]:
    """All series that can be judged; latencies are left out where requests are traced, as traces tell them apart."""
    series = case.metrics
    quantile = [bool(detail and _QUANTILE.search(detail)) for detail in series.detail]
    averaged = {_about(series, i) for i in range(len(series)) if not quantile[i]} if any(quantile) else set()
    start, most = series.start.tolist(), _most(series)
    made = [
        _track(series, i, slice(start[i], start[i + 1]), most[i])
        for i in range(len(series))
        if not (quantile[i] and _about(series, i) in averaged)
    ]
    calls = {(edge.source, edge.target) for edge in case.edges}
    found = told_once(made, calls)
    wires = _wires(found, calls)
    if case.spans:
        return [one for one in found if one.signal != "latency"]
    return [*(one for one in found if not _outgoing(one, calls)), *wires]


def _about(series: Series, i: int) -> tuple[str, str, str]:
    return series.entity[i], series.metric[i], series.peer[i]


def _most(series: Series) -> list[float]:
    """The largest value of each series, of all in one go; -inf where there is none."""
    found = np.full(len(series), -math.inf)
    some = series.start[1:] > series.start[:-1]
    if some.any():
        found[some] = np.maximum.reduceat(series.value, series.start[:-1][some])
    return cast(list[float], found.tolist())


def _track(series: Series, i: int, held: slice, most: float) -> Track:
    metric, detail = series.metric[i], series.detail[i]
    time, value = series.time[held], series.value[held]
    (signal, counter, seconds), unit = _nature(metric), ""
    if counter and len(value) > 2 and bool(np.all(np.diff(value) >= 0)):
        time, value = time[1:], np.diff(value) / np.maximum(np.diff(time), 1e-9)
    elif signal == "error":
        whole = _whole(value, most)
        if whole:
            value, unit = (whole - value) * (100.0 / whole), "%"
    if signal == "latency" and seconds != 1.0:
        value = value * seconds
    unit = "s" if signal == "latency" else unit
    label = f"{metric} ({detail})" if detail else metric
    return Track(series.entity[i], metric, signal, time, value, unit, series.peer[i], label=label)


@lru_cache(maxsize=4096)
def _nature(metric: str) -> tuple[str, bool, float]:
    """Kind of signal, whether it may be a counter, and how many seconds its unit is, all by its name."""
    return signal_of(metric), bool(_COUNTER.search(metric)), _seconds(metric)


def _whole(value: Floats, most: float) -> float:
    """100 or 1 when the values are a share of success; 0 when they are none."""
    whole = 1.0 if most <= 1.0 else 100.0
    if not 0.9 * whole < most <= whole or value.min() < 0:
        return 0.0
    # Where fewer than half lie above, the median does not: it is slow to find, and most errors are no share.
    if 2 * np.count_nonzero(value > 0.9 * whole) < len(value):
        return 0.0
    return whole if float(np.median(value)) > 0.9 * whole else 0.0


def _seconds(metric: str) -> float:
    return next((scale for words, scale in _UNITS if re.search(words, metric.lower())), 1.0)


def _outgoing(track: Track, calls: Collection[tuple[str, str]]) -> bool:
    """Whether it is a caller's view of a call: what its callee and the wire add up to."""
    return bool(track.peer) and track.signal in ("latency", "other") and (track.entity, track.peer) in calls


def _wires(found: Sequence[Track], calls: Collection[tuple[str, str]]) -> list[Track]:
    """Caller's latency of a call less the callee's, where both are told."""
    ends = {(one.entity, one.peer): one for one in found if one.peer and one.signal in ("latency", "other")}
    made = []
    for caller, callee in sorted(ends):
        answer = ends.get((callee, caller))
        if answer is None or (caller, callee) not in calls or (callee, caller) in calls:
            continue
        outer = ends[caller, callee]
        time, here, there = np.intersect1d(outer.time, answer.time, return_indices=True)
        wire = np.maximum(outer.value[here] - answer.value[there], 0.0)
        label = f"time on the wire from {caller} to {callee}"
        made.append(
            msgspec.structs.replace(outer, metric="wire", signal="wire", time=time, value=wire, unit="s", label=label)
        )
    return made
