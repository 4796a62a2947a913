"""What is watched: a rule covers what its signal reads and it has a slot for; what only evidence reads is said so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from aiops.cli import cli
from aiops.config import parse
from aiops.coverage import Coverage
from aiops.detect.rule import Rule
from aiops.store.commit import Commit
from aiops.store.frame import Columns
from aiops.store.repository import Store
from aiops.store.ring import Frame, Ring
from aiops.types import Labels

AT = 1_760_000_400.0


def rule(identity: str, signal: str, **more: Any) -> dict[str, Any]:
    detector = {"type": "proportion" if "total" in more else "baseline"}
    return {"alert": "A", "id": identity, "world": "it", "signal": signal, "detector": detector, **more}


RULES = [
    rule(
        "errors",
        'sum by (service) (increase(requests{code="500"}[1m]))',
        total="sum by (service) (increase(requests[1m]))",
    ),
    rule("slow", "histogram_quantile(0.99, sum by (service, le) (rate(took_bucket[1m])))"),
    rule("any", '{__name__=~".+", __name__!~".+_bucket"}', severity="info"),
    rule("absent", "nothing_like_it"),
]
SERIES = [
    Labels.of("requests", {"service": "web", "code": "200"}),
    Labels.of("requests", {"service": "web", "code": "500"}),
    Labels.of("requests", {"service": "new", "code": "200"}),
    Labels.of("took_bucket", {"service": "web", "le": "1"}),
    Labels.of("cpu", {"service": "web"}),
    Labels.of("other_bucket", {"service": "web", "le": "1"}),
]
SLOTS: list[dict[str, Any]] = [
    {"rule": "errors", "labels": {"service": "web"}},
    {"rule": "slow", "labels": {"service": "web"}},
    *({"rule": "any", "labels": dict(one.pairs)} for one in SERIES if not one.metric.endswith("_bucket")),
]


def rules() -> list[Rule]:
    return [parse(Rule, one, file="", path="") for one in RULES]


def coverage() -> Coverage:
    found = Coverage()
    found.add(SERIES, SLOTS, rules())
    return found


def test_a_rule_covers_what_its_signal_and_its_total_read_and_it_has_a_slot_for() -> None:
    assert coverage().of == {"errors": 2, "slow": 1, "any": 4}


def test_what_only_rules_for_evidence_read_is_not_called_covered() -> None:
    found = coverage()
    assert [(one.labels.metric, one.level) for one in found.series] == [
        ("requests", "page"),
        ("requests", "page"),
        ("requests", "evidence"),
        ("took_bucket", "page"),
        ("cpu", "evidence"),
        ("other_bucket", "nothing"),
    ]
    assert found.levels == {"page": 3, "evidence": 2, "nothing": 1}


def test_the_poorest_come_first_and_are_counted_by_metric() -> None:
    assert coverage().poorer() == [
        ("other_bucket", "nothing", 1, ()),
        ("cpu", "evidence", 1, ("any",)),
        ("requests", "evidence", 1, ("any",)),
    ]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A configuration whose state directory holds one explained column."""
    (tmp_path / "rules.yaml").write_text(json.dumps({"rules": RULES}))
    path = tmp_path / "aiops.yaml"
    path.write_text(json.dumps({"state_dir": str(tmp_path / "state"), "rules": [str(tmp_path / "rules.yaml")]}))
    return path


def keep(place: Path) -> None:
    state = place.parent / "state"
    with Store.open(state) as store:
        store.commit(Commit(positions={"bus/metrics/0": 1, "_self": 1}))
    n, m = np.zeros(len(SERIES)), np.zeros(len(SLOTS))
    frame = Frame(AT, Columns(n, n, n), Columns(m, m, m, m.astype(np.int8)), SERIES, SLOTS)
    ring = Ring(state)
    for partition in ("bus/metrics/0", "_self"):
        ring.append(partition, frame)
    ring.close()


def listed(place: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["rules", "list", "--config", str(place), *words])


def test_the_list_tells_how_many_series_each_rule_reads(place: Path) -> None:
    keep(place)
    lines = listed(place).stdout.splitlines()
    assert [line.split()[:4] for line in lines[1:5]] == [
        ["errors", "page", "proportion", "2"],
        ["slow", "page", "baseline", "1"],
        ["any", "info", "baseline", "4"],
        ["absent", "page", "baseline", "0"],
    ]
    assert lines[-1].startswith(
        "6 series at 2025-10-09 09:00:00Z: 3 are read by a paging rule, 2 by rules for evidence"
    )
    told = [json.loads(line) for line in listed(place, "--format", "json").stdout.splitlines()]
    assert {one["id"]: one["series"] for one in told} == {"errors": 2, "slow": 1, "any": 4, "absent": 0}


def test_what_is_not_covered_is_listed_by_metric_and_in_json_by_series(place: Path) -> None:
    keep(place)
    assert [line.split() for line in listed(place, "--uncovered").stdout.splitlines()[1:]] == [
        ["other_bucket", "1", "nothing", "-"],
        ["cpu", "1", "evidence", "any"],
        ["requests", "1", "evidence", "any"],
    ]
    told = [json.loads(line) for line in listed(place, "--uncovered", "--format", "json").stdout.splitlines()]
    assert told[0] == {"series": 'requests{code="200", service="new"}', "covered": "evidence", "rules": ["any"]}
    assert len(told) == 3


def test_without_a_record_the_catalogue_is_listed_and_that_is_said(place: Path) -> None:
    done = listed(place)
    assert done.exit_code == 0
    assert "this is the catalogue alone" in done.stdout
    assert [line.split()[3] for line in done.stdout.splitlines()[1:5]] == ["-"] * 4
    assert all(json.loads(line)["series"] is None for line in listed(place, "--format", "json").stdout.splitlines())
    assert listed(place, "--uncovered").exit_code == 2
