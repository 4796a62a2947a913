"""A quiet month of 10,000 mixed series under a budget of two false pages a week, and sixty faults that shall page.

    python -m benchmarks.budget [--seeds 8] [--series 10000] [--days 28] [--budget 2]

The months hold nothing but noise: every page in them is false. They begin with an agent that knows nothing; nothing is
left out. The faults are a run of their own: two quiet weeks, then sixty faults in one. Rules, detectors, watch, bounds,
budget, grouping are the agent's; only decoding is skipped, columns go in as they are. Without feedback: nobody judges.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from aiops.detect.partition import Settings
from aiops.detect.rule import Rule
from aiops.pipeline import Pipeline
from aiops.types import Decoded, Incident, Kind, Labels, Samples
from benchmarks.quiet_series import (
    DAY_COLUMNS,
    FAMILIES,
    GROUP,
    KINDS,
    STEP_SECONDS,
    Fault,
    Floats,
    Quiet,
    inject,
    schedule,
)

BEGIN, BLOCK = 28_333_440, 240
"""First column (a midnight, UTC), and columns made at once."""
SERIES_AN_ENTITY = 5
WARM_DAYS, FAULT_DAYS = 14, 7
PARTITION = "month"
RULES = [
    {
        "alert": "SeriesUnusual", "id": "series-unusual", "for": "3m",
        "signal": '{__name__=~".+", __name__!~"requests|errors"}',
        "detector": {"type": "baseline", "floor_share": 0.02},
    },
    {
        "alert": "SeriesSilent", "id": "series-silent", "signal": '{__name__=~".+"}', "for": "3m",
        "detector": {"type": "absence"},
    },
    {
        "alert": "SeriesStuck", "id": "series-stuck", "signal": '{__name__=~".+"}', "for": "3m",
        "detector": {"type": "stuck"},
    },
    {
        "alert": "ErrorRatio", "id": "error-ratio", "signal": "sum by (service_name) (increase(errors[1m]))",
        "total": "sum by (service_name) (increase(requests[1m]))", "for": "3m",
        "detector": {"type": "proportion", "direction": "up", "min_effect": 0.01, "min_trials": 20, "window": "2m"},
    },
]  # fmt: skip


@dataclass(slots=True)
class Month:
    """What a run led to: incidents as they last were, by the id they were opened under."""

    pages: dict[str, Incident] = field(default_factory=dict)
    proposals: Counter[str] = field(default_factory=Counter)
    expected: float = 0.0
    threshold: float = 0.0
    seconds: float = 0.0


def agent(pages_per_week: float) -> Pipeline:
    """The agent with its rules, knowing nothing."""
    rules = tuple(Rule.model_validate({"world": "it", **one}) for one in RULES)
    return Pipeline(Settings(STEP_SECONDS, 0.0, pages_per_week, rules))


def label(quiet: Quiet, i: int) -> tuple[Labels, Kind]:
    """Of series i: what moves together is one service, and so are requests and their errors; else five are."""
    family, number = FAMILIES[i // quiet.per], i % quiet.per
    if family in ("requests", "errors"):
        return Labels.of(family, {"service_name": f"web-{number}"}), Kind.DELTA
    entity = f"group-{number // GROUP}" if family == "group" else f"{family}-{number // SERIES_AN_ENTITY}"
    return Labels.of(family, {"service_name": entity, "n": str(number)}), Kind.GAUGE


def play(pipeline: Pipeline, quiet: Quiet, blocks: Iterator[Floats], days: float, name: str) -> Month:
    """Feed columns; note pages."""
    partition, month, began = pipeline.partition(PARTITION), Month(), time.monotonic()
    slots = np.array([partition.table.slot(*label(quiet, i)) for i in range(quiet.per * len(FAMILIES))], np.int32)
    at, end = BEGIN, BEGIN + round(days * DAY_COLUMNS)
    record = np.zeros(len(slots), np.int32)
    for block in blocks:
        for row in block[: end - at]:
            samples = Samples(slots, np.full(len(slots), at * STEP_SECONDS), row, record)
            partition.take(Decoded(samples))
            at += 1
            outcome = pipeline.step([], at * STEP_SECONDS, quiet={PARTITION: at * STEP_SECONDS})
            month.proposals += outcome.findings
            for moved in outcome.moved:
                for incident in moved.incidents:
                    for former in moved.renamed.get(incident.id, ()):
                        month.pages.pop(former, None)
                    month.pages[incident.id] = incident
        done = (at - BEGIN) / (end - BEGIN)
        print(
            f"\r{name}: {done:4.0%}, {len(month.pages)} pages, {time.monotonic() - began:.0f} s",
            end="",
            file=sys.stderr,
        )
        if at >= end:
            break
    print(file=sys.stderr)
    allowance = pipeline.correlator.allowance
    month.expected, month.seconds = allowance.expected(at * STEP_SECONDS), time.monotonic() - began
    month.threshold = allowance.thresholds(at * STEP_SECONDS)["series-unusual"]
    return month


def blocks(quiet: Quiet, faults: Sequence[Fault] = (), rng: np.random.Generator | None = None) -> Iterator[Floats]:
    """Quiet columns without end, with faults in them if given; numbers of columns count from 0."""
    first, scale = 0, np.ones(1)
    while True:
        block = quiet.block(BLOCK)
        if first == 0:
            scale = np.maximum(block.std(axis=0), 1e-9)
        for fault in faults:
            inject(fault, block, first, scale, rng or np.random.default_rng(0))
        first += BLOCK
        yield block


def found(fault: Fault, quiet: Quiet, month: Month) -> float | None:
    """Minutes until somebody was paged for a fault; None = nobody was."""
    entities = {label(quiet, i)[0].entity for i in fault.series}
    begin, end = ((BEGIN + at) * STEP_SECONDS for at in (fault.begin, fault.end))
    delays = [
        one.detected - begin
        for page in month.pages.values()
        for one in page.findings
        if one.entity in entities and begin - STEP_SECONDS <= page.detected <= end + 600 and one.asked_by
    ]
    return min(delays) / 60.0 if delays else None


def recall(series: int, pages_per_week: float, seed: int) -> tuple[dict[str, list[float | None]], int]:
    """Delay of each fault by kind, and pages that were for none of them."""
    rng = np.random.default_rng([seed, 1])
    quiet = Quiet(series // len(FAMILIES), rng)
    days = range(WARM_DAYS * DAY_COLUMNS, (WARM_DAYS + FAULT_DAYS) * DAY_COLUMNS)
    faults = schedule(quiet, days, rng)
    month = play(agent(pages_per_week), quiet, blocks(quiet, faults, rng), WARM_DAYS + FAULT_DAYS, "faults")
    delays: dict[str, list[float | None]] = {kind: [] for kind in KINDS}
    for fault in faults:
        delays[fault.kind].append(found(fault, quiet, month))
    guilty = {label(quiet, i)[0].entity for fault in faults for i in fault.series}
    return delays, sum(guilty.isdisjoint(page.entities) for page in month.pages.values())


def interval(pages: int, weeks: float) -> tuple[float, float]:
    """Exact 90 % interval of a Poisson rate a week (Garwood 1936)."""
    lower = stats.chi2.ppf(0.05, 2 * pages) / 2 if pages else 0.0
    return float(lower / weeks), float(stats.chi2.ppf(0.95, 2 * pages + 2) / 2 / weeks)


def months(given: argparse.Namespace) -> dict[str, object]:
    """Quiet months, one a seed."""
    weeks, pages = given.days / 7, []
    for seed in range(given.seeds):
        quiet = Quiet(given.series // len(FAMILIES), np.random.default_rng(seed))
        month = play(agent(given.budget), quiet, blocks(quiet), given.days, f"seed {seed}")
        pages.append(len(month.pages))
        families = dict(Counter(one.findings[0].labels.get("metric", "errors") for one in month.pages.values()))
        days = sorted(round((one.detected / STEP_SECONDS - BEGIN) / DAY_COLUMNS, 1) for one in month.pages.values())
        print(f"seed {seed}: {pages[-1] / weeks:.2f} pages a week {families} on days {days}; {month.seconds:.0f} s")
        print(f"    proposals {dict(month.proposals)}, threshold {month.threshold:.2f}", flush=True)
    if not pages:
        return {}
    mean, (low, high) = sum(pages) / weeks / len(pages), interval(sum(pages), weeks * len(pages))
    print(f"{mean:.2f} false pages a week (90 %: {low:.2f} to {high:.2f}) under a budget of {given.budget:g}")
    return {"pages_per_week": mean, "lower": low, "upper": high, "per_seed": [one / weeks for one in pages]}


def faults(given: argparse.Namespace) -> dict[str, object]:
    """Sixty faults, found or not."""
    delays, others = recall(given.series, given.budget, 0)
    shares = {}
    for kind, each in delays.items():
        known = [one for one in each if one is not None]
        shares[kind] = len(known) / len(each)
        print(f"{kind:15} {len(known)} of {len(each)}", f"median delay {np.median(known):.0f} min" if known else "")
    print(f"{sum(shares.values()) / len(shares):.0%} found; {others} pages in three weeks were for none of them")
    return {"recall": sum(shares.values()) / len(shares), "recall_by_kind": shares, "other_pages": others}


def main() -> None:
    """Run, print, and end with one line of JSON."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--seeds", type=int, default=8)
    reader.add_argument("--series", type=int, default=10_000)
    reader.add_argument("--days", type=float, default=28.0)
    reader.add_argument("--budget", type=float, default=2.0)
    reader.add_argument("--no-faults", action="store_true")
    given = reader.parse_args()
    figures = {"series": given.series, "days": given.days, "seeds": given.seeds, "budget": given.budget}
    figures |= months(given)
    if not given.no_faults:
        figures |= faults(given)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
