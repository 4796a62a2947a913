"""What a second opinion is worth: what the baseline proposes on labelled data, and what the deeper stage shares.

    python -m benchmarks.cascade --data FOLDER      # FOLDER holds kpi-wsd/, see benchmarks/accuracy/data.py

A proposal is what fires at surprise 6 for two rows. On a labelled stretch it is right; with no label within an hour it
is taken for false, which labels made by people do not always bear out; what lies between counts as neither. A stretch
is kept if any proposal on it is confirmed before it ends.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aiops.detect import watch
from aiops.detect.cascade import HISTORY, LEAD
from benchmarks.accuracy.data import Case, Floats, kpi, runs
from detectors.baseline import Baseline
from detectors.deep import Deep

SURPRISE, HOLD, KEEP_SECONDS = 6.0, 1, 300.0
WARM, NEAR, MOST_ROWS = 2_880, 60, 30_000
LEVELS, HISTORIES = (1.0, 1.5, 2.0), (HISTORY,)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Onset, and last row in which it fired; the labelled stretch it lies on, or None."""

    since: int
    fired: int
    end: int
    stretch: tuple[str, int] | None


def proposals(case: Case) -> Iterator[Proposal]:
    """What the baseline proposes on one series, once it is known."""
    values, truth = case.values[:MOST_ROWS, 0], case.truth[:MOST_ROWS]
    at = _columns(case)
    detector = Baseline(step_seconds=case.interval)
    state, gate = detector.init(1), watch.init(1)
    keep = np.asarray([max(1, round(KEEP_SECONDS / case.interval))])
    limits = watch.Limits(np.asarray([SURPRISE]), np.asarray([HOLD]), keep)
    found: list[tuple[int, int, int]] = []
    for row, value in enumerate(values):
        column = np.asarray([value])
        surprise, expected = detector.update(state, column, int(at[row]))
        if len(watch.update(gate, limits, surprise, (column, expected), row).fired):
            found.append((int(gate["since"][0]), row, row))
        elif gate["gate"][0] == watch.FIRING:
            found[-1] = (*found[-1][:2], row)
    stretches = runs(truth)
    for since, fired, end in found:
        on = np.flatnonzero((stretches[:, 0] <= end) & (stretches[:, 1] > since - 5))
        near = truth[max(0, since - NEAR) : end + NEAR].any()
        if since >= WARM and (len(on) or not near):
            yield Proposal(since, fired, end, (case.name, int(on[0])) if len(on) else None)


def _columns(case: Case) -> npt.NDArray[np.int64]:
    assert case.time is not None
    return np.asarray(case.time[:MOST_ROWS] // case.interval, np.int64)


def opinion(case: Case, one: Proposal, history: int, last: int) -> float:
    """The largest deep surprise since shortly before the onset, up to `last`, from so many rows of past."""
    begin = max(0, one.since - history + 1)
    detector = Deep(step_seconds=case.interval)
    values, at = case.values[begin : last + 1], _columns(case)[begin : last + 1]
    surprise, _ = detector.scan(detector.init(1), np.ascontiguousarray(values), at)
    recent: Floats = np.nan_to_num(surprise[max(0, one.since - LEAD - begin) :, 0])
    return float(recent.max(initial=0.0))


def measure(folder: Path) -> tuple[list[str], dict[str, float]]:
    """Lines to print, and the figures."""
    found = [(case, one) for case in kpi(folder) for one in proposals(case)]
    stretches = {one.stretch for _, one in found if one.stretch}
    quiet = sum(one.stretch is None for _, one in found)
    lines, figures = [f"no second opinion: {len(stretches)} stretches, {quiet} quiet proposals"], {}
    for history in HISTORIES:
        said = {"fired": [opinion(case, one, history, one.fired) for case, one in found]}
        said["end"] = [opinion(case, one, history, one.end) for case, one in found]
        for when, deep in said.items():
            for level in LEVELS:
                kept = [one for (_, one), surprise in zip(found, deep, strict=True) if surprise >= level]
                held = len({one.stretch for one in kept if one.stretch})
                false = sum(one.stretch is None for one in kept)
                lines.append(f"{history} rows, {level:g} by {when}: {held} stretches, {false} quiet proposals")
                figures[f"stretches_{history}_{level:g}_{when}"] = held / len(stretches)
                figures[f"quiet_{history}_{level:g}_{when}"] = false / max(quiet, 1)
    return lines, figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    told, numbers = measure(parser.parse_args().data / "kpi-wsd")
    print(*told, json.dumps(numbers), sep="\n")
