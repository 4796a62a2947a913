"""One verdict a window: who has drifted, and whether anybody should be told.

Four families of tests - features, outcome (prediction and label), performance, fairness - are each controlled for
false discoveries (Benjamini and Hochberg) and then pay for being several (Bonferroni). The smallest q of a family is
Simes' p of the family as a whole, so one number does both: it decides whether the window alerts, and its rank which
columns are named. `p` of a window is honest under "nothing has changed": below .05 in 5 % of clean windows at most.

A window alerts when p <= `LEVEL`: one false alert in 10,000 clean windows, whatever the number of columns or rows. It
also must be large enough to matter and still go on (`evidence`). Faults of the data (`quality`) alert on their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aiops.drift.evidence import LEAST_P, Evidence, pools, weigh
from aiops.drift.quality import Fault, inspect
from aiops.drift.reference import Flags, Reference, Tally, Window
from aiops.types import Floats, Ints
from detectors.drift import benjamini_hochberg
from detectors.fairness import gaps
from detectors.homogeneity import simes

LEVEL = 1e-4
"""Probability of a false alert, a window; of what is not data quality."""
NAMING = 0.01
"""False discovery rate of the columns that an alerting window names."""
LEAST_EFFECT = 0.04
"""A tenth of a standard deviation, for a normal feature: what is less is told by p, and not called drift."""
LEAST_LOSS = 0.02
"""Change of a share of errors, or of any metric's distribution."""
LEAST_GAP = 0.05
"""Change of a gap between groups."""
SIGNED = ("bias", "calibration")
"""Metrics that are as bad below as above."""
RATES = ("accuracy", "estimated_accuracy", "recall", "precision")


@dataclass(frozen=True, slots=True)
class Column:
    """One column's part of a verdict; see docs/drift.md for p, q and effect."""

    name: str
    kind: str
    p: float
    q: float
    effect: float
    drift: bool


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of performance, as people quote it: accuracy, not errors."""

    name: str
    reference: float
    current: float | None
    p: float
    alert: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of a group, in the newest window."""

    group: str
    metric: str
    value: float
    reference: float
    alert: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What there is to say about one window."""

    file: str
    rows: int
    alert: bool
    p: float
    columns: list[Column]
    quality: list[Fault]
    performance: list[Metric]
    fairness: list[Gap]

    def document(self) -> dict[str, Any]:
        """As `--format json` prints it."""
        return {
            "file": self.file,
            "rows": self.rows,
            "alert": self.alert,
            "p": _short(self.p),
            "columns": [
                {"name": one.name, "kind": one.kind, "p": _short(one.p), "q": _short(one.q),
                 "effect": _short(one.effect), "drift": one.drift}
                for one in self.columns
            ],
            "quality": [
                {"name": one.name, "kind": one.kind, "value": one.value, "expected": one.expected}
                for one in self.quality
            ],
            "performance": {
                one.name: {"reference": _short(one.reference), "current": _short(one.current), "p": _short(one.p),
                           "alert": one.alert}
                for one in self.performance
            },
            "fairness": [
                {"group": one.group, "metric": one.metric, "value": _short(one.value),
                 "reference": _short(one.reference), "alert": one.alert}
                for one in self.fairness
            ],
        }  # fmt: skip


def judge(reference: Reference, window: Window, history: Sequence[Tally]) -> Verdict:
    """Judge the newest window.

    Parameters
    ----------
    history : tallies of consecutive windows, oldest first; the last one is the newest window's.
    """
    pooled = pools(history)
    evidence = weigh(reference, pooled)
    worst = _worst(reference, pooled[0], evidence)
    families = _families(reference, evidence)
    told, gap_p, gap_effect = _gaps(reference, pooled)
    present = [rows for rows in families if len(rows)]
    m = len(present) + (1 if len(gap_p) else 0)
    q, called = np.ones(len(evidence.owners)), np.zeros(len(evidence.owners), bool)
    p = 1.0
    for rows in present:
        q[rows] = benjamini_hochberg(evidence.p[rows])
        loud = worst[rows] & evidence.lasting[rows]
        p = min(p, m * float(q[rows].min()))
        if bool((loud & (m * q[rows] <= LEVEL)).any()):
            called[rows] = loud & (q[rows] <= NAMING)
    unfair = np.zeros(len(gap_p), bool)
    if len(gap_p):
        gap_q = benjamini_hochberg(gap_p)
        p = min(p, m * float(gap_q.min()))
        loud = gap_effect >= LEAST_GAP
        if bool((loud & (m * gap_q <= LEVEL)).any()):
            unfair = loud & (gap_q <= NAMING)
    faults = inspect(reference, window)
    alert = bool(called.any() or unfair.any() or any(fault.grave for fault in faults))
    return Verdict(
        window.table.file, window.cells.rows, alert, min(p, 1.0), _columns(reference, evidence, q, called), faults,
        _metrics(reference, pooled[0], evidence, called),
        [Gap(*gap, bool(is_unfair)) for gap, is_unfair in zip(told, unfair, strict=True)],
    )  # fmt: skip


def _families(reference: Reference, evidence: Evidence) -> list[Ints]:
    """Rows of the evidence that were tested: features, outcome, performance."""
    metrics = set(reference.outcome.names) if reference.outcome else set()
    outcome = {reference.plan.roles.prediction, reference.plan.roles.label}
    family = np.array([2 if owner in metrics else 1 if owner in outcome else 0 for owner in evidence.owners])
    return [np.flatnonzero(evidence.tested & (family == one)) for one in range(3)]


def _worst(reference: Reference, newest: Tally, evidence: Evidence) -> Flags:
    """Whether each owner's effect matters: large enough and, for a metric, for the worse."""
    enough = evidence.effect >= LEAST_EFFECT
    means, usual = _means(reference, newest), _means(reference, reference.tally)
    for i, owner in enumerate(evidence.owners):
        if owner in means:
            worse = owner in SIGNED or means[owner] > usual[owner]
            enough[i] = worse and evidence.effect[i] >= LEAST_LOSS
    return enough


