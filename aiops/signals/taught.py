"""The state of a model's version whose reference is a file of past rows, as if it had lived through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from aiops.signals.drift_watch import DriftWatch, stack
from aiops.signals.hours import Hours
from aiops.signals.reference import Feature, Value, measure
from aiops.signals.stated import Scored
from aiops.signals.version import Version
from aiops.types import Floats

QUARTER = 900.0


def taught(past: Scored, step_seconds: float, timezone: str | None = None) -> dict[str, bytes]:
    """Parts for `Version.begun`.

    Parameters
    ----------
    timezone : of the hours of the week, if windows are to be compared with these.
    """
    version = Version(0.0, step_seconds, timezone=timezone)
    version.freeze(past.features, past.answers)
    if past.times is not None:
        columns = {**past.features, **past.answers}
        for watch, features in version.watched():
            if watch.hours is not None:
                _teach(watch, watch.hours, features, columns, past.times)
    labelled = [(row, row.label) for row in past.sample if row.label is not None]
    version.associate(past.sample)
    # What 0.7 means comes first: the estimate without labels rests on it.
    version.label(0.0, labelled)
    version.answer(0.0, past.sample)
    return version.snapshot()


def _teach(
    watch: DriftWatch,
    hours: Hours,
    features: Mapping[str, Feature],
    columns: Mapping[str, Sequence[Value]],
    times: Floats,
) -> None:
    """Count past rows by the hour of the week, and take these for the whole of it."""
    middle = (np.floor(times / QUARTER) + 0.5) * QUARTER
    quarters, which = np.unique(middle, return_inverse=True)
    hour = np.array([int(hours.hour(at)) if np.isfinite(at) else -1 for at in quarters.tolist()], np.int64)[which]
    for one in np.unique(hour[hour >= 0]).tolist():
        rows = np.flatnonzero(hour == one).tolist()
        counts = [measure(feature, [columns[name][i] for i in rows]).counts for name, feature in features.items()]
        watch.teach(float(middle[rows[0]]), stack(counts))
    hours.finish()
