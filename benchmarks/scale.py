"""What a step costs at 1,000 to 1,000,000 series: remote-write bytes in, incidents out, every shipped rule in force.

No peer does this; the figures are core-seconds a step and bytes a series, beside the 15 s there are, and how far they
lie from a straight line. Each size runs in a process of its own. With `--picture` the whole of `aiops run` is measured
at the sizes of `--whole` as well (commit, ring files, web server, threads; some minutes a size) and drawn.

    python -m benchmarks.scale [--sizes 1000,10000,100000,1000000] [--picture docs/images/scale.svg]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import daemon
from benchmarks.fleet import Fleet

SIZES = (1_000, 10_000, 100_000, 1_000_000)
STEP_SECONDS, BEGIN = 15.0, 1_700_000_010
WARM_STEPS, STEPS = 4, 12
QUICK_PAST = 12
WHOLE = (1_000, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of so many series: core-seconds a step, resident bytes beyond those of an empty agent, resident bytes in all."""

    series: int
    seconds: float
    bytes: float
    resident: float


@dataclass(frozen=True, slots=True)
class Line:
    """`fixed + each * n`, and by which factor the point furthest from it is off."""

    fixed: float
    each: float
    furthest: float


def step(series: int) -> Cost:
    """One partition that has seen all its series, a scrape at a time; from records to incidents."""
    from aiops.decode.series import SeriesLimits
    from aiops.detect.partition import Settings
    from aiops.detect.rule import PACKS, load_rules
    from aiops.pipeline import Pipeline

    fleet = Fleet(series)
    limits = SeriesLimits(per_metric=series, total=series)
    pipeline = Pipeline(Settings(STEP_SECONDS, 10.0, 2.0, tuple(load_rules(PACKS)), limits))
    pipeline.warm()
    before, seconds = _resident(), []
    for number in range(WARM_STEPS + STEPS):
        at = BEGIN + number * STEP_SECONDS
        records = fleet.records(at)
        began = time.process_time()
        outcome = pipeline.step([records], at + 1.0)
        seconds.append(time.process_time() - began)
        if outcome.dropped:
            raise ValueError(f"refused: {dict(outcome.dropped)}")
    grown = max(0.0, _resident() - before)
    return Cost(series, median(seconds[WARM_STEPS:]), grown / series, _resident())


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def alone(series: int) -> Cost:
    """`step` in a process of its own: memory is what that size alone takes."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as one:
        return one.submit(step, series).result()


def fit(sizes: Sequence[float], costs: Sequence[float]) -> Line:
    """The straight line of least relative error: a small size counts as much as a large one."""
    x, y = np.asarray(sizes, np.float64), np.asarray(costs, np.float64)
    weighted = np.stack([1.0 / y, x / y], axis=1)
    (fixed, each), *_ = np.linalg.lstsq(weighted, np.ones(len(y)), rcond=None)
    ratio = y / (fixed + each * x)
    return Line(float(fixed), float(each), float(np.max(np.maximum(ratio, 1.0 / ratio))))


def measure() -> dict[str, float]:
    """`step_seconds` (core-seconds at 100,000 series, target <= 0.5), `step_resident_gigabytes` (<= 1.5),
    `scale_off_line` (<= 2) and what they are made of."""
    costs = {size: alone(size) for size in SIZES}
    return figures(costs)


def figures(costs: dict[int, Cost]) -> dict[str, float]:
    """The figures of a set of sizes."""
    line = fit(list(costs), [one.seconds for one in costs.values()])
    found = {"scale_off_line": line.furthest, "scale_microseconds_a_series": 1e6 * line.each}
    for size, one in costs.items():
        found[f"scale_step_seconds_{size}"] = one.seconds
        found[f"scale_bytes_a_series_{size}"] = one.bytes
    if at := costs.get(100_000):
        found |= {"step_seconds": at.seconds, "step_resident_gigabytes": at.resident / 1e9}
    return found


def whole(size: int) -> dict[str, float]:
    """`aiops run` at one size; a short past, because what a step costs does not depend on it."""
    return daemon.run(size, minutes=1.5, past_steps=QUICK_PAST)


def main() -> None:
    """Print one line a size, the straight line through them, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--whole", default=",".join(map(str, WHOLE)))
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    whole_sizes = [int(one) for one in asked.whole.split(",") if one and asked.picture]
    costs: dict[int, Cost] = {}
    runs: dict[int, dict[str, float]] = {}
    for size in map(int, asked.sizes.split(",")):
        one = costs[size] = alone(size)
        print(f"{size:>9,} series: {1e3 * one.seconds:10.2f} ms a step, {one.bytes:7.0f} bytes a series")
        if size in whole_sizes:
            runs[size] = whole(size)
            seconds, held = runs[size]["daemon_core_seconds_a_step"], runs[size]["daemon_resident_gigabytes"]
            print(f"{'':>16}  aiops run: {1e3 * seconds:.0f} ms a step, {held:.2f} GB")
    line = fit(list(costs), [one.seconds for one in costs.values()])
    print(f"{1e3 * line.fixed:.2f} ms + {1e6 * line.each:.3f} us a series; furthest point off by {line.furthest:.2f} x")
    if asked.picture:
        from benchmarks.picture import scale

        scale(asked.picture, costs, runs)
    print(json.dumps({**figures(costs), **{f"run_{size}": one for size, one in runs.items()}}))


if __name__ == "__main__":
    main()
