"""Which value of a thing that seldom varies was not seen before: the version of a service, the model that answers.

The first value is nothing new, nor is one that shows while the thing is still being met: several versions may well run
side by side from the start. Who goes back and forth between two is told of each once, but for a value that was away for
long while another was there: whoever goes back to it has changed something again.
"""

from __future__ import annotations

import math

import msgspec

MOST_VALUES, GONE_SECONDS = 20, 86_400.0
"""What has more values than that within a day is no version: nothing about it is news."""
MOST_THINGS = 2_000
LEAST_TIMES = 20
"""Sights of a thing before another value is news rather than the beginning."""

Thing = tuple[str, str, str]
"""Entity, kind of the change that another value is, and what varies there."""


class _Sights(msgspec.Struct):
    """When each value was last seen, the latest last, and how often the thing was seen at all."""

    values: dict[str, float] = {}
    times: int = 0


class Seen:
    """Values that things were seen to have, of the first `MOST_THINGS`.

    Parameters
    ----------
    away_seconds : after so long without it, while another was seen, a value counts as new once more.
    """

    def __init__(self, away_seconds: float = math.inf) -> None:
        self._away = away_seconds
        self._things: dict[Thing, _Sights] = {}

    def before(self, thing: Thing, value: str, at: float) -> str:
        """Note a value seen at `at`, epoch seconds; if it is new, return the one before, else nothing."""
        known = self._things.get(thing)
        if known is None:
            if len(self._things) >= MOST_THINGS:
                return ""
            known = self._things[thing] = _Sights()
        known.times += 1
        latest = next(reversed(known.values), "")
        if value not in known.values and not _has_room(known, at):
            return ""
        last = known.values.pop(value, None)
        known.values[value] = at if last is None else max(at, last)
        away = last is None or (latest != value and at - last > self._away)
        return latest if away and known.times > LEAST_TIMES else ""

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        return msgspec.msgpack.encode(
            sorted((name, list(one.values.items()), one.times) for name, one in self._things.items())
        )

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        stored = msgspec.msgpack.decode(part, type=list[tuple[Thing, list[tuple[str, float]], int]])
        self._things = {name: _Sights(dict(values), times) for name, values, times in stored}


def _has_room(known: _Sights, at: float) -> bool:
    """Whether another value is taken note of; one that is gone makes room."""
    if len(known.values) < MOST_VALUES:
        return True
    oldest = next(iter(known.values))
    if at - known.values[oldest] < GONE_SECONDS:
        return False
    del known.values[oldest]
    return True
