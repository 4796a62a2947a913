"""Which slot of the columns belongs to which labels, for one source partition.

A slot is given once and never taken back or reused: an established series is never evicted for a
newcomer, so a label explosion costs the newcomers, not the watched. Two indexes lead to a slot: the
labels themselves (authoritative, saved) and a keyed 128-bit hash of the raw bytes a format spells them
with (a cache: several spellings may lead to one slot, it may be forgotten at any time, it is never saved).
Decoding labels therefore happens once per spelling, not once per sample.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from aiops.types import Kind, Labels, Slots

UNSEEN = -2
REFUSED = -1
COUNTER_SUFFIXES = ("_total", "_count", "_sum", "_bucket")
CHUNK = 4_096  # slots per saved part: full parts never change, so a commit writes the last one only
EVIDENCE = 1_000  # refused labels kept, to name the label that explodes

Keys = npt.NDArray[np.uint64]


def kind_of(metric: str) -> Kind:
    """What the suffix of a Prometheus name says when nobody else said it."""
    return Kind.COUNTER if metric.endswith(COUNTER_SUFFIXES) else Kind.UNKNOWN


@dataclass(frozen=True, slots=True)
class SeriesLimits:
    """How many series one partition may have."""

    per_metric: int = 20_000
    total: int = 150_000


class SeriesTable:
    """Slot <-> `Labels` of one partition.

    Attributes
    ----------
    labels : `labels[slot]`.
    refused : reason (`per_metric`, `total`) -> how many times a new series was refused.
    refused_metric : metric name -> the same.
    """

    def __init__(self, limits: SeriesLimits | None = None) -> None:
        self.limits = limits or SeriesLimits()
        self._clear()

    def _clear(self) -> None:
        self.labels: list[Labels] = []
        self.refused: Counter[str] = Counter()
        self.refused_metric: Counter[str] = Counter()
        self._slot: dict[tuple[tuple[str, str], ...], int] = {}
        self._kind = np.zeros(1_024, np.int8)
        self._metric: dict[str, list[int]] = {}
        self._learnt: dict[str, Kind] = {}
        self._evidence: list[Labels] = []
        self._full: list[bytes] = []
        self._forget(1_024)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def kind(self) -> npt.NDArray[np.int8]:
        """Shape (len,), values of `Kind`; a view, valid until the next new series."""
        return self._kind[: len(self.labels)]

    def slot(self, labels: Labels, kind: Kind = Kind.UNKNOWN) -> int:
        """Return the slot of `labels`, a new one if need be.

        Returns
        -------
        The slot, or -1 when a cap refuses a new series.
        """
        slot = self._slot.get(labels.pairs)
        if slot is None:
            return self._admit(labels, kind)
        if kind and not self._kind[slot]:
            self._kind[slot] = kind
        return slot

    def find(self, labels: Labels) -> int:
        """The slot of `labels`, -1 = there is none; adds nothing."""
        return self._slot.get(labels.pairs, REFUSED)

    def _admit(self, labels: Labels, kind: Kind) -> int:
        metric, slot = labels.metric, len(self.labels)
        slots = self._metric.get(metric, [])
        reason = "total" if slot >= self.limits.total else "per_metric" if len(slots) >= self.limits.per_metric else ""
        if reason:
            self._refuse(labels, metric, reason)
            return REFUSED
        if slot == len(self._kind):
            self._kind = np.concatenate((self._kind, np.zeros_like(self._kind)))
        self._kind[slot] = kind or self._learnt.get(metric, Kind.UNKNOWN)
        self.labels.append(labels)
        self._slot[labels.pairs] = slot
        self._metric.setdefault(metric, slots).append(slot)
        return slot

    def _refuse(self, labels: Labels, metric: str, reason: str) -> None:
        self.refused[reason] += 1
        # Names are the sender's to invent: past a bound they are counted together.
        known = metric in self.refused_metric or len(self.refused_metric) < EVIDENCE
        self.refused_metric[metric if known else ""] += 1
        if len(self._evidence) < EVIDENCE:
            self._evidence.append(labels)

    def learn(self, metric: str, kind: Kind) -> None:
        """Metadata says how `metric` moves: fills in what is `UNKNOWN`, overwrites nothing."""
        if metric not in self._learnt and len(self._learnt) >= self.limits.total:
            return
        self._learnt[metric] = kind
        for slot in self._metric.get(metric, ()):
            self._kind[slot] = self._kind[slot] or kind

    def explosion(self) -> tuple[str, str] | None:
        """Name the metric that was refused most and its label with most distinct values, None = nothing was refused."""
        if not self.refused_metric:
            return None
        metric = min(self.refused_metric, key=lambda name: (-self.refused_metric[name], name))
        values: dict[str, set[str]] = {}
        mine = [self.labels[slot] for slot in self._metric.get(metric, ())]
        for labels in [*mine, *(one for one in self._evidence if one.metric == metric)]:
            for name, value in labels.as_dict().items():
                values.setdefault(name, set()).add(value)
        return metric, min(values, key=lambda name: (-len(values[name]), name), default="")

    def lookup(self, keys: Keys) -> Slots:
        """Find slots by the keyed hash of raw label bytes.

        Parameters
        ----------
        keys : shape (n, 2), uint64.

        Returns
        -------
        shape (n,), int32: what was remembered for the key; -2 = nothing.
        """
        from aiops.decode.kernels.index import find

        out = np.empty(len(keys), np.int32)
        find(self._keys, self._values, keys, out)
        return out

    def remember(self, high: int, low: int, slot: int) -> None:
        """Lead the key to `slot`; a negative one says that the series is refused."""
        from aiops.decode.kernels.index import put

        if self._used * 2 >= len(self._values):
            self._grow()
        self._used += put(self._keys, self._values, np.uint64(high), np.uint64(low), np.int32(slot))

    def _grow(self) -> None:
        from aiops.decode.kernels.index import refill

        if len(self._values) >= 16 * max(self.limits.total, 1_024):
            self._forget(1_024)  # more spellings than any honest sender has: memory is bounded, the cache refills
            return
        keys, values = self._keys, self._values
        self._forget(2 * len(values))
        self._used = refill(keys, values, self._keys, self._values)

    def _forget(self, capacity: int) -> None:
        self._keys = np.zeros((capacity, 2), np.uint64)
        self._values = np.full(capacity, UNSEEN, np.int32)
        self._used = 0

    def snapshot(self) -> dict[str, bytes]:
        """Labels, kinds and counts as msgpack, in parts of which all but the last are final."""
        pack = msgspec.msgpack.encode
        for at in range(len(self._full) * CHUNK, len(self.labels) - CHUNK + 1, CHUNK):
            self._full.append(pack([labels.pairs for labels in self.labels[at : at + CHUNK]]))
        rest = [labels.pairs for labels in self.labels[len(self._full) * CHUNK :]]
        parts = {f"labels/{i:05d}": part for i, part in enumerate([*self._full, pack(rest)])}
        learnt = sorted((name, int(kind)) for name, kind in self._learnt.items())
        evidence = [labels.pairs for labels in self._evidence]
        meta = [sorted(self.refused.items()), sorted(self.refused_metric.items()), learnt, evidence]
        return {**parts, "kinds": self.kind.tobytes(), "meta": pack(meta)}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Become what `snapshot` saw; series beyond today's limits stay, as established ones do."""
        self._clear()
        for name in sorted(name for name in parts if name.startswith("labels/")):
            for pairs in msgspec.msgpack.decode(parts[name], type=list[tuple[tuple[str, str], ...]]):
                labels = Labels(pairs)
                self._slot[pairs] = len(self.labels)
                self._metric.setdefault(labels.metric, []).append(len(self.labels))
                self.labels.append(labels)
        self._kind = np.zeros(max(1_024, 2 * len(self.labels)), np.int8)
        self._kind[: len(self.labels)] = np.frombuffer(parts["kinds"], np.int8)
        refused, metrics, learnt, evidence = msgspec.msgpack.decode(parts["meta"])
        self.refused.update(dict(refused))
        self.refused_metric.update(dict(metrics))
        self._learnt.update({name: Kind(kind) for name, kind in learnt})
        self._evidence = [Labels(tuple((key, value) for key, value in pairs)) for pairs in evidence]
