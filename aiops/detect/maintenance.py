"""Windows of planned work and known dates: nobody is paged for what they cover, and nothing is learnt from it.

They follow event time and stand in the configuration, so that a replay sees them as the daemon did. A silence, which
somebody sets while it happens, stops pages only: what is learnt depends on records and configuration alone.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from aiops.config import WEEKDAYS, Config
from aiops.detect.rule import Rule
from aiops.types import Ints, Labels
from detectors.protocol import State
from detectors.state import put, take


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A window that comes back.

    Attributes
    ----------
    match : label -> the values that are covered, of a finding's labels as silences see them.
    weekdays : 0 = Monday. monthdays : 1 to 31, or -1 for the last, -2 for the one before. dates : single days.
        The day on which the window begins is any of them; every day if all three are empty.
    begins, ends : minutes after midnight in `timezone`; `ends` <= `begins` means the day after.
    """

    name: str
    match: Mapping[str, Sequence[str]]
    weekdays: tuple[int, ...] = ()
    monthdays: tuple[int, ...] = ()
    dates: tuple[date, ...] = ()
    begins: int = 0
    ends: int = 24 * 60
    timezone: str = "UTC"

    def active(self, now: float) -> bool:
        """Tell whether `now`, epoch seconds, lies in the window."""
        local = datetime.fromtimestamp(now, ZoneInfo(self.timezone))
        minute, today = local.hour * 60 + local.minute, local.date()
        if self.begins < self.ends:
            return self.begins <= minute < self.ends and self._on(today)
        return (minute >= self.begins and self._on(today)) or (
            minute < self.ends and self._on(today - timedelta(days=1))
        )

    def _on(self, day: date) -> bool:
        if not (self.weekdays or self.monthdays or self.dates):
            return True
        length = calendar.monthrange(day.year, day.month)[1]
        in_month = day.day in self.monthdays or day.day - length - 1 in self.monthdays
        return in_month or day.weekday() in self.weekdays or day in self.dates

    def covers(self, labels: Mapping[str, Sequence[str]]) -> bool:
        """Tell whether each label of `match` has one of its values in `labels` (label -> its values)."""
        return all(any(value in wanted for value in labels.get(name) or ("",)) for name, wanted in self.match.items())


def read(config: Config) -> tuple[Maintenance, ...]:
    """The windows that `aiops.yaml` states."""
    return tuple(
        Maintenance(
            name=one.name,
            match={label: (value,) if isinstance(value, str) else value for label, value in one.match.items()},
            weekdays=tuple(WEEKDAYS.index(day) for day in one.weekdays),
            monthdays=one.monthdays,
            dates=one.dates,
            begins=one.begins,
            ends=one.ends,
            timezone=one.timezone or config.timezone,
        )
        for one in config.maintenance
    )


def slot_labels(rule: Rule, labels: Labels) -> dict[str, tuple[str]]:
    """What a finding of this slot would be matched by."""
    own = {"alertname": rule.alert, "alert": rule.alert, "rule": rule.id, "world": rule.world}
    own |= {"entity": labels.entity, "severity": rule.severity, "host": labels.host or labels.get("host")}
    return {name: (value,) for name, value in {**labels.as_dict(), **rule.labels, **own}.items()}


class Frozen:
    """The slots of one bank that learn nothing in a column.

    Parameters
    ----------
    windows : as configured.
    """

    def __init__(self, windows: Sequence[Maintenance]) -> None:
        self._windows = windows
        self._covered: list[list[int]] = [[] for _ in windows]
        self._seen = 0

    def extend(self, rules: Sequence[Rule | None], keys: Sequence[tuple[str, Labels]]) -> None:
        """Look at the slots that are new."""
        for slot in range(self._seen, len(keys)) if self._windows else ():
            rule = rules[slot]
            labels = slot_labels(rule, keys[slot][1]) if rule is not None else {}
            for window, covered in zip(self._windows, self._covered, strict=True):
                if rule is not None and window.covers(labels):
                    covered.append(slot)
        self._seen = len(keys)

    def slots(self, time: float) -> Ints:
        """Slots that a window covers at that event time, ascending."""
        if not any(self._covered):
            return np.empty(0, np.int64)
        active = [covered for window, covered in zip(self._windows, self._covered, strict=True) if window.active(time)]
        return np.unique(np.asarray([slot for covered in active for slot in covered], np.int64))


def score(detector: Any, state: State, x: Any, at: int, frozen: Ints) -> tuple[Any, Any]:
    """Score one column; what `frozen` slots learn from it is taken back, if it is a level that they learn."""
    if not len(frozen) or not hasattr(detector, "settling"):
        surprise, expected = detector.update(state, x, at)
    else:
        kept = take(state, frozen)
        surprise, expected = detector.update(state, x, at)
        put(state, frozen, kept)
    return surprise, expected
