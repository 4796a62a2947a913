"""Runs every benchmark, each in a process of its own, and prints what came out beside its target.

    python -m benchmarks [NAME ...]

The last line is one JSON object of all figures. A missed target is marked and is no failure; a crash is.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from benchmarks.figures import HEADER, NAMES, run, table


def main(names: list[str]) -> int:
    """Run and print; 1 = a benchmark crashed."""
    found: dict[str, float] = {}
    crashed = []
    for name in names or NAMES:
        began = time.monotonic()
        try:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
                found |= alone.submit(run, name).result()
        except Exception as error:  # noqa: BLE001 - whatever it was, the others shall be measured
            crashed.append(name)
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    rows = [HEADER, *table(found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print("Samples or lines per second of one core; each peer in turns with us, in the same run.")
    print(json.dumps({key: float(f"{value:.6g}") for key, value in found.items()}))
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
