"""What people say of pages is a record like any other: replayed, it moves the same thresholds at the same moment."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aiops.config import Config
from aiops.daemon.playback import Playback, play
from aiops.types import Records

STEP, START, STEPS = 60.0, 1_760_000_400.0, 900
SPIKES = (500, 800)
RULE = """
rules:
  - alert: DepthUnusual
    id: depth-unusual
    world: it
    signal: depth
    detector: {type: baseline, direction: up}
    threshold: 4
    for: 2m
    keep_firing_for: 3m
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "rules.yaml").write_text(RULE)
    given = {"step": "60s", "lateness": "0s", "rules": [str(tmp_path / "rules.yaml")]}
    return Config.model_validate({**given, "receivers": {"o": {"type": "stdout"}}, "route": {"receiver": "o"}})


def samples() -> list[dict[str, Any]]:
    """A restless series with two equal spikes, five hours apart."""
    rng = random.Random(1)
    found = []
    for k in range(STEPS):
        value = 10 + rng.gauss(0, 0.5) + (9 if any(at <= k < at + 6 for at in SPIKES) else 0)
        labels = {"service_name": "mailer"}
        found.append({"timestamp": START + k * STEP, "name": "depth", "labels": labels, "value": value})
    return [{"type": "metric", **one} for one in found]


def said(incident: str, step: int, right: bool) -> dict[str, Any]:
    return {"type": "feedback", "timestamp": START + step * STEP, "incident": incident, "right": right}


def played(config: Config, things: list[dict[str, Any]], size: int) -> bytes:
    """Incidents of the records in batches of `size`."""
    playback = Playback(config)
    things = sorted(things, key=lambda one: one["timestamp"])
    for begin in range(0, len(things), size):
        bodies = [json.dumps(one).encode() for one in things[begin : begin + size]]
        playback.feed([Records.many("bus/x/0", bodies, format="agent_json")])
    playback.end()
    return msgspec.json.encode(playback.incidents())


def onsets(incidents: bytes) -> list[int]:
    return [round((one["started"] - START) / STEP) for one in msgspec.json.decode(incidents)]


def test_a_false_page_is_not_repeated_unless_it_is_taken_back(config: Config) -> None:
    whole = played(config, samples(), 10_000)
    assert onsets(whole) == list(SPIKES)
    first = msgspec.json.decode(whole)[0]["id"]
    false, true = said(first, 600, False), said(first, 700, True)
    assert onsets(played(config, [*samples(), false], 10_000)) == [SPIKES[0]]
    assert onsets(played(config, [*samples(), false, true], 10_000)) == list(SPIKES)
    assert onsets(played(config, [*samples(), said(first, 850, False)], 10_000)) == list(SPIKES)


@pytest.mark.parametrize("size", [1, 7, 250])
def test_feedback_gives_the_same_incidents_however_the_records_are_cut(config: Config, size: int) -> None:
    first = msgspec.json.decode(played(config, samples(), 10_000))[0]["id"]
    things = [*samples(), said(first, 600, False), said(first, 700, True), said(first, 750, False)]
    assert played(config, things, size) == played(config, things, 10_000)


def test_a_recording_may_hold_what_people_said(config: Config, tmp_path: Path) -> None:
    first = msgspec.json.decode(played(config, samples(), 10_000))[0]["id"]
    folder = tmp_path / "recording"
    folder.mkdir()
    rows = [f"{one['timestamp']},mailer,depth,{one['value']}\n" for one in samples()]
    (folder / "metrics.csv").write_text("timestamp,entity,metric,value\n" + "".join(rows))
    verdict = {key: value for key, value in said(first, 600, False).items() if key != "type"}
    (folder / "feedback.ndjson").write_text(json.dumps(verdict) + "\n")
    found = [round((one["started"] - START) / STEP) for one in play(folder, config).incidents()]
    assert found == [SPIKES[0]]
