"""A series taken apart by statsmodels (STL, ETS), to seed a baseline's level, season and scale from history.

One NaN makes both fits almost wholly non-finite, so gaps are interpolated first; a fit takes 0.4 to 2.7 s at a period
of 288 and fails on ordinary data now and then, so this belongs into a worker process (`pool.py`), never the loop.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.protocol import CAP, Floats
from detectors.tail import normal


class FitError(Exception):
    """The series could not be taken apart; the baseline then learns from scratch."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a fit found.

    Attributes
    ----------
    level : at the end of the series. season : shape (period,), from phase 0, mean 0. scale : mean absolute remainder.
    remainder : shape (w,), what neither explains; interpolated samples included.
    """

    level: float
    season: Floats
    scale: float
    remainder: Floats


@dataclass(frozen=True, slots=True)
class Decompose:
    """STL (robust) or additive ETS.

    Parameters
    ----------
    period : samples in a season.
    method : `stl` or `ets`.
    """

    period: int = 288
    method: str = "stl"

    name: ClassVar[str] = "decompose"

    def split(self, values: Floats) -> Parts:
        """Take one series apart, shape (w,), w >= 2 periods; the first sample has phase 0.

        Raises
        ------
        ValueError : if the series is shorter than two periods.
        FitError : if fewer than half the samples are finite, or the fit does not converge to numbers.
        """
        if len(values) < 2 * self.period:
            raise ValueError(f"{len(values)} samples are less than two periods of {self.period}")
        filled = _filled(values)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                level, remainder, seasonal = self._stl(filled) if self.method == "stl" else self._ets(filled)
        except np.linalg.LinAlgError as error:
            raise FitError(f"{self.method} failed: {error}") from error
        phase = np.arange(len(values)) % self.period
        season = np.bincount(phase, seasonal) / np.bincount(phase)
        if not (np.isfinite(season).all() and np.isfinite(level)):
            raise FitError(f"{self.method} gave values that are not finite")
        middle = season.mean()
        return Parts(level + float(middle), season - middle, float(np.mean(np.abs(remainder))), remainder)

    def score(self, window: Floats) -> Floats:
        """Surprise of each remainder, shape (w,), of a window of shape (w,) or (w, 1); NaN where no sample was."""
        values = window.reshape(-1)
        parts = self.split(values)
        z = np.abs(parts.remainder) / max(1.2533 * parts.scale, 1e-12)
        return np.where(np.isfinite(values), np.clip(normal(z) - np.log10(2.0), 0.0, CAP), np.nan)

    def _stl(self, values: Floats) -> tuple[float, Floats, Floats]:
        from statsmodels.tsa.seasonal import STL

        # Trend and low pass bend little within a tenth of a season: between such points straight lines do.
        jump = max(1, self.period // 10)
        fit = STL(values, period=self.period, robust=True, trend_jump=jump, low_pass_jump=jump).fit()
        return float(fit.trend[-1]), np.asarray(fit.resid), np.asarray(fit.seasonal)

    def _ets(self, values: Floats) -> tuple[float, Floats, Floats]:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        model = ExponentialSmoothing(
            values, trend="add", damped_trend=True, seasonal="add", seasonal_periods=self.period,
            initialization_method="heuristic",
        )  # fmt: skip
        fit = model.fit()
        return float(fit.level[-1]), np.asarray(fit.resid), np.asarray(fit.season)


def _filled(values: Floats) -> Floats:
    """Gaps bridged by straight lines."""
    here = np.isfinite(values)
    if here.sum() * 2 < len(values):
        raise FitError("fewer than half of the samples are there")
    at = np.arange(len(values))
    return np.asarray(np.interp(at, at[here], values[here]))
