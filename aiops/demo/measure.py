"""What the shop's exporters would say: every metric series, as columns over time.

`Meter.columns` turns hidden state into values of shape (times, series) with numpy alone, so that a fortnight of
history takes seconds; a live step is the same with one time. Counters go on from where the last call left them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from aiops.demo.scene import ASSISTANT, CONSUMER, DATABASE, GPU, HOSTS, HTTP, LLM, LLM_SERVER, NAMES, QUEUE, SERVICES
from aiops.types import Floats, Kind, Labels

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LES = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")
BACKUP = (2.0, 2.5)
"""Hours of the day in which the database's host works hard, every night."""
NEWSLETTER = (6.5, 6.75)
"""Hours of the day in which orders come faster than they are packed, every morning."""
SPREAD = 0.45
"""Standard deviation of the logarithm of a duration."""


@dataclass(slots=True)
class State:
    """Hidden state of the shop over `t` moments, before it is measured.

    Attributes
    ----------
    time, season : shape (t,).
    rate, seconds, failed : shape (t, services): requests a second, mean latency, share of failures.
    factor : altered quantities, as in `fault.Faults.quantities`.
    """

    time: Floats
    season: Floats
    rate: Floats
    seconds: Floats
    failed: Floats
    factor: dict[tuple[str, str], Floats]
    step_seconds: float
    rng: np.random.Generator

    def of(self, entity: str, quantity: str, usual: float = 1.0) -> Floats:
        """Shape (t,)."""
        return self.factor.get((entity, quantity), np.full(len(self.time), usual))

    def noise(self, share: float) -> Floats:
        """A factor around 1, shape (t,)."""
        return np.exp(self.rng.normal(0.0, share, len(self.time)))


def _between(time: Floats, hours: tuple[float, float]) -> Floats:
    """1 within these hours of the day, else 0; shape (t,)."""
    of_day = time % 86_400.0 / 3_600.0
    return ((of_day >= hours[0]) & (of_day < hours[1])).astype(np.float64)


Values = list[tuple[str, dict[str, str], Kind, Floats]]


@dataclass(slots=True)
class Meter:
    """All series of the shop, in an order that never changes."""

    labels: list[Labels] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    _totals: Floats = field(default_factory=lambda: np.empty(0))

    def columns(self, state: State) -> Floats:
        """Measure; shape (t, series). Counters are cumulative over all calls so far."""
        found: Values = []
        for family in FAMILIES:
            found += family(state)
        if not self.labels:
            self.labels = [Labels.of(name, labels) for name, labels, _, _ in found]
            self.kinds = [kind for _, _, kind, _ in found]
            self._totals = np.zeros(len(found))
        values = np.stack([column for _, _, _, column in found], axis=1)
        counters = np.array([kind == Kind.COUNTER for kind in self.kinds])
        values[:, counters] = self._totals[counters] + np.cumsum(values[:, counters], axis=0)
        self._totals[counters] = values[-1, counters]
        return np.round(values, 6)


def _counted(s: State, mean: Floats) -> Floats:
    """Poisson counts around a mean, shape (t,)."""
    counts: Floats = s.rng.poisson(mean).astype(np.float64)
    return counts


def _services(s: State) -> Values:
    found: Values = []
    for i, name in enumerate(NAMES):
        where = {"service_name": name, "host_name": SERVICES[name].host}
        n = _counted(s, s.rate[:, i] * s.step_seconds)
        busy = n * SERVICES[name].own_seconds * 0.3 * s.noise(0.05)
        memory = 3e8 * (1 + 0.1 * s.season) * s.noise(0.01)
        found += [
            ("process_cpu_seconds_total", where, Kind.COUNTER, busy),
            ("process_resident_memory_bytes", where, Kind.GAUGE, np.round(memory)),
        ]
        if name in HTTP:
            failed = s.rng.binomial(n.astype(np.int64), s.failed[:, i]).astype(np.float64)
            found += [
                ("http_server_requests_total", {**where, "code": "200"}, Kind.COUNTER, n - failed),
                ("http_server_requests_total", {**where, "code": "500"}, Kind.COUNTER, failed),
                *_histogram("http_server_request_duration_seconds", where, s, s.seconds[:, i], n),
            ]
    return found


def _histogram(name: str, labels: dict[str, str], s: State, mean: Floats, n: Floats) -> Values:
    """Increases of a cumulative histogram of lognormal durations."""
    counts = s.rng.multinomial(n.astype(np.int64), _shares(mean)).astype(np.float64)
    below = np.cumsum(counts, axis=1)
    buckets: Values = [(f"{name}_bucket", {**labels, "le": le}, Kind.COUNTER, below[:, j]) for j, le in enumerate(LES)]
    total = n * mean * np.exp(s.rng.normal(0.0, SPREAD / np.sqrt(np.maximum(n, 1.0))))
    rest: Values = [(f"{name}_sum", labels, Kind.COUNTER, total), (f"{name}_count", labels, Kind.COUNTER, below[:, -1])]
    return [*buckets, *rest]


def _shares(mean: Floats) -> Floats:
    """Shares of lognormal durations per bucket, shape (t, buckets)."""
    from scipy.special import ndtr

    middle = np.log(mean)[:, None] - SPREAD**2 / 2
    below = ndtr((np.log(np.asarray(BOUNDS))[None, :] - middle) / SPREAD)
    edges = np.concatenate([np.zeros((len(mean), 1)), below, np.ones((len(mean), 1))], axis=1)
    shares: Floats = np.diff(edges, axis=1)
    return shares


