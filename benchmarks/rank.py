"""Root causes from columns: BARO's scorer, statsmodels' Granger causality and our ranking, in one run.

A made-up incident: services of four metrics each that call one another, of which one gets slow, fails and is busy, and
with it those that call it. Both peers get the same numbers. BARO (Pham, Ha and Zhang, FSE 2024) scores metrics by a
robust scaler once it is told when the fault began; so are we, from columns to causes in words. Its own search for the
beginning is not measured. Granger causality is asked of every ordered pair by those who build a graph of metrics first:
a sample of pairs is run, and all are reckoned from it; against it we search for the beginning as well.

    python -m benchmarks.rank
"""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from aiops.correlate.cause import rank
from aiops.correlate.deviation import Deviation
from aiops.correlate.topology import Topology
from aiops.diagnosis.case import Case
from aiops.diagnosis.job import deviations
from aiops.diagnosis.observe import see
from aiops.diagnosis.series import Series
from aiops.types import Edge, Floats

METRICS = ("latency_seconds", "errors", "cpu_usage", "requests")
ROWS, STEP, FAULT_AT = 240, 15.0, 0.8
SPREADS, FAINT = 0.6, 0.1
"""Share of its callee's trouble that a caller has, and where it is no longer felt."""
MANY, SOME, ENTITIES = 2_000, 200, 5_000
PAIRS, LAG, ROUNDS = 60, 5, 5


@dataclass(frozen=True, slots=True)
class Incident:
    """Columns of n metrics, service by service.

    Attributes
    ----------
    value : shape (rows, n).
    onset : epoch seconds.
    root : the service that is to blame.
    """

    names: tuple[tuple[str, str], ...]
    value: Floats
    edges: tuple[Edge, ...]
    onset: float
    root: str

    def case(self) -> Case:
        """As `aiops cause` holds it once it is read."""
        n, time_ = len(self.names), np.arange(ROWS) * STEP
        blank = ("",) * n
        columns = Series(
            entity=tuple(entity for entity, _ in self.names),
            metric=tuple(metric for _, metric in self.names),
            peer=blank,
            detail=blank,
            start=np.arange(n + 1) * ROWS,
            time=np.tile(time_, n),
            value=self.value.T.ravel(),
        )
        return Case("incident", columns, edges=self.edges, interval=STEP)


def incident(count: int, seed: int = 4) -> Incident:
    """`count` metrics, the fault in the last fifth; each service calls up to three of the twenty that come after it."""
    rng = np.random.default_rng(seed)
    services = count // len(METRICS)
    names = tuple((f"service-{i}", metric) for i in range(services) for metric in METRICS)
    calls = sorted({(i, i + int(j)) for i in range(services) for j in rng.integers(1, 20, 3) if i + j < services})
    value = rng.normal(1.0, 0.05, (ROWS, count)) * rng.uniform(0.5, 50.0, count)
    root, first = services - 1, int(ROWS * FAULT_AT)
    hurt = {root: 1.0}
    for caller, callee in sorted(calls, reverse=True):
        if hurt.get(callee, 0.0) > FAINT:
            hurt[caller] = max(hurt.get(caller, 0.0), SPREADS * hurt[callee])
    for service, share in hurt.items():
        value[first:, len(METRICS) * service] *= 1 + 4 * share
        value[first:, len(METRICS) * service + 1] *= 1 + 9 * share
    value[first:, len(METRICS) * root + 2] *= 3.0
    edges = tuple(Edge(f"service-{a}", f"service-{b}") for a, b in calls)
    return Incident(names, value, edges, first * STEP, f"service-{root}")


def told(one: Incident) -> Callable[[], str]:
    """Our ranking, the onset told."""
    case = one.case()

    def work() -> str:
        sight = see(case)
        return rank(sight.settled(one.onset), sight.topology, ())[0].entity

    return work


def searched(one: Incident) -> Callable[[], str]:
    """Our ranking, the onset searched for."""
    case = one.case()

    def work() -> str:
        _, found, sight = deviations(case)
        return rank(found, sight.topology, ())[0].entity

    return work


def baro(one: Incident) -> Callable[[], str]:
    """BARO's robust scorer, the onset told; its answer is a metric."""
    import pandas
    from baro.root_cause_analysis import robust_scorer

    frame = pandas.DataFrame(one.value, columns=[f"{entity}_{metric}" for entity, metric in one.names])
    frame.insert(0, "time", np.arange(ROWS) * STEP)
    return lambda: str(robust_scorer(frame, inject_time=one.onset)["ranks"][0].rsplit("_", 2)[0])


def granger(one: Incident) -> Callable[[], str]:
    """A sample of the ordered pairs."""
    from statsmodels.tsa.stattools import grangercausalitytests

    rng = np.random.default_rng(1)
    pairs = [rng.choice(len(one.names), 2, replace=False) for _ in range(PAIRS)]

    def work() -> str:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            for pair in pairs:
                grangercausalitytests(one.value[:, pair], maxlag=[LAG])
        return one.root

    return work


def seconds(work: Callable[[], str], times: int = 1) -> list[float]:
    """Process CPU seconds of each of `times` goes."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return spent


def beside(peer: Callable[[], str], ours: Callable[[], str], root: str) -> tuple[float, float]:
    """Middle CPU seconds of both, in turns after a first go.

    Raises
    ------
    ValueError : somebody blames another than `root`: then the figures compare nothing.
    """
    for work in (peer, ours):
        if (blamed := work()) != root:
            raise ValueError(f"{blamed} is blamed for what {root} did")
    theirs: list[float] = []
    own: list[float] = []
    for _ in range(ROUNDS):
        theirs += seconds(peer)
        # Ours takes milliseconds: several goes make its median as steady as the peer's.
        own += seconds(ours, 5)
    return median(theirs), median(own)


def estate() -> float:
    """Seconds to rank an incident in which 5,000 entities of five layers deviate."""
    rng = np.random.default_rng(5)
    layer = ENTITIES // 5
    edges = [
        Edge(f"e{i}", f"e{layer * (i // layer + 1) + int(j)}")
        for i in range(ENTITIES - layer)
        for j in rng.integers(0, layer, 3)
    ]
    topology = Topology(edges)
    found = [
        Deviation(f"e{i}", "latency", "latency", float(size), 0.0, change=float(size), unit="s", sentence="slower")
        for i, size in enumerate(rng.uniform(0.1, 3.0, ENTITIES))
    ]
    return median(seconds(lambda: rank(found, topology, ())[0].entity, 3))


def measure() -> dict[str, float]:
    """Ratios `rank_baro` (target >= 50) and `rank_granger` (target >= 200), and seconds of an incident of 5,000."""
    many, some = incident(MANY), incident(SOME)
    peer, ours = beside(baro(many), told(many), many.root)
    sample, whole = beside(granger(some), searched(some), some.root)
    pairs = SOME * (SOME - 1)
    all_pairs = sample * pairs / PAIRS
    return {
        "rank_baro": peer / ours,
        "rank_metrics_per_second": MANY / ours,
        "baro_metrics_per_second": MANY / peer,
        "rank_granger": all_pairs / whole,
        "rank_pairs_per_second": pairs / whole,
        "granger_pairs_per_second": pairs / all_pairs,
        "cause_rank_seconds": estate(),
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:30} {value:15,.3f}")
