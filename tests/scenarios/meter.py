"""What exporters measure of a state: of any company, and of the carrier. Most series do not care what goes wrong."""

from __future__ import annotations

import numpy as np

from tests.scenarios.cast import CONSUMERS, DATABASE, GPU, HTTP, JOB, RESOLVER, TOPIC
from tests.scenarios.company import STEP, State, below
from tests.scenarios.told import origin
from tests.scenarios.wire import Metrics, Origin

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def measure(state: State, metrics: Metrics) -> None:
    """Refill `metrics` with one step of everything that is heard of at the carrier."""
    for name in [one for one in state.cast.speakers if not state.silent(one)]:
        process(state, metrics, name)
        if name in HTTP:
            http(state, metrics, name)
        if DATABASE in state.cast.services[name].calls:
            _pool(state, metrics, name)
    for one in state.cast.hosts:
        host(state, metrics, one)
    _database(state, metrics, origin(state, DATABASE))
    _topic(state, metrics, origin(state, TOPIC))
    _resolver(state, metrics, origin(state, RESOLVER))
    _job(state, metrics, origin(state, JOB))
    graphics_card(state, metrics, GPU)


def counted(state: State, mean: float) -> float:
    """How often something happened that happens `mean` times."""
    return float(state.rng.poisson(max(mean, 0.0)))


def process(state: State, metrics: Metrics, name: str) -> None:
    """What a program takes of its host."""
    where = origin(state, name)
    busy = state.rate[name] * STEP * state.cast.services[name].own_seconds * 0.4 * state.of(name, "cpu")
    metrics.counter(where, "process.cpu.time", "s", busy * state.noise(0.05))
    metrics.gauge(where, "process.memory.usage", "By", round(3e8 * (1 + 0.1 * state.season) * state.noise(0.01)))
    metrics.gauge(where, "process.open_file_descriptor.count", "{count}", 90 + counted(state, 12))
    metrics.gauge(where, "process.thread.count", "{thread}", 24.0)


def http(state: State, metrics: Metrics, name: str) -> None:
    """Requests of a service by duration and outcome."""
    name_of, method = "http.server.request.duration", "POST"
    n = int(counted(state, state.rate[name] * STEP))
    failed = int(state.rng.binomial(n, min(1.0, state.failed[name])))
    spread = shares(state.seconds[name])
    for count, code in ((n - failed, "200"), (failed, "500")):
        drawn = state.rng.multinomial(count, spread)
        told = {"http.request.method": method, "http.response.status_code": code}
        metrics.histogram(origin(state, name), name_of, (drawn.tolist(), count * state.seconds[name]), BOUNDS, **told)


def shares(mean: float, bounds: tuple[float, ...] = BOUNDS) -> np.ndarray:
    """Of durations around `mean`, by bucket."""
    edges = np.array([0.0, *(below(bound, mean) for bound in bounds), 1.0])
    return np.diff(edges)


def _pool(state: State, metrics: Metrics, name: str) -> None:
    """Connections in use: calls under way, as Little's law has it."""
    under_way = state.rate[name] * state.cast.services[name].calls[DATABASE].share * state.seconds[DATABASE]
    used = min(40.0, 2.0 + under_way * 4.0)
    told = {"db.client.connection.pool.name": "main"}
    where = origin(state, name)
    metrics.gauge(where, "db.client.connection.count", "{connection}", round(used * state.noise(0.08), 1), **told)
    waiting = max(0.0, 2.0 + under_way * 4.0 - 40.0)
    metrics.gauge(where, "db.client.connection.pending_requests", "{request}", round(waiting), **told)


def host(state: State, metrics: Metrics, name: str) -> None:
    """What the exporter of a machine tells."""
    origin, busy = Origin("", name), state.busy[name]
    metrics.gauge(origin, "system.cpu.utilization", "1", busy, state="user")
    metrics.gauge(origin, "system.cpu.load_average.1m", "{thread}", 16 * busy * state.noise(0.08))
    metrics.gauge(origin, "system.memory.usage", "By", round(1.3e10 * state.noise(0.01)), state="used")
    metrics.gauge(origin, "system.filesystem.usage", "By", round(2e11 + 1e5 * (state.time % 86_400)), state="used")
    metrics.counter(origin, "system.network.io", "By", round(busy * 2e7 * STEP * state.noise(0.1)), direction="receive")
    metrics.gauge(origin, "node_timex_offset_seconds", "", state.of(name, "skew", 0.0) + 1e-4 * state.noise(0.3))


