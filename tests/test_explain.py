"""What explain says of a series whose level became normal, and of one in maintenance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aiops.config import Config
from aiops.explain import explain_series
from aiops.store.commit import Commit
from aiops.store.frame import Columns
from aiops.store.repository import Store
from aiops.store.ring import Frame, Ring
from aiops.store.state import chunk
from aiops.types import Labels

AT = 1_780_000_020.0
QUEUE = Labels.of("queue_depth", {"service_name": "mailer"})
NORMAL = "new normal: level 40 -> 100 since 12:10 UTC"
RULE = """
rules:
  - {alert: Odd, id: it-odd, world: it, signal: queue_depth, detector: {type: baseline}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "odd.yaml").write_text(RULE)
    finding = {"partition": "p", "rule_id": "it-odd", "fingerprint": 1, "entity": "mailer", "started": AT - 8_000.0}
    labels = {"service_name": "mailer", "metric": "queue_depth"}
    with Store.open(tmp_path) as store:
        told = {**finding, "ended": AT - 100.0, "labels": labels, "reason": NORMAL}
        other = {**finding, "fingerprint": 2, "ended": AT - 50.0, "labels": {**labels, "service_name": "web"}}
        commit = Commit(chunks={"p": chunk({"level": np.arange(3.0)})}, positions={"p": 1})
        commit.findings = [told, {**other, "reason": "new normal of another"}]
        store.commit(commit)
    one = Columns(np.array([100.0]), np.array([99.0]), np.array([0.2]), np.zeros(1, np.int8))
    slots = [{"rule": "it-odd", "labels": dict(QUEUE.pairs)}]
    Ring(tmp_path).append("p", Frame(AT, one, one, [QUEUE], slots))
    return tmp_path


def lines(place: Path, **settings: object) -> list[str]:
    config = Config.model_validate({"rules": [str(place / "odd.yaml")], "state_dir": str(place), **settings})
    with Store.open(place, read_only=True) as store:
        (told,) = explain_series("mailer", AT, config, store, Ring(place))
    return [line.strip() for line in told.lines]


def test_what_became_normal_within_the_day_is_said_of_its_own_series_only(place: Path) -> None:
    said = [line for line in lines(place) if "new normal" in line]
    assert said == [NORMAL]


def test_maintenance_is_said_while_it_covers_the_series(place: Path) -> None:
    window = {"name": "backup", "match": {"entity": "mailer"}}
    elsewhere = {"name": "other", "match": {"entity": "web"}}
    over = {"name": "over", "match": {"entity": "mailer"}, "dates": ["2020-01-01"]}
    said = [line for line in lines(place, maintenance=[window, elsewhere, over]) if "maintenance" in line]
    assert said == ["maintenance backup: nobody is paged and nothing is learnt"]


def test_a_series_that_is_not_watched_with_the_others_of_its_entity_says_so(place: Path) -> None:
    joint = '  - {alert: Joint, id: it-joint, world: it, signal: "{__name__=~\\".+\\"}", detector: {type: entity}}\n'
    (place / "odd.yaml").write_text(RULE + joint)
    said = [line for line in lines(place) if "it-joint" in line]
    assert said == [
        "Joint (it-joint): does not watch mailer, which has fewer than 3 series or came when limits.joint_entities was "
        "reached"
    ]


SHARE = """
rules:
  - alert: Failing
    id: llm-failing
    world: llm
    signal: sum by (service_name) (increase(failed[1s]))
    total: sum by (service_name) (increase(calls[1s]))
    detector: {type: proportion, min_effect: 0.05, min_trials: 20, window: 2m}
"""


@pytest.mark.parametrize(
    ("value", "surprise", "said"),
    [
        pytest.param(0.66, 0.0, "too few to judge: fewer than 20 in a window", id="too few"),
        pytest.param(0.03, 0.0, "differs by less than 0.05", id="too small"),
        pytest.param(0.66, 4.0, "unusual, but below its threshold", id="judged"),
        pytest.param(0.001, 0.0, "usual: surprise 0 is below 6", id="no worse than usual"),
    ],
)
@pytest.mark.parametrize("label", ["service_name", "service"])
def test_a_share_without_surprise_says_why(
    label: str, value: float, surprise: float, said: str, tmp_path: Path
) -> None:
    (tmp_path / "share.yaml").write_text(SHARE)
    failed = Labels.of("failed", {label: "mailer"})
    shown = Columns(np.array([1.0]), np.array([0.0]), np.zeros(1), np.zeros(1, np.int8))
    judged = Columns(np.array([value]), np.array([0.001]), np.array([surprise]), np.zeros(1, np.int8))
    slots = [{"rule": "llm-failing", "labels": {"service_name": "mailer"}}]
    with Store.open(tmp_path) as store:
        store.commit(Commit(chunks={"p": chunk({"level": np.arange(3.0)})}, positions={"p": 1}))
        Ring(tmp_path).append("p", Frame(AT, shown, judged, [failed], slots))
    config = Config.model_validate({"rules": [str(tmp_path / "share.yaml")], "state_dir": str(tmp_path)})
    with Store.open(tmp_path, read_only=True) as store:
        (told,) = explain_series("mailer", AT, config, store, Ring(tmp_path))
    assert [line for line in told.lines if "llm-failing" in line and said in line]
