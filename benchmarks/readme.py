"""Writes the table of figures in README.md from what `python -m benchmarks` printed.

    make bench | python -m benchmarks.readme

It takes the last line, refuses a run with missing figures, and touches nothing but the lines between the two marks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.figures import HEADER, ROWS, table

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def markdown(found: dict[str, float]) -> str:
    """The table as README shows it; without the verdict, which a reader can see."""
    rows = [[cell.replace(">=", "≥").replace("<=", "≤") for cell in row[:-1]] for row in table(found)]
    lines = [HEADER[:-1], ["---", *["--:"] * 2, "---", *["--:"] * 2], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rewritten(text: str, found: dict[str, float]) -> str:
    """`text` with the table between its marks replaced.

    Raises
    ------
    ValueError : figures or marks are missing.
    """
    if missing := [row.key for row in ROWS if row.key not in found]:
        raise ValueError(f"not measured: {', '.join(missing)}")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{README.name} has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{markdown(found)}\n{END}{after}"


if __name__ == "__main__":
    last = sys.stdin.read().strip().splitlines()[-1]
    README.write_text(rewritten(README.read_text(encoding="utf-8"), json.loads(last)), encoding="utf-8")
