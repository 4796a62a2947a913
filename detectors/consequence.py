"""What a drift costs: a feature may move far and matter to nobody.

In the reference each bin of a feature knows the mean answer (or the share of errors) of its rows. If only the mix of
bins has moved, the answer is expected to move by the difference of shares times those means; that is importance times
shift in the answer's own unit. Importance alone is the share of the answer's variance that the bins account for, less
what chance accounts for. Both see one feature at a time: what two do only together is missed.

References
----------
Kelley (1935), PNAS 21:554 (epsilon squared).
"""

from __future__ import annotations

import numpy as np

from detectors.protocol import Array, Floats


def importance(rows: Array, sums: Array, squares: Array) -> Floats:
    """Association of each feature with the answer, 0 to 1, shape (k,): the root of epsilon squared.

    Parameters
    ----------
    rows, sums : shape (k, b), rows and sum of the answers per bin.
    squares : shape (k,), sum of the squared answers of the same rows.
    """
    n, total = rows.sum(axis=1).astype(np.float64), sums.sum(axis=1)
    size = np.maximum(n, 1.0)
    overall = np.maximum(squares - total**2 / size, 0.0)
    between = np.where(rows > 0, sums**2 / np.maximum(rows, 1), 0.0).sum(axis=1) - total**2 / size
    bins = (rows > 0).sum(axis=1)
    within = np.maximum(overall - between, 0.0) / np.maximum(n - bins, 1.0)
    explained = (between - (bins - 1) * within) / np.maximum(overall, 1e-300)
    return np.asarray(np.sqrt(np.clip(np.where((overall > 0.0) & (n > bins), explained, 0.0), 0.0, 1.0)))


def expected_change(reference: Array, current: Array, rows: Array, sums: Array) -> tuple[Floats, Floats]:
    """By how much the mean answer moves if the mix of bins is all that moved, and how well that is known.

    Parameters
    ----------
    reference, current : shape (k, b), rows per bin.
    rows, sums : shape (k, b), rows of the reference whose answer is known, and the sum of their answers (0 or 1 each
        when the answer is an error). Bins are drawn to the overall mean by one row.

    Returns
    -------
    change, error : shape (k,), in the answer's unit; the error holds the sampling of means that are shares.
    """
    p, q = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) for counts in (reference, current))
    overall = (sums.sum(axis=1) / np.maximum(rows.sum(axis=1), 1))[:, None]
    mean = (sums + overall) / (rows + 1.0)
    variance = np.maximum(mean * (1.0 - mean), 0.0) / (rows + 1.0)
    moved = q - p
    return np.asarray((moved * mean).sum(axis=1)), np.asarray(np.sqrt((moved**2 * variance).sum(axis=1)))