def _hosts(s: State) -> Values:
    found: Values = []
    for host in HOSTS:
        where = {"host_name": host}
        busy = np.clip((0.12 + 0.22 * s.season) * s.noise(0.06), 0.0, 1.0)
        if host == SERVICES[DATABASE].host:
            busy = np.where(_between(s.time, BACKUP), 0.9 * s.noise(0.02), busy)
        core = {**where, "cpu": "0"}
        disk = {**where, "mountpoint": "/data", "fstype": "ext4"}
        written = 4e10 * ((s.time % 86_400.0) / 86_400.0)
        found += [
            ("node_cpu_seconds_total", {**core, "mode": "idle"}, Kind.COUNTER, (1 - busy) * s.step_seconds),
            ("node_cpu_seconds_total", {**core, "mode": "user"}, Kind.COUNTER, busy * s.step_seconds),
            ("node_memory_MemTotal_bytes", where, Kind.GAUGE, np.full(len(s.time), 3.2e10)),
            ("node_memory_MemAvailable_bytes", where, Kind.GAUGE, np.round(1.8e10 * s.noise(0.01))),
            ("node_filesystem_size_bytes", disk, Kind.GAUGE, np.full(len(s.time), 1e12)),
            ("node_filesystem_avail_bytes", disk, Kind.GAUGE, np.round(5e11 - written)),
            ("node_network_receive_bytes_total", where, Kind.COUNTER, np.round(busy * 2e7 * s.step_seconds)),
        ]
    return found


def _database(s: State) -> Values:
    where, i = {"service_name": DATABASE, "host_name": SERVICES[DATABASE].host}, NAMES.index(DATABASE)
    sessions = _counted(s, 22 * s.season * s.of(DATABASE, "sessions"))
    statements = _counted(s, s.rate[:, i] * s.step_seconds)
    undone = _counted(s, s.rate[:, i] * s.step_seconds * 0.004)
    locks = _counted(s, 5 * s.of(DATABASE, "locks"))
    return [
        ("pg_stat_activity_count", {**where, "state": "active"}, Kind.GAUGE, sessions),
        ("pg_stat_activity_count", {**where, "state": "idle"}, Kind.GAUGE, np.full(len(s.time), 30.0)),
        ("pg_settings_max_connections", where, Kind.GAUGE, np.full(len(s.time), 200.0)),
        ("pg_locks_count", {**where, "mode": "exclusivelock"}, Kind.GAUGE, locks),
        ("pg_query_duration_seconds", where, Kind.GAUGE, s.seconds[:, i]),
        ("pg_stat_database_xact_commit", {**where, "datname": "books"}, Kind.COUNTER, statements),
        ("pg_stat_database_xact_rollback", {**where, "datname": "books"}, Kind.COUNTER, undone),
    ]


def _queue(s: State) -> Values:
    where = {"service_name": QUEUE, "host_name": SERVICES[QUEUE].host, "topic": "orders"}
    arrived = _counted(s, s.rate[:, NAMES.index(CONSUMER)] * s.step_seconds)
    lag = _counted(s, 15 + 230 * _between(s.time, NEWSLETTER))
    return [
        ("kafka_topic_partition_current_offset", where, Kind.COUNTER, arrived),
        ("kafka_consumergroup_lag", {**where, "consumergroup": CONSUMER}, Kind.GAUGE, lag),
    ]


def _gpu(s: State) -> Values:
    where = {"host_name": GPU, "gpu": "0"}
    clock = s.of(GPU, "clock")
    temperature = (60 + 5 * s.season) * s.of(GPU, "temperature") + s.rng.normal(0, 0.7, len(s.time))
    use: Floats = np.minimum(100.0, 55 * s.season * s.noise(0.05) + 40 * (1 - clock))
    return [
        ("DCGM_FI_DEV_GPU_TEMP", where, Kind.GAUGE, np.round(temperature)),
        ("DCGM_FI_DEV_SM_CLOCK", where, Kind.GAUGE, np.round(1_980 * clock + s.rng.normal(0, 5, len(s.time)))),
        ("DCGM_FI_DEV_GPU_UTIL", where, Kind.GAUGE, np.round(use)),
        ("DCGM_FI_DEV_THERMAL_VIOLATION", where, Kind.COUNTER, np.round(1e9 * (1 - clock) * s.step_seconds)),
    ]


def _llm_server(s: State) -> Values:
    where, i = {"service_name": LLM_SERVER, "host_name": GPU, "model_name": LLM}, NAMES.index(LLM_SERVER)
    n = _counted(s, s.rate[:, i] * s.step_seconds)
    cut = s.rng.binomial(n.astype(np.int64), np.clip(0.02 + s.of(ASSISTANT, "truncated", 0.0), 0, 1)).astype(np.float64)
    waiting = _counted(s, 0.5 * s.of(LLM_SERVER, "queue"))
    running = _counted(s, 3 * s.season)
    return [
        ("vllm:num_requests_running", where, Kind.GAUGE, running),
        ("vllm:num_requests_waiting", where, Kind.GAUGE, waiting),
        ("vllm:kv_cache_usage_perc", where, Kind.GAUGE, np.minimum(1.0, 0.25 + 0.04 * waiting + 0.02 * running)),
        ("vllm:request_success_total", {**where, "finished_reason": "stop"}, Kind.COUNTER, n - cut),
        ("vllm:request_success_total", {**where, "finished_reason": "length"}, Kind.COUNTER, cut),
        *_histogram("vllm:time_to_first_token_seconds", where, s, 0.25 * s.seconds[:, i], n),
        *_histogram("vllm:e2e_request_latency_seconds", where, s, 3.0 * s.seconds[:, i], n),
    ]


FAMILIES: tuple[Callable[[State], Values], ...] = (_services, _hosts, _database, _queue, _gpu, _llm_server)
