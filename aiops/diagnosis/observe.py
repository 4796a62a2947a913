"""All that a recording shows, and what of it deviates at a moment."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from aiops.correlate.deviation import Deviation, signal_of
from aiops.correlate.onset import known
from aiops.correlate.shift import moved, settled
from aiops.correlate.topology import Topology
from aiops.correlate.track import MOST_SCALES, Track, nats
from aiops.diagnosis import observe_logs, observe_metrics, observe_spans
from aiops.diagnosis.case import Case
from aiops.diagnosis.identity import joined, renamed, workloads
from aiops.types import Floats

OTHER_KIND = 0.5
"""Share that counts of slowness when the page was about errors, and the other way round."""
_UNIT = {"s": " s", "%": " %"}
_WORSE_UP = frozenset({"latency", "self_time", "wire", "structure", "saturation"})


@dataclass(frozen=True, slots=True)
class Sight:
    """Tracks and edges of a recording.

    Attributes
    ----------
    paged : kind of signal that the page was about, `error` or `latency`; else empty.
    """

    tracks: tuple[Track, ...]
    topology: Topology
    paged: str = ""

    def sizes(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """Scales moved, nats and changes of all tracks at candidate onsets, each of shape (tracks, candidates)."""
        z, change = moved(self.tracks, at)
        z[[not one.regular for one in self.tracks]] *= known(self.tracks, at)
        return z, nats(z), change

    def quick(self, sizes: Floats, change: Floats, onset: float) -> list[Deviation]:
        """Deviations at one candidate, without words."""
        return [self._deviation(int(i), float(sizes[i]), float(change[i]), onset) for i in np.flatnonzero(sizes > 0)]

    def settled(self, onset: float) -> list[Deviation]:
        """Deviations at the onset, in words."""
        shift = settled(self.tracks, onset)
        sizes = nats(np.nan_to_num(shift.z))
        where = np.flatnonzero(sizes > 0)
        found = []
        told = (one[where].tolist() for one in (sizes, shift.before, shift.after, shift.z, shift.change))
        for i, size, before, after, z, change in zip(where.tolist(), *told, strict=True):
            track = self.tracks[i]
            unit = _UNIT.get(track.unit, "")
            sentence = f"{track.label}: {before:.4g}{unit} before, {after:.4g}{unit} after "
            one = self._deviation(i, size, change, onset, f"{sentence}({_times(z)} its usual spread)")
            traced = track.traces and change > 0
            found.append(replace(one, traces=_failing(track, onset)) if traced else one)
        return found

    def _deviation(self, i: int, size: float, change: float, onset: float, sentence: str = "") -> Deviation:
        track = self.tracks[i]
        signal = track.signal
        if change < 0 and (signal in _WORSE_UP or (signal == "error" and track.unit in ("%", "share"))):
            signal = "relief"
        other = {"error": "latency", "latency": "error"}.get(self.paged, "")
        kind = "latency" if signal == "self_time" else signal
        if other and kind == other:
            size *= OTHER_KIND
        comparable = track.unit if track.unit in ("s", "%") and track.signal != "wire" else ""
        return Deviation(
            entity=track.entity,
            metric=track.metric,
            signal=signal,
            size=size,
            onset=onset,
            change=change,
            unit=comparable,
            peer=track.peer,
            sentence=sentence,
            name=signal,
        )


def see(case: Case) -> Sight:
    """All tracks of a recording, and who depends on whom."""
    spans, called = observe_spans.observe(case)
    found = [*observe_metrics.tracks(case), *spans, *observe_logs.tracks(case)]
    edges = [*case.edges, *called]
    entities = {one.entity for one in found} | {end for edge in edges for end in (edge.source, edge.target)}
    page = next((signal_of(one.name) for one in case.alerts if one.entity == case.alerted), "")
    only, served = workloads(entities, edges)
    told = tuple(renamed(one, only) for one in found) if only else tuple(found)
    return Sight(told, Topology(joined([*edges, *served], only)), page)


def paged_at(case: Case) -> float:
    """When somebody was paged; NaN when it is not told."""
    return max((one.timestamp for one in case.alerts if one.entity == case.alerted), default=math.nan)


def _failing(track: Track, onset: float) -> frozenset[str]:
    """Traces of the requests since the onset of which it is true."""
    since = int(np.searchsorted(track.time, onset))
    return frozenset(
        trace for trace, value in zip(track.traces[since:], track.value[since:], strict=False) if trace and value > 0
    )


def _times(z: float) -> str:
    return f"{abs(z):.1f} times" if abs(z) < MOST_SCALES else f"over {MOST_SCALES:.0f} times"
