"""Series of a quiet month, and ten kinds of faults to put into them: what `benchmarks.budget` feeds the agent with.

One column a minute. Everything here is ordinary: heavy tails, counts, a daily shape, walks, configured values that
change now and then, counts that are nearly always 0, groups that move together, requests with errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
STEP_SECONDS, DAY_COLUMNS, GROUP = 60.0, 1_440, 20
FAMILIES = (
    *("gaussian", "student_t5", "ar1", "poisson", "seasonal", "lognormal", "integer_gauge", "walk"),
    *("constant", "rare_steps", "sparse_counts", "group", "requests", "errors"),
)
NOISY = ("gaussian", "student_t5", "ar1", "poisson", "seasonal", "lognormal", "integer_gauge")
"""Families of which a single series can show a fault that a person would call one."""
KINDS = (
    *("lasting_spike", "level_step", "slow_ramp", "variance_burst", "stuck", "drop_to_zero"),
    *("missing", "season_broken", "error_burst", "correlated"),
)
SHARE, TIGHT = 0.9, math.sqrt(1 - 0.9**2)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong: columns [begin, end) of some series."""

    kind: str
    begin: int
    end: int
    series: tuple[int, ...]


class Quiet:
    """`per` series of each family.

    Parameters
    ----------
    rng : of everything that is drawn.
    """

    def __init__(self, per: int, rng: np.random.Generator) -> None:
        self.per, self._rng, self._at = per, rng, 0
        self._ar, self._gauge = rng.normal(size=per), rng.normal(size=per)
        self._walk, self._steps = np.zeros(per), rng.integers(1, 50, per).astype(np.float64)
        self._latent = rng.normal(size=-(-per // GROUP))
        self._phase = rng.uniform(0, 2 * np.pi, per)
        self._mean, self._rare = np.geomspace(2, 200, per), np.geomspace(0.005, 0.3, per)

    def family(self, name: str) -> range:
        """Series of a family."""
        first = FAMILIES.index(name) * self.per
        return range(first, first + self.per)

    def block(self, columns: int) -> Floats:
        """The next columns, shape (columns, series)."""
        rng, shape = self._rng, (columns, self.per)
        day = 2 * np.pi * (self._at + np.arange(columns))[:, None] / DAY_COLUMNS + self._phase
        self._ar, ar = _autoregressive(self._ar, rng.normal(size=shape))
        self._gauge, gauge = _autoregressive(self._gauge, rng.normal(size=shape))
        self._latent, latent = _autoregressive(self._latent, rng.normal(size=(columns, len(self._latent))))
        walk = self._walk + np.cumsum(0.02 + rng.normal(size=shape), axis=0)
        steps = self._stepped(rng.random(shape) < 1 / 2_000, rng.integers(1, 50, shape).astype(np.float64))
        requests = rng.poisson(600 * (1 + 0.5 * np.sin(day)))
        made = {
            "gaussian": 100 + 5 * rng.normal(size=shape),
            "student_t5": 100 + 5 * rng.standard_t(5, shape),
            "ar1": 100 + 5 * ar,
            "poisson": rng.poisson(self._mean, shape),
            "seasonal": 100 + 30 * np.sin(day) + 3 * rng.normal(size=shape),
            "lognormal": np.exp(3 + 0.5 * rng.normal(size=shape)),
            "integer_gauge": np.rint(20 + 4 * gauge),
            "walk": walk,
            "constant": np.broadcast_to(np.linspace(0, 42, self.per), shape),
            "rare_steps": steps,
            "sparse_counts": rng.poisson(self._rare, shape),
            "group": 100 + 5 * np.repeat(latent, GROUP, axis=1)[:, : self.per] + 1.5 * rng.normal(size=shape),
            "requests": requests,
            "errors": rng.binomial(requests, 0.004),
        }
        self._walk, self._steps, self._at = walk[-1], steps[-1], self._at + columns
        return np.concatenate([np.asarray(made[name], np.float64) for name in FAMILIES], axis=1)

    def _stepped(self, moves: npt.NDArray[np.bool_], to: Floats) -> Floats:
        values = np.where(moves, to, np.nan)
        values[0] = np.where(moves[0], to[0], self._steps)
        place = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values))[:, None], 0), axis=0)
        return np.take_along_axis(values, place, axis=0)


def _autoregressive(last: Floats, noise: Floats) -> tuple[Floats, Floats]:
    values = np.empty_like(noise)
    for i, row in enumerate(noise):
        last = values[i] = SHARE * last + TIGHT * row
    return last.copy(), values


def schedule(quiet: Quiet, columns: range, rng: np.random.Generator, each: int = 6) -> list[Fault]:
    """`each` faults of every kind, spread over `columns`, on different series."""
    kinds = [kind for kind in KINDS for _ in range(each)]
    rng.shuffle(kinds)
    apart = len(columns) // len(kinds)
    free = {name: list(rng.permutation(list(quiet.family(name)))) for name in FAMILIES}
    return [_fault(kind, columns.start + i * apart, apart, free, rng) for i, kind in enumerate(kinds)]


def _fault(kind: str, begin: int, apart: int, free: dict[str, list[int]], rng: np.random.Generator) -> Fault:
    lasts = min(240 if kind in ("slow_ramp", "stuck") else 90, apart - 60)
    if kind == "season_broken":
        return Fault(kind, begin, begin + lasts, (int(free["seasonal"].pop()),))
    if kind == "error_burst":
        return Fault(kind, begin, begin + lasts, (int(free["errors"].pop()),))
    if kind == "correlated":
        one = int(free["group"].pop())
        first = min(free["group"])
        base = first + (one - first) // GROUP * GROUP
        return Fault(kind, begin, begin + lasts, tuple(range(base, base + GROUP // 2)))
    return Fault(kind, begin, begin + lasts, (int(free[NOISY[int(rng.integers(len(NOISY)))]].pop()),))


def inject(fault: Fault, block: Floats, first: int, scale: Floats, rng: np.random.Generator) -> None:
    """Put the part of a fault that lies in a block into it, in place.

    Parameters
    ----------
    first : column number of the block's first row.
    scale : shape (series,), usual standard deviation of each.
    """
    low, high = max(fault.begin - first, 0), min(fault.end - first, len(block))
    if low >= high:
        return
    rows, columns = slice(low, high), list(fault.series)
    part, sigma = block[rows, columns], scale[columns]
    since = (first + np.arange(low, high) - fault.begin)[:, None] / (fault.end - fault.begin)
    block[rows, columns] = {
        "lasting_spike": lambda: part + 12 * sigma,
        "level_step": lambda: part + 6 * sigma,
        "slow_ramp": lambda: part + 12 * sigma * since,
        "variance_burst": lambda: part + 5 * sigma * rng.normal(size=part.shape),
        "stuck": lambda: np.broadcast_to(part[:1] if low else block[0, columns], part.shape),
        "drop_to_zero": lambda: np.zeros_like(part),
        "missing": lambda: np.full_like(part, np.nan),
        "season_broken": lambda: 200 - part,
        "error_burst": lambda: part + rng.poisson(20, part.shape),
        "correlated": lambda: part + 5 * sigma,
    }[fault.kind]()