def _means(reference: Reference, tally: Tally) -> dict[str, float]:
    """Mean of each metric that has rows."""
    if reference.outcome is None:
        return {}
    trials = tally.counts[len(tally.counts) - len(tally.sums) :].sum(axis=1)
    return {
        name: float(total / rows)
        for name, total, rows in zip(reference.outcome.names, tally.sums, trials, strict=True)
        if rows
    }


def _columns(reference: Reference, evidence: Evidence, q: Floats, called: Flags) -> list[Column]:
    place = {owner: i for i, owner in enumerate(evidence.owners)}
    found = []
    for name, kind in reference.plan.kinds.items():
        i = place[name]
        if evidence.tested[i]:
            found.append(
                Column(name, str(kind), float(evidence.p[i]), float(q[i]), float(evidence.effect[i]), bool(called[i]))
            )
    return found


def _metrics(reference: Reference, newest: Tally, evidence: Evidence, called: Flags) -> list[Metric]:
    means, usual = _means(reference, newest), _means(reference, reference.tally)
    found = []
    for i, owner in enumerate(evidence.owners):
        if owner in usual and evidence.tested[i]:
            was, now = usual[owner], means[owner]
            if owner.partition("[")[0] in RATES:
                was, now = 1.0 - was, 1.0 - now
            found.append(Metric(owner, was, now, float(evidence.p[i]), bool(called[i])))
    return found


def _gaps(reference: Reference, pooled: Sequence[Tally]) -> tuple[list[tuple[str, str, float, float]], Floats, Floats]:
    """Gaps of the newest window, with p and effect over all lengths; shape (gaps,)."""
    groups = reference.groups
    if groups is None or not pooled[0].groups[..., 1].any():
        return [], np.zeros(0), np.zeros(0)
    told, p, moved = [], [], []
    for m, metric in enumerate(groups.metrics):
        compared = [gaps(reference.tally.groups[m], tally.groups[m]) for tally in pooled]
        over_lengths = simes(np.stack([one.p for one in compared], axis=-1))
        for g, group in enumerate(groups.names):
            value, was = float(compared[0].gap[g]), float(compared[0].reference[g])
            told.append((group, metric, value, was))
            p.append(over_lengths[g])
            moved.append(abs(value - was))
    return told, np.clip(p, LEAST_P, 1.0), np.nan_to_num(moved)


def _short(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(f"{value:.6g}")
