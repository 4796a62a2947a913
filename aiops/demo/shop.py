"""The simulated shop: a fortnight behind it as columns, and a live day as records on a wire.

Same seed, same records, wherever the stream is cut; event time only. A live step knows nothing of the steps to
come, so a runbook's step (`mitigate`) changes what follows, as in life. What the right answers are stands in
`score` and is never asked from here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import msgspec
import numpy as np

from aiops.demo import events
from aiops.demo.fault import Fault, Faults
from aiops.demo.measure import Meter, State
from aiops.demo.scene import CONSUMER, NAMES, SERVICES
from aiops.types import Change, Floats, Kind, Labels

DAY = 86_400.0
VISITS = 30.0
"""Requests a second at the storefront, on average."""
_KINDS = {Kind.COUNTER: "counter", Kind.GAUGE: "gauge"}


@dataclass(frozen=True, slots=True)
class History:
    """What a time-series database would remember of the past.

    Attributes
    ----------
    labels, kinds : the series.
    time : shape (t,), epoch seconds.
    values : shape (t, series).
    """

    labels: list[Labels]
    kinds: list[Kind]
    time: Floats
    values: Floats


class Shop:
    """The generator.

    Parameters
    ----------
    seed : fixes all noise.
    faults : what goes wrong when.
    changes : what is altered when, harmful or not.
    """

    def __init__(self, seed: int = 0, faults: Sequence[Fault] = (), changes: Sequence[Change] = ()) -> None:
        self.seed = seed
        self.faults = Faults(list(faults))
        self._changes = sorted(changes, key=lambda change: change.timestamp)
        self._meter = Meter()
        self._traces = events.Traces(seed)
        self._heads: list[bytes] = []
        self._lock = Lock()
        phases = np.random.default_rng((seed, 1))
        self._waves = [(float(phases.uniform(3_000, 20_000)), float(phases.uniform(0, 6.3))) for _ in range(4)]

    def history(self, days: float, step: float, until: float) -> History:
        """Metrics of the `days` before `until`; call before `steps`, whose counters go on from here."""
        first, last = math.ceil((until - days * DAY) / step), math.ceil(until / step)
        time = np.arange(first, last, dtype=np.float64) * step
        values = self._meter.columns(self._state(time, step, np.random.default_rng((self.seed, 2))))
        return History(self._meter.labels, self._meter.kinds, time, values)

    def past(self, days: float, step: float, until: float) -> Iterator[tuple[float, bytes]]:
        """The same as records on a wire: (event time, one record) per moment."""
        history = self.history(days, step, until)
        for time, values in zip(history.time.tolist(), history.values, strict=True):
            yield time, self._encode(time, values)

    def steps(self, start: float, end: float, step: float) -> Iterator[tuple[float, list[bytes]]]:
        """Yield (event time, records as the agent's own JSON) for every step in [start, end)."""
        for index in range(math.ceil(start / step - 1e-9), math.ceil(end / step - 1e-9)):
            time = np.array([index * step])
            with self._lock:
                state = self._state(time, step, np.random.default_rng((self.seed, 3, index)))
                active = self.faults.active(float(time[0]))
            yield float(time[0]), self._records(state, active)

    def mitigate(self, do: str, target: str, at: float) -> bool:
        """A runbook does something to the shop at event time `at`; True if that ended a failure."""
        with self._lock:
            return self.faults.mend(do, target, at)

    # -- hidden state

    def season(self, time: Floats) -> Floats:
        """Demand as a factor around 1: day, week and slow waves nobody planned."""
        day = 2 * math.pi * (time % DAY) / DAY
        # People do not change their habits at midnight: the weekend comes and goes over half a day.
        of_week = (time / DAY + 3.0) % 7.0
        weekend = 1.0 + 0.15 * np.clip(2.0 * np.minimum(of_week - 4.75, 7.25 - of_week), 0.0, 1.0)
        weekend = np.maximum(weekend, 1.0 + 0.15 * np.clip(2.0 * (0.25 - of_week), 0.0, 1.0))
        waves = sum(0.012 * np.sin(2 * math.pi * time / period + phase) for period, phase in self._waves)
        season: Floats = weekend * (1.0 - 0.45 * np.cos(day - 0.9) + 0.1 * np.sin(2 * day)) * (1.0 + waves)
        return season

    def _state(self, time: Floats, step: float, rng: np.random.Generator) -> State:
        t, n = len(time), len(NAMES)
        factor = self.faults.quantities(time)
        season = self.season(time)
        rate, seconds, failed = np.zeros((t, n)), np.zeros((t, n)), np.full((t, n), 0.002)
        state = State(time, season, rate, seconds, failed, factor, step, rng)
        rate[:, 0] = VISITS * season * state.noise(0.03)
        for i, name in enumerate(NAMES):
            if name == CONSUMER:
                rate[:, i] = rate[:, NAMES.index("ordering")]
            for callee, share in SERVICES[name].calls.items():
                rate[:, NAMES.index(callee)] += rate[:, i] * share
        for i in range(n - 1, -1, -1):  # callees stand after their callers
            service = SERVICES[NAMES[i]]
            load = 1.0 + 0.12 * (season - 1.0)
            seconds[:, i] = service.own_seconds * load * state.noise(0.04) * state.of(NAMES[i], "latency")
            for callee, share in service.calls.items():
                seconds[:, i] += share * seconds[:, NAMES.index(callee)]
                failed[:, i] += min(1.0, share) * failed[:, NAMES.index(callee)]
        return state

    # -- records

    def _records(self, state: State, active: list[Fault]) -> list[bytes]:
        metrics = self._encode(float(state.time[0]), self._meter.columns(state)[0])
        rest = (
            events.logs(state, active),
            self._traces.step(state),
            events.predictions(state),
            events.calls(state),
            self._due(float(state.time[0]), state.step_seconds),
        )
        return [metrics, *(msgspec.json.encode(one) for one in rest if one)]

    def _encode(self, time: float, values: Floats) -> bytes:
        if not self._heads:
            self._heads = [_head(*one) for one in zip(self._meter.labels, self._meter.kinds, strict=True)]
        stamp = b'"timestamp":%d,"value":' % int(time)
        pairs = zip(self._heads, values.tolist(), strict=True)
        return b"[" + b",".join(b"%b%b%b}" % (head, stamp, repr(value).encode()) for head, value in pairs) + b"]"

    def _due(self, time: float, step: float) -> list[Change]:
        return [change for change in self._changes if time <= change.timestamp < time + step]


def _head(labels: Labels, kind: Kind) -> bytes:
    start = {"type": "metric", "name": labels.metric, "labels": labels.as_dict(), "kind": _KINDS[kind]}
    return msgspec.json.encode(start)[:-1] + b","
