"""Another version of a service that runs is a change, though nobody announced it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from aiops.signals.deployed import AWAY_SECONDS, Deployed, Described
from aiops.signals.seen import GONE_SECONDS, LEAST_TIMES, MOST_VALUES, Seen
from aiops.types import OBSERVED, Labels, Span

STEP = 15.0


def span(at: float, version: str, entity: str = "orders") -> Span:
    told = {"service.version": version} if version else {}
    return Span(
        timestamp=at, trace_id="t", span_id=f"{at}", entity=entity, name="GET /", duration_s=0.1, attributes=told
    )


def seen(*versions: str, entity: str = "orders") -> list[tuple[str, str]]:
    """(before, after) of the changes that spans of these versions show, one a step."""
    deployed, found = Deployed(), []
    for i, version in enumerate(versions):
        found += deployed.see([span(i * STEP, version, entity)])
    return [(one.before, one.after) for one in found]


def test_a_new_version_is_a_deploy_at_its_first_span() -> None:
    deployed = Deployed()
    deployed.see([span(i * STEP, "v41") for i in range(100)])
    (change,) = deployed.see([span(1_500.0, "v42"), span(1_501.0, "v42")])
    assert (change.kind, change.id, change.entity, change.timestamp) == ("deploy", "orders-v42", "orders", 1_500.0)
    assert change.author == OBSERVED
    assert change.summary == "orders: version v42 runs, v41 before"


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        pytest.param(["v1"] * 100, [], id="one version"),
        pytest.param(["v1", "v2"] * 50, [], id="two from the start"),
        pytest.param(["v1"] * 50 + ["v2", "v1"] * 25, [("v1", "v2")], id="a canary beside the old one"),
        pytest.param(["v1"] * 50 + ["v2"] * 10 + ["v1"] * 10, [("v1", "v2")], id="back within minutes"),
        pytest.param([""] * 100, [], id="no version"),
    ],
)
def test_each_version_is_told_once(versions: list[str], told: list[tuple[str, str]]) -> None:
    assert seen(*versions) == told


def test_a_rollback_to_a_version_that_was_away_is_told() -> None:
    away = int(AWAY_SECONDS / STEP) + 2
    assert seen(*["v1"] * 50, *["v2"] * away, "v1") == [("v1", "v2"), ("v2", "v1")]


def test_silence_is_no_rollback() -> None:
    deployed = Deployed()
    deployed.see([span(i * STEP, "v1") for i in range(50)])
    assert deployed.see([span(50 * STEP + 10 * AWAY_SECONDS, "v1")]) == []


def test_several_versions_that_fall_silent_together_were_not_rolled_back() -> None:
    deployed = Deployed()
    both = [span(i * STEP, version) for i in range(50) for version in ("v1", "v2")]
    assert deployed.see(both) == []
    back = 50 * STEP + 2 * AWAY_SECONDS
    assert deployed.see([span(back, "v1"), span(back + 1, "v2"), span(back + 2, "v1")]) == []


def test_a_canary_within_the_first_seconds_is_no_change() -> None:
    deployed = Deployed()
    assert deployed.see([span(i / 10, "v1") for i in range(24)] + [span(3.0, "v2")]) == []


def test_what_was_saved_in_another_form_begins_anew() -> None:
    noted = Seen()
    noted.restore(msgspec.msgpack.encode([(("bot", "prompt", ""), (["v7", "v8"], 900))]))
    assert noted.before(("bot", "prompt", ""), "v9", 1_000.0) == ""


def test_what_has_ever_new_values_is_no_version() -> None:
    noted = Seen()
    new = [noted.before(("ci", "deploy", ""), f"build-{i}", i * STEP) for i in range(500)]
    assert sum(map(bool, new)) == MOST_VALUES - LEAST_TIMES
    assert noted.before(("ci", "deploy", ""), "weeks later", 500 * STEP + GONE_SECONDS) != ""


def test_a_restart_tells_nothing_twice_and_forgets_nothing() -> None:
    deployed, again = Deployed(), Deployed()
    deployed.see([span(i * STEP, "v1") for i in range(50)])
    assert len(deployed.see([span(800.0, "v2")])) == 1
    again.restore(deployed.snapshot())
    assert again.see([span(815.0, "v2")]) == []
    assert len(again.see([span(830.0, "v3")])) == 1


ROWS = [
    Labels.of("app_build_info", {"service_name": "orders", "version": "4.1"}),
    Labels.of("app_build_info", {"service_name": "orders", "version": "4.2"}),
    Labels.of("requests_total", {"service_name": "orders", "version": "9.9"}),
]


KUBE = "kube_pod_container_info"
OPERATOR = {"service": "kube-state-metrics", "namespace": "monitoring", "container": "exporter"}


@pytest.mark.parametrize(
    ("metric", "before", "after", "told"),
    [
        pytest.param(
            KUBE,
            {"pod": "orders-1", "namespace": "shop", "container": "orders", "image": "hub/orders:4.1"},
            {"pod": "orders-2", "namespace": "shop", "container": "orders", "image": "hub/orders:4.2"},
            [("orders", "hub/orders:4.1", "hub/orders:4.2")],
            id="another pod runs another image",
        ),
        pytest.param(
            KUBE,
            {**OPERATOR, "exported_pod": "orders-1", "exported_container": "orders", "image": "hub/orders:4.1"},
            {**OPERATOR, "exported_pod": "orders-2", "exported_container": "orders", "image": "hub/orders:4.2"},
            [("orders", "hub/orders:4.1", "hub/orders:4.2")],
            id="labels that the exporter's own have pushed aside",
        ),
        pytest.param(
            KUBE,
            {**OPERATOR, "exported_container": "orders", "image": "hub/orders:4.1"},
            {**OPERATOR, "exported_container": "cart", "image": "hub/cart:1.0"},
            [],
            id="a new application is no version of another",
        ),
        pytest.param(
            KUBE,
            {"namespace": "shop", "container": "main", "image": "hub/orders:4.1"},
            {"namespace": "bank", "container": "main", "image": "hub/ledger:2.0"},
            [],
            id="one name in two namespaces",
        ),
        pytest.param(
            "build_info",
            {"pod": "orders-1", "container": "orders", "version": "4.1"},
            {"pod": "orders-2", "container": "orders", "version": "4.2"},
            [("orders", "4.1", "4.2")],
            id="pods without a service",
        ),
        pytest.param(
            "build_info",
            {"service": "shop", "container": "orders", "version": "4.1", "image": "base"},
            {"service": "shop", "container": "orders", "version": "4.2", "image": "base"},
            [("shop", "4.1", "4.2")],
            id="a version goes before an image",
        ),
    ],
)
def test_a_version_is_told_of_what_outlives_it(
    metric: str, before: dict[str, str], after: dict[str, str], told: list[tuple[str, str, str]]
) -> None:
    described, rows = Described(), [Labels.of(metric, before), Labels.of(metric, after)]
    for i in range(50):
        assert described.see(rows[:1], np.ones(1), i * STEP) == []
    found = described.see(rows, np.ones(2), 50 * STEP)
    assert [(one.entity, one.before, one.after) for one in found] == told


def test_info_metrics_tell_of_versions_while_they_have_samples() -> None:
    described = Described()
    for i in range(50):
        assert described.see(ROWS[:1], np.ones(1), i * STEP) == []
    (change,) = described.see(ROWS, np.array([np.nan, 1.0, 7.0]), 50 * STEP)
    assert (change.before, change.after, change.timestamp) == ("4.1", "4.2", 50 * STEP)
    assert described.see(ROWS, np.array([np.nan, 1.0, 7.0]), 51 * STEP) == []
