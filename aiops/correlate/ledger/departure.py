"""When a signal left its usual band for good, and which log lines are new: the first deviation of any of them.

An alert fires late, on a symptom; what a deploy did shows first in some metric that nobody alerts on. Page's cumulative
sum tells the moment: the last at which nothing had added up yet.

References
----------
Page (1954), Biometrika 41:100.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from aiops.correlate.deviation import Deviation, signal_of
from aiops.correlate.ledger.fault import Signal, is_bad
from aiops.types import Floats, LogRecord

LEAST_SAMPLES = 8
HEAD_SHARE = 8
"""The first eighth of a signal is taken as its usual band, then all of it before it leaves."""
DRIFT, ALARM, BAND, STAYS = 2.0, 6.0, 1.0, 0.8
STRAIGHT = 0.98
LEAST_LINES, LEAST_QUIET_LINES = 2, 5
FAMILIAR_SHARE = 0.1
VARIABLE = re.compile(r"(?<!\S)[^\s\d=]*[\d=]\S*")
"""A word with a digit or a sign of equality; tried once a word, so that a line of one endless word is no trap."""


def departures(signals: Sequence[Signal], until: float) -> list[Deviation]:
    """Signals that left their band before `until` and stayed out."""
    found = []
    for one in signals:
        left = departed(one.time[one.time <= until], one.value[one.time <= until])
        if left is None:
            continue
        onset, latest, z = left
        direction = "rises" if z > 0 else "falls"
        found.append(
            Deviation(
                entity=one.entity,
                metric=one.metric,
                signal=signal_of(one.metric),
                size=max(0.0, min(4.0, float(np.log1p(abs(z)))) - 1.0),
                onset=onset,
                error=latest - onset,
                sentence=f"{one.metric} {direction} {abs(z):.1f} times its usual spread",
                name=direction,
            )
        )
    return found


def departed(time: Floats, value: Floats) -> tuple[float, float, float] | None:
    """When a series left its band for good, and by how many times its usual spread it is out at the end.

    Parameters
    ----------
    time, value : shape (n,), ascending epoch seconds and the series' own unit.

    Returns
    -------
    onset, the latest it can have been, and the signed distance; None if it is still where it was.
    """
    if len(value) < LEAST_SAMPLES:
        return None
    head = max(LEAST_SAMPLES, len(value) // HEAD_SHARE)
    if _straight(time[:head], value[:head]):
        return None  # it was on its way from the start
    found = _leaves(value, head)
    if found is not None and found > head:
        # What came before is the better band: a short head knows too little of the usual spread.
        found = _leaves(value, found)
    if found is None:
        return None
    z = _distance(value, max(head, found))
    return _begun(time, z, found), float(time[found]), float(np.median(z[max(found, len(z) - 5) :]))


def _begun(time: Floats, z: Floats, found: int) -> float:
    """When it began to leave: a slow slope was on its way before it could be told from the band."""
    top = found + int(np.argmax(np.abs(z[found:])))
    if top - found < LEAST_SAMPLES or not _straight(time[found:top], z[found:top]):
        return float(time[found])
    slope, level = np.polyfit(time[found:top] - time[found], z[found:top], 1)
    return float(max(time[0], min(time[found], time[found] - level / slope)))


def _straight(time: Floats, value: Floats) -> bool:
    return value.std() > 0 and abs(float(np.corrcoef(time, value)[0, 1])) > STRAIGHT


def _distance(value: Floats, head: int) -> Floats:
    usual = value[:head]
    centre = float(np.median(usual))
    spread = 1.48 * float(np.median(np.abs(usual - centre)))
    top = float(np.abs(value).max())
    scale = max(spread, 0.5 * float(usual.std()), 0.05 * abs(centre), 0.005 * top, 1e-12)
    return (value - centre) / scale


def _leaves(value: Floats, head: int) -> int | None:
    z, found = _distance(value, head), []
    for sign in (1.0, -1.0):
        out = sign * z
        walk = np.cumsum(np.clip(out, -ALARM, ALARM) - DRIFT)
        low = np.minimum.accumulate(np.minimum(walk, 0.0))
        for at in np.flatnonzero(walk - low > ALARM).tolist():
            calm = np.flatnonzero(walk[: at + 1] <= low[at])
            start = int(calm[-1]) + 1 if len(calm) else 0
            if np.mean(out[start:] > BAND) > STAYS:
                found.append(start)
                break
    return min(found, default=None)


def template(body: str) -> str:
    """A line without what varies in it."""
    return VARIABLE.sub("#", body)


def new_lines(lines: Sequence[LogRecord], until: float) -> list[list[LogRecord]]:
    """Lines of templates that an entity did not write in the first part of the recording, by template.

    A template that says nothing bad must be written often: a start or a flag that is turned on is told once.
    """
    if not lines:
        return []
    begin, until = min(one.timestamp for one in lines), min(until, max(one.timestamp for one in lines))
    familiar = begin + FAMILIAR_SHARE * (until - begin)
    grouped: dict[tuple[str, str], list[LogRecord]] = defaultdict(list)
    for line in sorted(lines, key=lambda one: (one.timestamp, one.entity, one.body)):
        grouped[line.entity, template(line.body)].append(line)
    since: dict[str, float] = {}
    for (_, form), some in grouped.items():
        since[form] = min(some[0].timestamp, since.get(form, some[0].timestamp))
    found = []
    for (_, form), some in sorted(grouped.items()):
        bad = is_bad(some[0])
        # What somebody else always wrote is no news when it says nothing bad.
        begun = some[0].timestamp if bad else since[form]
        if familiar < begun <= until and len(some) >= (LEAST_LINES if bad else LEAST_QUIET_LINES):
            found.append(some)
    return found


def of_lines(lines: Sequence[LogRecord], until: float) -> list[Deviation]:
    """New log lines as deviations."""
    return [
        Deviation(
            entity=some[0].entity,
            metric="",
            signal="error" if is_bad(some[0]) else "structure",
            size=min(4.0, float(np.log1p(len(some)))) - 1.0,
            onset=some[0].timestamp,
            sentence=f"writes for the first time: {some[0].body[:120]}",
            name="rises",
        )
        for some in new_lines(lines, until)
    ]
