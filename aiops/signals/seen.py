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
LEAST_TIMES, LEAST_SECONDS = 20, 300.0
"""Sights of a thing, and time since the first, before another value is news rather than the beginning."""
FORMAT = 1

Thing = tuple[str, str, str]
"""Entity, kind of the change that another value is, and what varies there."""


class _Sights(msgspec.Struct):
    """When the thing was first seen and each value last, the latest last, and how often the thing was seen at all."""

    since: float
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
            known = self._things[thing] = _Sights(at)
        known.times += 1
        latest = next(reversed(known.values), "")
        if value not in known.values and not _has_room(known, at):
            return ""
        if at - known.values.get(latest, at) > self._away:
            # Nothing was seen of any of them meanwhile: none was away while another was there.
            known.values = dict.fromkeys(known.values, at)
        last = known.values.pop(value, None)
        known.values[value] = at if last is None else max(at, last)
        away = last is None or (latest != value and at - last > self._away)
        met = known.times > LEAST_TIMES and at - known.since >= LEAST_SECONDS
        return latest if away and met else ""

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        things = sorted((name, one.since, list(one.values.items()), one.times) for name, one in self._things.items())
        return msgspec.msgpack.encode((FORMAT, things))

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave; of another format nothing: things are met anew."""
        stored = msgspec.msgpack.decode(part)
        if stored[:1] != [FORMAT]:
            return
        things = msgspec.convert(stored[1], list[tuple[Thing, float, list[tuple[str, float]], int]])
        self._things = {name: _Sights(since, dict(values), times) for name, since, values, times in things}


def _has_room(known: _Sights, at: float) -> bool:
    """Whether another value is taken note of; one that is gone makes room."""
    if len(known.values) < MOST_VALUES:
        return True
    oldest = next(iter(known.values))
    if at - known.values[oldest] < GONE_SECONDS:
        return False
    del known.values[oldest]
    return True
