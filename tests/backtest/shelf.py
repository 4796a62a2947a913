"""An hour of three services, each in trouble once, and rules to see it by, in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

START, STEP, ROWS = 1_760_000_400.0, 15.0, 240
LATE, TROUBLE, ENDED = 102, 100, 140
"""Rows: `shop` fails from LATE, `base`, which it calls, is loaded from TROUBLE; both to ENDED."""
LOAD: dict[str, Any] = {
    "alert": "HighLoad",
    "id": "high-load",
    "world": "it",
    "signal": "load",
    "detector": {"type": "threshold", "above": 10},
    "keep_firing_for": "1m",
}
DEPTH: dict[str, Any] = {
    **LOAD,
    "alert": "Deep",
    "id": "deep",
    "signal": "depth",
    "detector": {"type": "baseline"},
    "threshold": 2,
}
FAILED: dict[str, Any] = {**LOAD, "alert": "Failing", "id": "failing", "signal": "failed"}


def recording(folder: Path) -> Path:
    """metrics.csv and topology.csv."""
    folder.mkdir()
    lines = ["timestamp,entity,metric,value"]
    for row in range(ROWS):
        at = START + row * STEP + 1
        lines.append(f"{at},base,load,{15 if TROUBLE <= row < ENDED else 5 + row % 3}")
        lines.append(f"{at},shop,failed,{20 if LATE <= row < ENDED else row % 2}")
        lines.append(f"{at},cart,depth,{100 + (row * 7919) % 13 + (60 if row >= 200 else 0)}")
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    (folder / "topology.csv").write_text("source,target,kind\nshop,base,calls\n")
    return folder


def config(folder: Path, name: str, rules: list[dict[str, Any]], **more: Any) -> Path:
    """A configuration with these rules alone; YAML is JSON's superset."""
    (folder / f"{name}.rules.yaml").write_text(json.dumps({"rules": rules}))
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps({"rules": [str(folder / f"{name}.rules.yaml")], **more}))
    return path
