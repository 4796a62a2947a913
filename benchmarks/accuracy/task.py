"""The four data sets: what is run on each, and which figures come out. Each returns rows to print, and figures."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.accuracy import data, detection, peers, score
from benchmarks.accuracy import nab as nab_score
from benchmarks.accuracy.data import Case, Floats
from benchmarks.accuracy.vus import vus_pr

Rows = list[list[str]]
Figures = dict[str, float]
AIOPS = "aiops score"
MOST_PUBLISHED = 4


def nab(folder: Path, jobs: int) -> tuple[Rows, Figures]:
    """NAB's score of its three profiles."""
    cases = data.nab(folder)
    ours = [one.alarm[:, 0] for one in score.run(cases, jobs=jobs)]
    sides = {AIOPS: ours, **_peers(cases)}
    figures: Figures = {}
    rows: Rows = [["", "standard", "low FP", "low FN", "source"]]
    for name, scores in sides.items():
        found = nab_score.score(folder, cases, {case.name: one for case, one in zip(cases, scores, strict=True)})
        rows.append([name, *(f"{value:.1f}" for value in found.values()), "run here"])
        figures |= {f"nab_{profile}": value for profile, value in found.items()} if name == AIOPS else {}
    rows += [[name, *map(str, found), peers.NAB_SOURCE] for name, found in peers.NAB.items()]
    return rows, figures


def _peers(cases: Sequence[Case]) -> dict[str, list[Floats]]:
    return {name: [one(case.values[:, 0]) for case in cases] for name, one in peers.RUN.items()}


def kpi(folder: Path, jobs: int) -> tuple[Rows, Figures]:
    """F1 within a delay, what the fixed threshold of 6 brings, and VUS-PR of the shape, of each set below `folder`."""
    cases = data.kpi(folder)
    found = score.run(cases, jobs=jobs)
    ours = [one.alarm[:, 0] for one in found]
    sides = {AIOPS: ours, **_peers(cases)}
    figures: Figures = {}
    rows: Rows = [["", "delay F1", "at 6", "event F1 at 6", "false a series-day at 6", "VUS-PR shape", "source"]]
    for group, index in _groups(cases).items():
        mine = [cases[i] for i in index]
        figures[f"{group}_shape"] = _vus(mine, [found[i].shape[:, 0] for i in index])
        for name, scores in sides.items():
            own = [scores[i] for i in index]
            best, fixed = detection.delay_f1(mine, own)
            event, false = detection.event_f1(mine, own)
            more = (fixed, event, false, figures[f"{group}_shape"])
            told = [f"{value:.3f}" if name == AIOPS else "" for value in more]
            rows.append([f"{group}: {name}", f"{best:.3f}", *told, "run here"])
            if name == AIOPS:
                names = ("delay_f1", "delay_f1_at_6", "event_f1_at_6", "false_alarms_a_series_day_at_6")
                figures |= {f"{group}_{key}": x for key, x in zip(names, (best, fixed, event, false), strict=True)}
    rows += [[f"KPI: {name}", str(value), "", "", "", "", peers.KPI_SOURCE] for name, value in peers.KPI.items()]
    return rows, figures


def _groups(cases: Sequence[Case]) -> dict[str, list[int]]:
    return {name: [i for i, one in enumerate(cases) if one.group == name] for name in sorted({c.group for c in cases})}


def tsb(folder: Path, jobs: int) -> tuple[Rows, Figures]:
    """Mean VUS-PR of the shape on TSB-AD-U and -M, beside the best that were published for these very files."""
    figures: Figures = {}
    rows: Rows = [["", "VUS-PR", "source"]]
    for kind in ("U", "M"):
        cases = data.tsb(folder, kind)
        found = score.run(cases, joint=kind == "M", jobs=jobs)
        shape = [one.shape[:, 0] if kind == "U" else one.joint_shape for one in found]
        alarm = [one.alarm[:, 0] if kind == "U" else one.joint for one in found]
        figures[f"tsb_{kind}_shape"], figures[f"tsb_{kind}_alarm"] = _vus(cases, shape), _vus(cases, alarm)
        rows.append([f"{kind}: {AIOPS}, shape", f"{figures[f'tsb_{kind}_shape']:.3f}", "run here"])
        rows.append([f"{kind}: {AIOPS}, alarm", f"{figures[f'tsb_{kind}_alarm']:.3f}", "run here"])
        published = _published(folder / f"published_VUS-PR_{kind}.csv", [case.name for case in cases])
        rows += [[f"{kind}: {name}", f"{value:.3f}", peers.TSB_SOURCE] for name, value in published]
    return rows, figures


def _published(path: Path, names: Sequence[str]) -> list[tuple[str, float]]:
    """The best methods by their mean over the files given."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as source:
        rows = {row["file"]: row for row in csv.DictReader(source)}
    facts = ("file", "ts_len", "anomaly_len", "num_anomaly", "avg_anomaly_len", "anomaly_ratio")
    methods = [one for one in next(iter(rows.values())) if one not in (*facts, "point_anomaly", "seq_anomaly")]
    means = [(one, float(np.mean([float(rows[name][one]) for name in names if name in rows]))) for one in methods]
    return sorted(means, key=lambda pair: -pair[1])[:MOST_PUBLISHED]


def mts(folder: Path, jobs: int) -> tuple[Rows, Figures]:
    """All metrics of an entity as one: VUS-PR of shape and alarm, and whether the guilty metrics are named."""
    cases = data.mts(folder)
    found = score.run(cases, joint=True, jobs=jobs)
    figures: Figures = {}
    rows: Rows = [["", "VUS-PR shape", "VUS-PR alarm", "HitRate@100", "source"]]
    for group, index in _groups(cases).items():
        mine, scores = [cases[i] for i in index], [found[i] for i in index]
        shape, alarm = _vus(mine, [one.joint_shape for one in scores]), _vus(mine, [one.joint for one in scores])
        hits = detection.hit_rate(mine, [one.alarm for one in scores])
        rows.append([f"{group}: {AIOPS}", f"{shape:.3f}", f"{alarm:.3f}", f"{hits:.3f}", "run here"])
        figures |= {f"{group}_shape": shape, f"{group}_alarm": alarm, f"{group}_hit_rate": hits}
    rows += [[f"SMD: {name}", str(value), "", "", peers.MTS_SOURCE] for name, value in peers.SMD.items()]
    return rows, figures


def _vus(cases: Sequence[Case], scores: Iterable[Floats]) -> float:
    """Mean over the cases that have a label."""
    parts = [
        vus_pr(case.truth[case.start :], one[case.start :], case.values[case.start :, 0])
        for case, one in zip(cases, scores, strict=True)
    ]
    return float(np.nanmean(parts))


TASKS: Mapping[str, tuple[str, Callable[[Path, int], tuple[Rows, Figures]]]] = {
    "nab": ("nab", nab),
    "kpi": ("kpi-wsd", kpi),
    "tsb": ("tsb-ad", tsb),
    "mts": ("mts", mts),
}
"""Name -> folder below `--data`, and what to do."""
