"""Deviations of metrics: the level after the onset against the level before it, over a floored scale."""

from __future__ import annotations

import numpy as np

from aiops.correlate.deviation import Deviation, signal_of
from aiops.diagnosis.case import Case


def observe(case: Case, onset: float) -> list[Deviation]:
    """Deviations of all series at `onset`."""
    series, found = case.metrics, []
    for i in range(len(series)):
        time, value = (column[series.start[i] : series.start[i + 1]] for column in (series.time, series.value))
        before, after = value[time < onset], value[time >= onset]
        if len(before) < 3 or len(after) < 1:
            continue
        centre = float(np.median(before))
        spread = 1.48 * float(np.median(np.abs(before - centre)))
        scale = max(spread, 0.5 * float(before.std()), 0.05 * abs(centre), 0.005 * float(np.ptp(before)), 1e-12)
        now = float(np.median(after))
        z = abs(now - centre) / scale
        size = min(4.0, np.log1p(z)) - 1.0
        if size > 0:
            metric = series.metric[i] + (f" ({series.detail[i]})" if series.detail[i] else "")
            found.append(
                Deviation(
                    entity=series.entity[i],
                    metric=series.metric[i],
                    signal=signal_of(series.metric[i]),
                    size=float(size),
                    onset=onset,
                    peer=series.peer[i],
                    sentence=f"{metric} {centre:.4g} -> {now:.4g}, {z:.1f} times its usual spread",
                    name=series.metric[i],
                )
            )
    return found
