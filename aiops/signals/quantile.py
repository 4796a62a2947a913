"""Quantiles over the last few steps, per key.

A step with two traces has no p95 of its own, a busy one should not be blurred by its past: the latest
steps that together hold `ENOUGH` values are used, `STEPS` at most. A step keeps its values as they are
up to `KEEP`; beyond, evenly spaced order statistics stand for them (rank error 1/(2 KEEP)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from aiops.types import Floats

STEPS = 4
ENOUGH = 30
KEEP = 512


class _Batch(msgspec.Struct, array_like=True, gc=False):
    """Values of one key in one step, sorted; each stands for `weight` values."""

    step: float
    values: list[float]
    weight: float


def _batch(step: float, values: Sequence[float]) -> _Batch:
    ordered = np.sort(np.asarray(values, np.float64))
    kept = ordered
    if len(ordered) > KEEP:
        kept = ordered[((np.arange(KEEP) + 0.5) * len(ordered) / KEEP).astype(np.int64)]
    return _Batch(step, kept.tolist(), len(ordered) / len(kept))


def quantiles(values: Floats, weights: Floats, at: Sequence[float]) -> list[float]:
    """Weighted quantiles, linear between mid-ranks; equal weights give Hazen's definition.

    >>> quantiles(np.array([4.0, 1.0, 3.0, 2.0]), np.ones(4), [0.5])
    [2.5]
    """
    order = np.argsort(values, kind="stable")
    mass = weights[order]
    rank = (np.cumsum(mass) - mass / 2) / mass.sum()
    return [float(value) for value in np.interp(at, rank, values[order])]


class RecentQuantiles:
    """Sliding quantiles of any number of keys.

    Parameters
    ----------
    step_seconds : length of a step.
    limit : keys held at most; a key beyond has no quantile until others fall silent.
    """

    def __init__(self, step_seconds: float, limit: int = 10_000) -> None:
        self._span = (STEPS - 0.5) * step_seconds
        self._limit = limit
        self._batches: dict[tuple[str, ...], list[_Batch]] = {}
        self._encoded: bytes | None = None

    def close(
        self, step: float, seen: Mapping[tuple[str, ...], Sequence[float]], at: Sequence[float]
    ) -> list[tuple[tuple[str, ...], list[float]]]:
        """Add the step's values, drop what is too old; each key's quantiles in sorted order.

        Parameters
        ----------
        step : start of the step.
        seen : finite values per key, in any unit.
        at : quantiles asked for, in [0, 1].
        """
        if self._batches or seen:
            self._encoded = None
        for name in sorted(seen):
            if seen[name] and (name in self._batches or len(self._batches) < self._limit):
                self._batches.setdefault(name, []).append(_batch(step, seen[name]))
        found = []
        for name in sorted(self._batches):
            kept = [batch for batch in self._batches[name] if step - batch.step < self._span]
            if not kept:
                del self._batches[name]
                continue
            self._batches[name] = kept
            found.append((name, self._quantiles(kept, at)))
        return found

    @staticmethod
    def _quantiles(batches: list[_Batch], at: Sequence[float]) -> list[float]:
        used: list[_Batch] = []
        for batch in reversed(batches):
            used.append(batch)
            if sum(len(one.values) * one.weight for one in used) >= ENOUGH:
                break
        values = np.concatenate([batch.values for batch in used])
        weights = np.concatenate([np.full(len(batch.values), batch.weight) for batch in used])
        return quantiles(values, weights, at)

    def snapshot(self) -> bytes:
        """MessagePack, sorted; the same object while nothing changed."""
        if self._encoded is None:
            self._encoded = msgspec.msgpack.encode(sorted(self._batches.items()))
        return self._encoded

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        self._batches = dict(msgspec.msgpack.decode(part, type=list[tuple[tuple[str, ...], list[_Batch]]]))
        self._encoded = part
