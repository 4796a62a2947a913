"""Seeds baselines from the past, so that season and level are known from the first live column.

History is read coarsely (a value every few minutes is enough for the shape of a day). Rules' signals are evaluated
on it by the same plan as live ones, and each slot learns robustly: one bad day leaves no trace. Signals that count
per column (`increase`, `sum_over_time`) mean something else on coarse columns and are left to learn live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from aiops.detect.partition import Partition
from aiops.types import Decoded, Floats, Kind, Labels, Samples

PER_COLUMN = ("increase(", "sum_over_time(")


def seed(
    partition: Partition, series: Sequence[tuple[Labels, Kind]], values: Floats, first: float, stride_seconds: float
) -> int:
    """Teach a partition that has seen nothing yet.

    Parameters
    ----------
    series : what the rows of `values` are.
    values : shape (len(series), w), oldest first; NaN = no sample. Counters cumulative.
    first : event time of the first column.
    stride_seconds : distance of columns; a multiple of the step.

    Returns
    -------
    number of slots that were taught.

    Raises
    ------
    ValueError : the stride is no multiple of the step.
    """
    step = partition.settings.step_seconds
    stride = round(stride_seconds / step)
    if stride < 1 or abs(stride * step - stride_seconds) > 1e-6:
        raise ValueError(f"a stride of {stride_seconds:g} s is no multiple of the step of {step:g} s")
    keys, columns = _signals(partition, series, values, first, stride_seconds)
    slots = np.asarray([partition.table.slot(labels, kind) for labels, kind in series], np.int32)
    partition.roster.admit(slots[slots >= 0])
    return partition.teach("baseline", keys, columns, round(first / step), stride)


def _signals(
    partition: Partition, series: Sequence[tuple[Labels, Kind]], values: Floats, first: float, stride_seconds: float
) -> tuple[list[tuple[str, Labels]], Floats]:
    """Signals of all baseline rules over the past: keys, and values of shape (keys, w)."""
    rules = tuple(
        rule
        for rule in partition.settings.rules
        if rule.detector["type"] == "baseline" and not any(word in rule.signal for word in PER_COLUMN)
    )
    scratch = Partition("history", replace(partition.settings, step_seconds=stride_seconds, rules=rules))
    slots = np.asarray([scratch.table.slot(labels, kind) for labels, kind in series], np.int32)
    seen: list[Floats] = []
    for column in range(values.shape[1]):
        time = first + column * stride_seconds
        there = np.flatnonzero(~np.isnan(values[:, column]))
        record = np.zeros(len(there), np.int32)
        scratch.take(Decoded(Samples(slots[there], np.full(len(there), time), values[there, column], record)))
        scratch.panel.advance(time + stride_seconds + partition.settings.lateness_seconds)
        seen += [closed.scores["baseline"].value for closed in scratch.close() if "baseline" in closed.scores]
    bank = scratch.banks["baseline"]
    whole = np.full((len(bank.keys), len(seen)), np.nan)
    for i, one in enumerate(seen):
        whole[: len(one), i] = one
    return bank.keys, whole
