"""How well a classifier does before anybody has told it the truth (confidence-based performance estimation).

Where probabilities are calibrated they already say how often each answer is right. A reference with labels teaches
the rate of positives per bin of probability (isotonic, so that the map never falls); rows without labels are then
counted by bin and answer, and their confusion matrix is expected, not seen.

It is blind, by construction, to a change of P(y | probability): if the world changes its mind and the inputs look the
same, the estimate stays where it was. Only labels can tell that (`concept`, `calibration.same_outcomes`).

References
----------
Garg et al. (2022), ICLR, arXiv 2201.04234; Guillory et al. (2021), ICCV, arXiv 2107.03315.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.calibration import BINS, POSITIVES, ROWS, bin_of
from detectors.protocol import Array, Floats
from detectors.tail import normal

TP, FP, FN, TN = range(4)
PRIOR_ROWS = 1.0
"""Rows at each bin's own centre that are supposed beside those seen: an empty bin says what its probability says."""


def tally(probability: Array, answer: Array) -> Array:
    """Rows per bin of probability and answer, int64, shape (BINS, 2); tallies of parts add up.

    Parameters
    ----------
    probability : shape (m,), of the class 1, 0 to 1; rows that are NaN or outside do not count.
    answer : shape (m,), the class that was answered, 0 or 1.
    """
    p, said = np.asarray(probability, np.float64), np.asarray(answer, np.float64)
    fine = (p >= 0.0) & (p <= 1.0) & np.isfinite(said)
    counts = np.zeros((BINS, 2), np.int64)
    np.add.at(counts, (bin_of(p[fine]), (said[fine] > 0.5).astype(np.int64)), 1)
    return counts


def calibrate(counts: Array) -> Floats:
    """Rate of outcomes 1 per bin of probability, never falling, shape (BINS,).

    Parameters
    ----------
    counts : shape (BINS, 4), from `calibration.tally` over rows with labels.
    """
    centre = (np.arange(BINS) + 0.5) / BINS
    weight = counts[:, ROWS] + PRIOR_ROWS
    return isotonic((counts[:, POSITIVES] + PRIOR_ROWS * centre) / weight, weight)


def isotonic(values: Array, weights: Array) -> Floats:
    """The never falling sequence nearest to `values` (pool adjacent violators), shape (k,).

    References
    ----------
    Ayer et al. (1955), Annals of Mathematical Statistics 26:641.
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        block = (float(value), float(weight), 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, mass, size = blocks.pop()
            both = mass + block[1]
            block = ((mean * mass + block[0] * block[1]) / both, both, size + block[2])
        blocks.append(block)
    return np.repeat([mean for mean, _, _ in blocks], [size for _, _, size in blocks])


def confusion(rates: Array, answers: Array) -> Floats:
    """Expected share of TP, FP, FN, TN, shape (..., 4), of answers (..., BINS, 2); NaN without rows."""
    said = answers / np.maximum(answers.sum(axis=(-2, -1), keepdims=True), 1)
    one, zero = said[..., 1], said[..., 0]
    parts = (one * rates, one * (1.0 - rates), zero * rates, zero * (1.0 - rates))
    shares = np.stack([part.sum(axis=-1) for part in parts], axis=-1)
    empty = answers.sum(axis=(-2, -1)) == 0
    return np.where(np.asarray(empty)[..., None], np.nan, shares)


def metrics(shares: Array) -> dict[str, float]:
    """accuracy, precision, recall and f1 of one confusion matrix, shape (4,); NaN where nothing divides."""
    tp, fp, fn, tn = (float(shares[i]) for i in (TP, FP, FN, TN))
    return {
        "accuracy": tp + tn,
        "precision": _ratio(tp, tp + fp),
        "recall": _ratio(tp, tp + fn),
        "f1": _ratio(2.0 * tp, 2.0 * tp + fp + fn),
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else float("nan")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Accuracy of two samples as estimated, and how surprising it is that the second is that much lower."""

    reference: float
    current: float
    surprise: float


def loss(labelled: Array, reference: Array, current: Array) -> Estimate:
    """Whether accuracy has fallen, as far as probabilities can tell.

    The error bar holds the sampling of both samples and, where the mix of bins moved, how well each bin's rate is
    known.

    Parameters
    ----------
    labelled : shape (BINS, 4), `calibration.tally` of the rows that taught the rates.
    reference, current : shape (BINS, 2), from `tally`.

    Returns
    -------
    NaN accuracies and surprise 0 when either sample is empty.
    """
    rates = calibrate(labelled)
    right = np.stack([1.0 - rates, rates], axis=1)
    sizes = [float(counts.sum()) for counts in (reference, current)]
    if min(sizes) <= 0.0:
        return Estimate(float("nan"), float("nan"), 0.0)
    shares = [counts / size for counts, size in zip((reference, current), sizes, strict=True)]
    means = [float((share * right).sum()) for share in shares]
    spread = sum(
        float((share * right**2).sum() - mean**2) / size for share, mean, size in zip(shares, means, sizes, strict=True)
    )
    # A bin's rate is one number for both answers: an error of it counts for `1`, and against `0`.
    moved = shares[1] - shares[0]
    known = rates * (1.0 - rates) / (labelled[:, ROWS] + PRIOR_ROWS)
    error = np.sqrt(max(spread, 0.0) + float(((moved[:, 1] - moved[:, 0]) ** 2 * known).sum()))
    fall = means[0] - means[1]
    return Estimate(means[0], means[1], float(normal(np.array(fall / error))) if error > 0.0 and fall > 0.0 else 0.0)
