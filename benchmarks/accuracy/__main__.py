"""Prints how good the surprise is on public labelled data, beside peers; the last line is JSON.

    python -m benchmarks.accuracy --data FOLDER [nab] [kpi] [tsb] [mts] [--jobs 2]

FOLDER holds nab/, kpi-wsd/, tsb-ad/ and mts/, in the forms that `benchmarks/accuracy/data.py` names; what is not there
is left out and said. One configuration for every file, row t from rows up to t, and no point adjustment.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.accuracy.task import TASKS


def main() -> int:
    """Run and print; 2 = none of the data is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TASKS)}; all when none is named")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--jobs", type=int, default=1, help="files scored at the same time")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.names) - TASKS.keys()):
        parser.error(f"no data set is named {unknown[0]!r}; known: {', '.join(TASKS)}")
    found: dict[str, float] = {}
    for name in asked.names or TASKS:
        folder, task = asked.data / TASKS[name][0], TASKS[name][1]
        if not folder.is_dir():
            print(f"{name}: left out, {folder} is not there (forms: benchmarks/accuracy/data.py)", file=sys.stderr)
            continue
        began = time.monotonic()
        rows, figures = task(folder, asked.jobs)
        found |= figures
        _show(rows)
        print(f"{name}: {time.monotonic() - began:.0f} s\n", file=sys.stderr)
    if not found:
        return 2
    print(json.dumps({key: round(value, 4) for key, value in found.items()}))
    return 0


def _show(rows: list[list[str]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()


if __name__ == "__main__":
    sys.exit(main())
