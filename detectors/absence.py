"""A series that usually speaks and has fallen silent.

Each series teaches its own gap: mean, spread, and the longest of late. Silence becomes surprising with an exponential
tail beyond all three, so a scrape every column is missed within about two minutes, a job that reports each hour is
given its hour, and a service that sleeps at night is missed on its first night only. Here NaN is not "unknown": it is
what is looked for. A series silent for `forget_steps` is gone, not missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import CAP, Array, Floats, State
from detectors.state import check, parameters

NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Absence:
    """Surprise of a silence; `expected` is the usual gap in columns.

    Parameters
    ----------
    half_life : gaps after which half of the usual gap is forgotten.
    forget_steps : columns of silence after which a series is no longer missed.

    Parameters per series: `patience`, columns of silence that never count, and `warmup`, samples.
    """

    half_life: float = 200.0
    forget_steps: int = 5_760

    name: ClassVar[str] = "absence"
    hears_silence: ClassVar[bool] = True
    inputs: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, float]] = {"patience": 3.0, "warmup": 20.0}

    def init(self, n: int) -> State:
        learnt: State = {name: np.zeros(n, np.float32) for name in ("seen", "gap", "spread", "longest")}
        return {"last": np.full(n, NEVER, np.int64), **learnt, **parameters(self, n)}

    def update(self, state: State, x: Array, at: int) -> tuple[Floats, Floats]:
        """Surprise 0 where there is a sample, growing where there is none; NaN before `warmup` and after being gone."""
        check(state, x)
        here, known = np.isfinite(x), state["last"] != NEVER
        silent = np.where(known, at - np.where(known, state["last"], at), 0).astype(np.float64)
        gap, longest = state["gap"].astype(np.float64), state["longest"].astype(np.float64)
        width = np.maximum(1.25 * state["spread"], 0.5 * gap)
        beyond_usual = (silent - gap) / np.maximum(width, 0.5)
        beyond_longest = (silent - longest) / np.maximum(np.maximum(width, 0.25 * longest), 0.5)
        score = np.clip(np.minimum(beyond_usual, beyond_longest) / np.log(10.0), 0.0, CAP)
        score = np.where(here | (silent <= state["p_patience"]), 0.0, score)
        ready = (state["seen"] >= state["p_warmup"]) & (silent <= self.forget_steps)
        self._learn(state, here, known, silent.astype(np.float32), at)
        return np.where(ready, score, np.nan), np.where(state["seen"] > 1.0, gap, np.nan)

    def _learn(self, state: State, here: Array, known: Array, silent: Array, at: int) -> None:
        learnt = here & known & (silent > 0) & (silent <= self.forget_steps)
        rate = np.maximum(1.0 - 0.5 ** (1.0 / self.half_life), 1.0 / (state["seen"] + 1.0)) * learnt
        error = silent - state["gap"]
        state["gap"] += (rate * error).astype(np.float32)
        state["spread"] += (rate * (np.abs(error) - state["spread"])).astype(np.float32)
        # The longest gap fades over about a month of columns that are present each time.
        faded = state["longest"] * np.float32(1.0 - 6e-6)
        state["longest"][:] = np.where(learnt, np.maximum(faded, silent), state["longest"])
        state["last"][:] = np.where(here, at, state["last"])
        state["seen"] += (here & (silent > 0)) | (here & ~known)
