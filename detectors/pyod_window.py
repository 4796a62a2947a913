"""Rows that are odd as a whole though no column is: pyod behind a frozen, seeded model and a calibrated tail.

pyod's scores have no unit, so each is placed in the tail of the scores of the model's own training rows, held out by
fifths: a generalised Pareto beyond their upper tenth. ECOD and COPOD are refused: they score a row together with its
batch, so the same row scores differently in different company, which no replay survives. For a worker process
(`pool.py`): importing pyod takes seconds and one IForest row 12 ms, so score in batches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from detectors.protocol import CAP, Floats

MODELS = ("iforest", "hbos", "knn")
SHAPE = 0.15
SHARE = 0.1


@dataclass(slots=True)
class PyodWindow:
    """A pyod model, fitted once.

    Parameters
    ----------
    model : `iforest`, `hbos` or `knn`.
    seed : of everything random.

    Raises
    ------
    ValueError : for another model.
    """

    model: str = "iforest"
    seed: int = 0
    _fitted: Any = field(default=None, repr=False)
    _middle: Floats = field(default_factory=lambda: np.zeros(0), repr=False)
    _spread: Floats = field(default_factory=lambda: np.ones(0), repr=False)
    _edge: float = 0.0
    _excess: float = 1.0

    name: ClassVar[str] = "pyod_window"

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"model must be one of {', '.join(MODELS)}, not {self.model!r}")

    def fit(self, rows: Floats) -> PyodWindow:
        """Learn what is normal from rows of shape (m, k), m >= 50; rows with missing values are left out.

        Raises
        ------
        ValueError : if too few whole rows are left.
        """
        rows = rows[np.isfinite(rows).all(axis=1)]
        if len(rows) < 50:
            raise ValueError(f"{len(rows)} whole rows are too few to learn from, 50 are needed")
        self._middle = np.median(rows, axis=0)
        deviation = 1.4826 * np.median(np.abs(rows - self._middle), axis=0)
        self._spread = np.where(deviation > 0, deviation, np.maximum(rows.std(axis=0), 1e-9))
        rows = (rows - self._middle) / self._spread
        # Out-of-fold scores: a model is too kind to the rows it has seen.
        fold = np.arange(len(rows)) * 5 // len(rows)
        held = np.concatenate([self._train(rows[fold != f]).decision_function(rows[fold == f]) for f in range(5)])
        self._fitted = self._train(rows)
        self._edge = float(np.quantile(held, 1.0 - SHARE))
        beyond = held[held > self._edge] - self._edge
        self._excess = float(beyond.mean()) if len(beyond) else 1e-9
        return self

    def score(self, window: Floats) -> Floats:
        """Surprise, shape (w,), of rows of shape (w, k); NaN for rows with missing values.

        Raises
        ------
        ValueError : before `fit`.
        """
        if self._fitted is None:
            raise ValueError("fit the model first")
        result = np.full(len(window), np.nan)
        whole = np.isfinite(window).all(axis=1)
        if whole.any():
            raw = self._fitted.decision_function((window[whole] - self._middle) / self._spread)
            width = max((1.0 - SHAPE) * self._excess, 1e-12)
            tail = -np.log10(SHARE) + np.log10(1.0 + SHAPE * np.maximum(raw - self._edge, 0.0) / width) / SHAPE
            result[whole] = np.where(raw > self._edge, np.minimum(tail, CAP), 0.0)
        return result

    def _train(self, rows: Floats) -> Any:
        if self.model == "iforest":
            from pyod.models.iforest import IForest

            return IForest(random_state=self.seed).fit(rows)
        if self.model == "hbos":
            from pyod.models.hbos import HBOS

            return HBOS().fit(rows)
        from pyod.models.knn import KNN

        return KNN(n_neighbors=10).fit(rows)
