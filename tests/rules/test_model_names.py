"""Metrics of others that the rules of models name: each as its project writes it, in source or documentation.

Looked up in November 2026 in the projects' own repositories; whoever adds a name adds where it stands.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "detectors" / "rules" / "model"
TRITON = "triton-inference-server/server: docs/user_guide/metrics.md"
TORCHSERVE = "pytorch/serve: docs/metrics.md"
KSERVE = "kserve/kserve: python/kserve/kserve/metrics.py"
SELDON = "SeldonIO/seldon-core: scheduler/pkg/metrics/agent.go, docs of experiments"
RAY = "ray-project/ray: python/ray/serve/_private/replica.py and router.py, exported with the prefix ray_"
KNATIVE = "knative/serving: queue proxy; OpenShift Serverless, monitoring"
FEAST = "feast-dev/feast: sdk/python/feast/metrics.py (feast_materialization_total: before its renaming)"
OURS = "docs/models.md"

KNOWN: dict[str, tuple[str, set[str]]] = {
    "nv_inference_request_success": (TRITON, {"model", "version"}),
    "nv_inference_request_failure": (TRITON, {"model", "version", "reason"}),
    "nv_inference_queue_duration_us": (TRITON, {"model", "version"}),
    "nv_inference_pending_request_count": (TRITON, {"model", "version"}),
    "Requests2XX": (TORCHSERVE, {"Level", "Hostname"}),
    "Requests4XX": (TORCHSERVE, {"Level", "Hostname"}),
    "Requests5XX": (TORCHSERVE, {"Level", "Hostname"}),
    "ts_inference_requests_total": (TORCHSERVE, {"model_name", "model_version", "hostname"}),
    "ts_queue_latency_microseconds": (TORCHSERVE, {"model_name", "model_version", "hostname"}),
    "request_predict_seconds": (KSERVE, {"model_name"}),
    "seldon_model_infer_total": (SELDON, {"model", "model_internal", "server", "server_replica", "code"}),
    "seldon_model_infer_api_seconds": (SELDON, {"model", "model_internal", "server", "server_replica", "code"}),
    "seldon_cache_miss_count": (SELDON, {"server", "server_replica"}),
    "ray_serve_deployment_request_counter": (RAY, {"application", "deployment", "replica", "route"}),
    "ray_serve_deployment_error_counter": (RAY, {"application", "deployment", "replica", "route"}),
    "ray_serve_deployment_processing_latency_ms": (RAY, {"application", "deployment", "replica", "route"}),
    "ray_serve_deployment_queued_queries": (RAY, {"application", "deployment"}),
    "revision_request_count": (KNATIVE, {"configuration_name", "revision_name", "response_code_class"}),
    "revision_app_request_count": (KNATIVE, {"configuration_name", "revision_name", "response_code_class"}),
    "feast_feature_freshness_seconds": (FEAST, {"feature_view", "project"}),
    "feast_materialization_result_total": (FEAST, {"feature_view", "status"}),
    "feast_materialization_total": (FEAST, {"feature_view", "status"}),
    "model_feature_values": (OURS, {"model", "feature"}),
    "model_feature_value": (OURS, {"model", "feature"}),
    "feature_values": (OURS, {"model", "feature"}),
    "feature_value": (OURS, {"model", "feature"}),
}  # fmt: skip
GIVEN = {"service_name", "host_name", "namespace", "pod", "instance", "job", "le"}
"""Labels that whoever scrapes or exports adds."""
OWN = re.compile(r"model_(?!feature_values?_bucket)\w+")
SELECTOR = re.compile(r'\b([A-Za-z_]\w*)(?=[\[{][^"]|\))|__name__=~"([^"]+)"')
WORDS = {"by", "sum", "max", "avg", "increase", "avg_over_time"}
RULES = [rule for file in sorted(FOLDER.glob("*.yaml")) for rule in yaml.safe_load(file.read_text())["rules"]]


def names(expression: str) -> set[str]:
    """Metrics of an expression; of a regular expression, which must be a plain list, its alternatives."""
    bare = re.sub(r"by \([^)]*\)", "", expression)
    found: set[str] = set()
    for plain, listed in SELECTOR.findall(bare):
        found |= set(listed.split("|")) if listed else {plain} - WORDS
    return {re.sub(r"_(bucket|count)$", "", name) if name not in KNOWN else name for name in found}


def labels_of(name: str) -> set[str] | None:
    """Labels of a known metric, None of one that is not known."""
    # prometheus_client and Ray's newer exporter put `_total` behind counters.
    found = KNOWN.get(name) or KNOWN.get(name.removesuffix("_total"))
    return found[1] if found else None


@pytest.mark.parametrize("rule", RULES, ids=[rule["id"] for rule in RULES])
def test_metrics_of_others_are_named_and_labelled_as_they_write_them(rule: dict[str, str]) -> None:
    for expression in (rule["signal"], rule.get("total", "")):
        labels = {name: labels_of(name) for name in names(expression) if name in KNOWN or not OWN.fullmatch(name)}
        assert [name for name, found in labels.items() if found is None] == []
        for listed in re.findall(r"by \(([^)]*)\)", expression) if labels else ():
            assert set(re.split(r",\s*", listed)) <= GIVEN.union(*(found or set() for found in labels.values()))


def test_every_name_of_the_table_is_asked_for_by_a_rule() -> None:
    asked = {name for rule in RULES for part in ("signal", "total") for name in names(rule.get(part, ""))}
    assert {name for name in KNOWN if name not in asked} == set()


def test_a_made_up_name_and_a_wrong_label_are_seen() -> None:
    assert names('sum by (a) (increase({__name__=~"ts_queue_length|x_bucket"}[1m])) / sum(max(y{z="1"}))') == {
        "ts_queue_length", "x", "y",
    }  # fmt: skip
    assert labels_of("ts_queue_length") is None
