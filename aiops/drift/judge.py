"""From evidence to verdict: who has drifted, and whether anybody should be told.

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

import numpy as np

from aiops.drift.evidence import LEAST_P, LENGTHS, Evidence, pools, weigh
from aiops.drift.outcome import METRIC
from aiops.drift.quality import inspect
from aiops.drift.reference import Flags, Reference, Window
from aiops.drift.tally import Tally
from aiops.drift.verdict import LEVEL, Column, Gap, Metric, Verdict
from aiops.types import Floats, Ints
from detectors.drift import benjamini_hochberg
from detectors.fairness import gaps
from detectors.homogeneity import simes

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


def judge(reference: Reference, window: Window, history: Sequence[Tally]) -> Verdict:
    """Judge the newest window.

    Parameters
    ----------
    history : tallies of consecutive windows, oldest first; the last one is the newest window's.
    """
    pooled = pools(history)
    evidence, gaps = weigh(reference, pooled), _gaps(reference, pooled)
    families = [rows for rows in _families(reference, evidence) if len(rows)]
    price = len(families) + bool(len(gaps.p))
    q, own_q, called = (
        np.ones(len(evidence.owners)),
        np.ones(len(evidence.owners)),
        np.zeros(len(evidence.owners), bool),
    )
    matters = _matters(reference, pooled[0], evidence) & evidence.lasting
    for rows in families:
        q[rows], called[rows] = _named(evidence.p[rows], matters[rows], price)
        own_q[rows] = benjamini_hochberg(evidence.own[rows])
    gap_q, unfair = _named(gaps.p, gaps.moved >= LEAST_GAP, price)
    own, whole = (
        min(price * min((*some, *more), default=1.0), 1.0)
        for some, more in ((own_q, benjamini_hochberg(gaps.own)), (q, gap_q))
    )
    # What several windows say together is told where it is the reason: what was long ago says nothing of this window.
    lengths = np.concatenate([evidence.windows[called], gaps.windows[unfair], [1]])
    together = len(lengths) > 1 and own > LEVEL
    stretch = called & (together | (own_q > NAMING))
    p, q = np.where(stretch, evidence.p, evidence.own), np.where(stretch, q, own_q)
    faults = inspect(reference, window)
    return Verdict(
        window.table.file,
        window.cells.rows,
        bool(called.any() or unfair.any() or any(fault.grave for fault in faults)),
        float(whole if together else own),
        int(lengths.max()) if together else 1,
        _columns(reference, evidence, p, q, called),
        faults,
        _metrics(reference, pooled[0], evidence, p, called),
        [Gap(*gap, bool(is_unfair)) for gap, is_unfair in zip(gaps.told, unfair, strict=True)],
    )


def _named(p: Floats, matters: Flags, price: int) -> tuple[Floats, Flags]:
    """q of a family, and who of it is called: nobody unless one alone would alert."""
    q = benjamini_hochberg(p)
    alerts = bool((matters & (price * q <= LEVEL)).any())
    return q, matters & (q <= NAMING) & alerts


def _families(reference: Reference, evidence: Evidence) -> list[Ints]:
    """Rows of the evidence that were tested: features, outcome, performance."""
    outcome = {reference.plan.roles.prediction, reference.plan.roles.label}
    family = np.array([2 if owner.startswith(METRIC) else 1 if owner in outcome else 0 for owner in evidence.owners])
    return [np.flatnonzero(evidence.tested & (family == one)) for one in range(3)]


def _matters(reference: Reference, newest: Tally, evidence: Evidence) -> Flags:
    """Whether each owner's effect matters: large enough and, for a metric, for the worse."""
    enough = evidence.effect >= LEAST_EFFECT
    means, usual = _means(reference, newest), _means(reference, reference.tally)
    for i, owner in enumerate(evidence.owners):
        if owner in means:
            worse = owner.removeprefix(METRIC) in SIGNED or means[owner] > usual[owner]
            enough[i] = worse and evidence.effect[i] >= LEAST_LOSS
    return enough


def _means(reference: Reference, tally: Tally) -> dict[str, float]:
    """Mean of each metric that has rows, by owner."""
    if reference.outcome is None:
        return {}
    trials = tally.counts[len(tally.counts) - len(tally.sums) :].sum(axis=1)
    return {
        name: float(total / rows)
        for name, total, rows in zip(reference.outcome.owners, tally.sums, trials, strict=True)
        if rows
    }


def _columns(reference: Reference, evidence: Evidence, p: Floats, q: Floats, called: Flags) -> list[Column]:
    place = {owner: i for i, owner in enumerate(evidence.owners)}
    found = []
    for name, kind in reference.plan.kinds.items():
        i = place[name]
        if evidence.tested[i]:
            found.append(Column(name, str(kind), float(p[i]), float(q[i]), float(evidence.effect[i]), bool(called[i])))
    return found


def _metrics(reference: Reference, newest: Tally, evidence: Evidence, p: Floats, called: Flags) -> list[Metric]:
    means, usual = _means(reference, newest), _means(reference, reference.tally)
    found = []
    for i, owner in enumerate(evidence.owners):
        if owner in usual and evidence.tested[i]:
            was, now, name = usual[owner], means[owner], owner.removeprefix(METRIC)
            if name.partition("[")[0] in RATES:
                was, now = 1.0 - was, 1.0 - now
            found.append(Metric(name, was, now, float(p[i]), bool(called[i])))
    return found


@dataclass(frozen=True, slots=True)
class _Gaps:
    """Gaps of the newest window; arrays of shape (gaps,), as in `Evidence`."""

    told: list[tuple[str, str, float, float]]
    p: Floats
    own: Floats
    windows: Ints
    moved: Floats


def _gaps(reference: Reference, pooled: Sequence[Tally]) -> _Gaps:
    groups = reference.groups
    if groups is None or not pooled[0].groups[..., 1].any():
        return _Gaps([], np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0))
    told, p, moved = [], [], []
    for m, metric in enumerate(groups.metrics):
        compared = [gaps(reference.tally.groups[m], tally.groups[m]) for tally in pooled]
        p.append(np.stack([one.p for one in compared], axis=-1)[: len(groups.names)])
        for g, group in enumerate(groups.names):
            value, was = float(compared[0].gap[g]), float(compared[0].reference[g])
            told.append((group, metric, value, was))
            moved.append(abs(value - was))
    by_length = np.clip(np.concatenate(p), LEAST_P, 1.0)
    whole = np.clip(simes(by_length), LEAST_P, 1.0)
    return _Gaps(told, whole, by_length[:, 0], np.array(LENGTHS)[by_length.argmin(axis=1)], np.nan_to_num(moved))