def _database(state: State, metrics: Metrics, origin: Origin) -> None:
    name = origin.service
    under_way = state.rate[name] * state.seconds[name] * 6.0
    active = counted(state, (4 + under_way) * state.of(name, "sessions"))
    metrics.gauge(origin, "pg_stat_activity_count", "", active, state="active")
    metrics.gauge(origin, "pg_stat_activity_count", "", 30.0, state="idle")
    metrics.gauge(origin, "pg_locks_count", "", counted(state, 4 * state.of(name, "locks")), mode="exclusivelock")
    metrics.gauge(origin, "pg_query_duration_seconds", "", state.seconds[name])
    statements = counted(state, state.rate[name] * STEP)
    metrics.counter(origin, "pg_stat_database_xact_commit", "", statements, datname="parcels")
    undone = counted(state, state.rate[name] * STEP * state.failed[name])
    metrics.counter(origin, "pg_stat_database_xact_rollback", "", undone, datname="parcels")
    metrics.gauge(origin, "pg_stat_database_blks_hit_ratio", "", 0.99 - 0.002 * state.noise(0.5))


def _topic(state: State, metrics: Metrics, origin: Origin) -> None:
    arrived = counted(state, state.rate["booking"] * STEP)
    metrics.counter(origin, "kafka_topic_partition_current_offset", "", arrived, topic=origin.service)
    for consumer in CONSUMERS:
        told = {"topic": origin.service, "consumergroup": consumer}
        metrics.gauge(origin, "kafka_consumergroup_lag", "", round(state.lag[consumer]), **told)


def _resolver(state: State, metrics: Metrics, origin: Origin) -> None:
    asked = counted(state, 60 * state.season * STEP)
    failed = float(state.rng.binomial(int(asked), min(1.0, 0.001 + 0.8 * state.of(RESOLVER, "unresolved", 0.0))))
    for count, code in ((asked - failed, "NOERROR"), (failed, "SERVFAIL")):
        metrics.counter(origin, "coredns_dns_responses_total", "", count, server="dns://:53", rcode=code)
    slow = 0.004 + 0.9 * state.of(RESOLVER, "unresolved", 0.0)
    drawn = state.rng.multinomial(int(asked), shares(slow))
    name = "coredns_dns_request_duration_seconds"
    metrics.histogram(origin, name, (drawn.tolist(), asked * slow), BOUNDS, server="dns://:53")
    metrics.counter(origin, "coredns_cache_hits_total", "", counted(state, 0.7 * asked), server="dns://:53")
    metrics.counter(origin, "process.cpu.time", "s", 0.05 * STEP * state.noise(0.05))
    metrics.gauge(origin, "process.memory.usage", "By", round(6e7 * state.noise(0.01)))


def _job(state: State, metrics: Metrics, origin: Origin) -> None:
    metrics.counter(origin, "process.cpu.time", "s", 0.1 * STEP * state.of(JOB, "cpu") * state.noise(0.1))
    metrics.gauge(origin, "process.memory.usage", "By", round(2e8 * state.of(JOB, "memory") * state.noise(0.02)))


def graphics_card(state: State, metrics: Metrics, name: str) -> None:
    """What NVIDIA's exporter tells of the card of a host."""
    origin, clock = Origin("", name), state.of(name, "clock")
    warm = (58 + 5 * state.season) * state.of(name, "temperature") + state.rng.normal(0, 0.7)
    metrics.gauge(origin, "DCGM_FI_DEV_GPU_TEMP", "", round(warm), gpu="0")
    metrics.gauge(origin, "DCGM_FI_DEV_SM_CLOCK", "", round(1_980 * clock + state.rng.normal(0, 5)), gpu="0")
    use = min(100.0, 45 * state.season * state.noise(0.05) + 40 * (1 - clock))
    metrics.gauge(origin, "DCGM_FI_DEV_GPU_UTIL", "", round(use), gpu="0")
    metrics.counter(origin, "DCGM_FI_DEV_THERMAL_VIOLATION", "", round(1e9 * (1 - clock) * STEP), gpu="0")
