"""The source against a real Prometheus."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from pathlib import Path

from aiops.ingest.prometheus import PrometheusSource, discover
from aiops.ingest.source import SourceContext
from aiops.types import Kind, Records
from tests.ingest.prometheus_world import Sample, samples
from tests.servers.prometheus import Prometheus

SELECT = '{__name__=~"up|scrape_.+|prometheus_tsdb_head_.+"}'


def made(prometheus: Prometheus, **settings: object) -> PrometheusSource:
    config = PrometheusSource.Config.model_validate({"url": prometheus.url, "select": [SELECT], **settings})
    return PrometheusSource("prom", config, SourceContext(Path("unused"), step_seconds=1.0))


def directly(prometheus: Prometheus, since: float, until: float) -> list[Sample]:
    query = {"query": f"{SELECT}[{round((until - since) * 1000) + 5}ms]", "time": str(until - 0.001)}
    with urllib.request.urlopen(f"{prometheus.url}/api/v1/query?{urllib.parse.urlencode(query)}", timeout=10) as answer:
        result = json.load(answer)["data"]["result"]
    return [
        (json.dumps(one["metric"], sort_keys=True), round(at * 1000), value)
        for one in result
        for at, value in one["values"]
        if since <= round(at, 3) < until
    ]


def test_live_samples_are_exactly_those_it_stores(prometheus: Prometheus) -> None:
    one = made(prometheus, history="0s")
    one.open({})
    found: list[Records] = []
    deadline = time.monotonic() + 30
    while len({at for _, at, _ in samples(found)}) < 6 and time.monotonic() < deadline:
        found += one.poll(1.0)
    one.close()
    until = found[-1].position["until"]
    since = min(at for _, at, _ in samples(found)) / 1000
    assert sorted(samples(found)) == sorted(directly(prometheus, since, until))
    assert len({at for _, at, _ in samples(found)}) >= 6


def test_history_then_live_leaves_no_gap_and_no_overlap(prometheus: Prometheus) -> None:
    one = made(prometheus, history="1m")
    one.open({})
    found: list[Records] = []
    deadline = time.monotonic() + 30
    while len([record for record in found if "until" in record.position]) < 4 and time.monotonic() < deadline:
        found += one.poll(1.0)
    one.close()
    got = samples(found)
    assert len(got) == len(set(got))
    assert one.status().healthy
    assert one.kinds()["prometheus_tsdb_head_series"] == Kind.GAUGE


def test_check_finds_nothing_wrong_and_names_a_selector_without_series(prometheus: Prometheus) -> None:
    assert made(prometheus, history="1h").check() == []
    (problem,) = made(prometheus, history="1h", select=['{job="nobody"}']).check()
    assert 'job="nobody"' in problem
    (problem,) = made(prometheus, history="60d").check()
    assert "keeps 15 d" in problem


def test_discover_tells_jobs_series_and_intervals(prometheus: Prometheus) -> None:
    found = discover(prometheus.url, ["up", "no_such_metric"])
    assert found.metrics == ("up",)
    assert {"prometheus", "node"} <= set(found.jobs)
    assert found.series == sum(found.jobs.values()) > 100
    assert found.scrape_seconds == 1.0
    assert found.retention_seconds == 15 * 86_400
    assert found.version.startswith("2.")
