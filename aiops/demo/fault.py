"""What goes wrong in the simulated shop, when, and what mends it.

A fault alters quantities of its root only; the shop carries the rest along its calls. Every quantity is a
multiplier of 1, except those in `SHARES`, which add to 0. A fault ends by itself, or two minutes after the
step of a runbook that is right for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from aiops.demo.scene import ASSISTANT, DATABASE, GPU, LLM_SERVER, MODEL
from aiops.types import Floats

RECOVERY_SECONDS = 120.0
SHARES = frozenset({"truncated", "shift", "wrong"})
Quantity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to fail.

    Attributes
    ----------
    root : the entity a good answer names.
    worlds : where it shows.
    full : (entity, quantity) -> value at full severity.
    ramp_seconds : from its start to full severity.
    mended_by : (what is done, to what) that ends it.
    log : line that appears on the root's service; empty = none.
    """

    root: str
    worlds: tuple[str, ...]
    full: Mapping[Quantity, float]
    ramp_seconds: float
    mended_by: frozenset[tuple[str, str]]
    log: str = ""


KINDS: dict[str, Kind] = {
    "database_slow": Kind(
        root=DATABASE,
        worlds=("it",),
        full={(DATABASE, "latency"): 9.0, (DATABASE, "locks"): 14.0, (DATABASE, "sessions"): 2.6},
        ramp_seconds=180.0,
        mended_by=frozenset({("kill_blocking_query", DATABASE)}),
        log="canceling statement due to lock timeout: process {} waits for ShareLock on transaction {}",
    ),
    "model_drift": Kind(
        root=MODEL,
        worlds=("model",),
        full={(MODEL, "shift"): 1.0, (MODEL, "wrong"): 0.17},
        ramp_seconds=2_400.0,
        mended_by=frozenset({("rollback_model", MODEL), ("retrain", MODEL)}),
    ),
    "gpu_throttle": Kind(
        root=GPU,
        worlds=("it", "llm"),
        full={
            (GPU, "temperature"): 1.42,
            (GPU, "clock"): 0.38,
            (LLM_SERVER, "latency"): 4.5,
            (LLM_SERVER, "queue"): 14.0,
            (ASSISTANT, "truncated"): 0.28,
            (ASSISTANT, "pleased"): 0.45,
        },
        ramp_seconds=300.0,
        mended_by=frozenset({("drain_gpu", GPU)}),
    ),
}


@dataclass(slots=True)
class Fault:
    """One failure in time; `ended` moves when a runbook mends it."""

    name: str
    start: float
    end: float
    mended: bool = False

    @property
    def kind(self) -> Kind:
        return KINDS[self.name]

    def severity(self, times: Floats) -> Floats:
        """Shape (t,): 0 outside, rising to 1 over the ramp, falling to 0 within `RECOVERY_SECONDS` of the end."""
        rising = (times - self.start) / self.kind.ramp_seconds + 0.05
        falling = 1.0 - (times - self.end) / RECOVERY_SECONDS
        severity = np.clip(np.minimum(rising, falling), 0.0, 1.0)
        return np.where(times < self.start, 0.0, severity)


@dataclass(slots=True)
class Faults:
    """All failures of a run."""

    planned: Sequence[Fault] = field(default_factory=tuple)

    def quantities(self, times: Floats) -> dict[Quantity, Floats]:
        """Every altered quantity over time, shape (t,) each."""
        found: dict[Quantity, Floats] = {}
        for fault in self.planned:
            severity = fault.severity(times)
            if not severity.any():
                continue
            for key, full in fault.kind.full.items():
                if key[1] in SHARES:
                    found[key] = found.get(key, np.zeros(len(times))) + full * severity
                else:
                    found[key] = found.get(key, np.ones(len(times))) * (1.0 + (full - 1.0) * severity)
        return found

    def active(self, at: float) -> list[Fault]:
        """Those that act at a time."""
        return [fault for fault in self.planned if fault.severity(np.array([at]))[0] > 0]

    def mend(self, do: str, target: str, at: float) -> bool:
        """End the failures that `do` on `target` is right for; False if it helps nothing."""
        helped = [f for f in self.active(at) if (do, target) in f.kind.mended_by and at < f.end]
        for fault in helped:
            fault.end, fault.mended = at, True
        return bool(helped)
