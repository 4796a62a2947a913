"""F1 of alarms in two honest ways; point adjustment, which makes noise look good, is not among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.data import Case, Floats, runs

ALARM = 6.0
"""One in a million: what `surprise` says literally."""
SHORT_STEP_SECONDS = 300.0


def delay_f1(cases: Sequence[Case], scores: Sequence[Floats]) -> tuple[float, float]:
    """Point F1 where a segment counts wholly if there is an alarm within its first 7 rows after the first, else not.

    Of steps beyond five minutes 3 rows. One threshold for all series, exact.

    Returns
    -------
    F1 at the best threshold, F1 at surprise 6.

    References
    ----------
    Ren et al. (2019), KDD 3009.
    """
    reached: list[tuple[float, int]] = []
    quiet = []
    for case, score in zip(cases, scores, strict=True):
        delay = 7 if case.interval <= SHORT_STEP_SECONDS else 3
        truth, judged = case.truth[case.start :], score[case.start :]
        reached += [(float(judged[a : min(b, a + delay + 1)].max()), int(b - a)) for a, b in runs(truth)]
        quiet.append(judged[~truth])
    noise, labelled = np.sort(np.concatenate(quiet)), sum(size for _, size in reached)

    def f1(threshold: float) -> float:
        found = sum(size for peak, size in reached if peak >= threshold)
        false = len(noise) - int(np.searchsorted(noise, threshold))
        return 2.0 * found / (found + labelled + false) if labelled else float("nan")

    return max(f1(peak) for peak in {peak for peak, _ in reached}), f1(ALARM)


def event_f1(cases: Sequence[Case], scores: Sequence[Floats], threshold: float = ALARM) -> tuple[float, float]:
    """F1 of runs of alarms against labelled segments, any overlap counts; and false runs a series and day."""
    found = segments = alarms = true = 0
    days = 0.0
    for case, score in zip(cases, scores, strict=True):
        truth, alarm = case.truth[case.start :], score[case.start :] >= threshold
        labelled, raised = runs(truth), runs(alarm)
        found += sum(bool(alarm[a:b].any()) for a, b in labelled)
        true += sum(bool(truth[a:b].any()) for a, b in raised)
        segments, alarms = segments + len(labelled), alarms + len(raised)
        days += len(truth) * case.interval / 86_400.0
    precision, recall = true / max(alarms, 1), found / max(segments, 1)
    return 2.0 * precision * recall / max(precision + recall, 1e-12), (alarms - true) / max(days, 1e-9)


def hit_rate(cases: Sequence[Case], scores: Sequence[Floats]) -> float:
    """HitRate@100: of a segment's g guilty columns, the share among the g most surprised; ties count against us.

    `scores` has shape (rows, columns) for each case.

    References
    ----------
    Su et al. (2019), KDD 2828.
    """
    shares = []
    for case, score in zip(cases, scores, strict=True):
        for first, last, guilty in case.culprits:
            mean = score[first:last].mean(axis=0)
            ranks = [int(np.count_nonzero(mean >= mean[column])) for column in guilty]
            shares.append(sum(rank <= len(guilty) for rank in ranks) / len(guilty))
    return float(np.mean(shares)) if shares else float("nan")
