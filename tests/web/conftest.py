"""A small daemon to look at: one incident across IT, a model and an LLM application, as it was at 14:20."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from aiops.config import Web
from aiops.types import Cause, Edge, Finding, Incident, Silence, SuspectChange
from aiops.web.app import build
from aiops.web.backend import Command, Conflict, Curve, Full, NotFound, SeriesQuery
from aiops.web.live import Broadcast
from aiops.web.server import Server, serve

NOW = 1_786_285_200.0  # 2026-08-09 14:20:00 UTC
ONSET = NOW - 18 * 60
Json = dict[str, Any]


def curve(title: str, entity: str, rule: str, level: float, factor: float, unit: str = "") -> Curve:
    """An hour of a series that leaves its band at the onset."""
    rng = random.Random(title)
    points = []
    for i in range(-170, 73):
        at = ONSET + 15.0 * i
        expected = level * (1 + 0.12 * math.sin(i / 40))
        grown = 1 + (factor - 1) * min(1.0, max(0, i) / 12)
        value = expected * grown * (1 + rng.gauss(0, 0.05))
        points.append((at, value, expected, rng.expovariate(2.3) + (9 * min(1.0, i / 8) if i > 0 else 0)))
    gates = tuple("firing" if point[3] > 6 else "quiet" for point in points)
    return Curve(title, tuple(points), entity, rule, unit, gates, ONSET, None, 6.0)


CURVES = [
    curve('node_gpu_clock_hertz{host_name="gpu-2"}', "gpu-2", "GpuThrottled", 1.41e9, 0.45, "Hz"),
    curve(
        'vllm:time_to_first_token_seconds_p95{service_name="assistant-llm"}',
        "assistant-llm",
        "SlowFirstToken",
        0.42,
        5.2,
        "s",
    ),
    curve('llm_feedback_down{service_name="assistant"}', "assistant", "FeedbackFalls", 1.2, 4.0),
]


def finding(i: int, alert: str, world: str, value: float, expected: float, unit: str, summary: str) -> Finding:
    shown = CURVES[i]
    return Finding(
        alert=alert,
        rule_id=f"{world}-{alert.lower()}",
        labels={"service_name": shown.entity, "alertname": alert},
        entity=shown.entity,
        world=world,
        severity="page",
        partition="bus/otlp_metrics/0",
        fingerprint=2**63 + i,
        started=ONSET + 60 * i,
        detected=ONSET + 60 * i + 60,
        value=value,
        expected=expected,
        surprise=12.4 - i,
        unit=unit,
        signal=shown.title,
        summary=summary,
        host="gpu-2",
        window=tuple((at, v, e, s or 0.0) for at, v, e, s in shown.points[120:200]),
    )


def incident() -> Json:
    found = Incident(
        id="7f3a9c21d04be65f",
        title="gpu-2 is throttled: the assistant answers late and its feedback falls",
        severity="page",
        status="firing",
        started=ONSET,
        detected=ONSET + 60,
        worlds=("it", "model", "llm"),
        entities=("gpu-2", "assistant-llm", "assistant"),
        findings=(
            finding(0, "GpuThrottled", "it", 6.4e8, 1.41e9, "Hz", "GPU clock of gpu-2 is far below usual"),
            finding(1, "SlowFirstToken", "llm", 2.31, 0.42, "s", "First token of assistant-llm takes long"),
            finding(2, "FeedbackFalls", "llm", 4.8, 1.2, "", "Users of assistant are less content <b>than usual</b>"),
        ),
        causes=(
            Cause(
                entity="gpu-2",
                probability=0.81,
                evidence=("first to change, 60 s before assistant-llm", "assistant-llm runs on it"),
                metric="node_gpu_clock_hertz",
                host="gpu-2",
                kind="throttling",
            ),
            Cause("assistant-llm", 0.11, ("calls take 5.5 times as long as usual",), "time_to_first_token_seconds"),
            Cause("assistant", 0.004, ()),
        ),
        changes=(
            SuspectChange(
                id="deploy-1841",
                probability=0.07,
                evidence=("20 min before the onset", "touches assistant only"),
                kind="deploy",
                entity="assistant",
                summary="assistant 2.14.0: new greeting",
                timestamp=ONSET - 1_200,
            ),
        ),
        none=0.9,
        timeline=(
            (ONSET, "GpuThrottled on gpu-2 began"),
            (ONSET + 60, "opened"),
            (ONSET + 61, "SlowFirstToken joined"),
        ),
        edges=(
            Edge("web", "assistant"),
            Edge("assistant", "assistant-llm"),
            Edge("assistant-llm", "gpu-2", "runs_on"),
            Edge("assistant", "vector-db", "retrieves"),
            Edge("web", "orders"),
            Edge("orders", "orders-db", "reads"),
        ),
    )
    return {
        **msgspec.json.decode(msgspec.json.encode(found)),
        "notifications": [{"receiver": "oncall", "at": ONSET + 80, "action": "open", "suppressed_by": ""}],
    }


def resolved(i: int) -> Json:
    one = {**incident(), "id": f"a{i}00{i}bb", "status": "resolved", "resolved": ONSET - 3_600 * i + 900}
    title = ["orders-db answers slowly; checkout times out", "Feature `country` of fraud drifts"][i % 2]
    return {**one, "started": ONSET - 3_600 * i, "title": title, "feedback": "true"}


def run() -> Json:
    call = {"action": "http", "config": {"method": "POST", "url": "http://deployer/cordon/gpu-2"}, "timeout_seconds": 5}
    return {
        "id": "drain-gpu-node/7f3a9c21d04be65f",
        "runbook": "drain-gpu-node",
        "incident_id": "7f3a9c21d04be65f",
        "target": "gpu-2",
        "state": "proposed",
        "steps": [{"name": "cordon", "call": call}, {"name": "restart workers", "call": {"action": "kubernetes"}}],
        "parameters": {"node": "gpu-2"},
        "need": {"count": 1, "roles": ["approver"], "expires_seconds": 900},
        "proposed_at": NOW - 120,
        "approved_by": [],
        "log": [[ONSET + 80, "proposed"]],
    }


class Daemon:
    """A `Backend` in memory."""

    def __init__(self) -> None:
        self.events = Broadcast()
        self.documents = {one["id"]: one for one in (incident(), *(resolved(i) for i in range(1, 5)))}
        self.former = {"0ld": "7f3a9c21d04be65f"}
        self.muted = [
            msgspec.to_builtins(
                Silence("s1", (("entity", "=", "staging-web"),), NOW - 600, NOW + 3_000, "ada", "load test")
            )
        ]
        self.run_documents = [run()]
        self.commands: list[Command] = []
        self.pushed: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.full = False

    def now(self) -> float:
        return NOW

    def healthy(self) -> bool:
        return True

    def ready(self) -> tuple[bool, Json]:
        return True, {"ready": True, "waiting_for": {}}

    def metrics(self) -> str:
        return "# TYPE aiops_series gauge\naiops_series 48213\n"

    def status(self) -> Json:
        bus = {"name": "bus", "type": "kafka", "state": "up", "lag_seconds": 11.2, "behind_records": 0}
        prom = {"name": "prom", "type": "prometheus", "state": "degraded", "lag_seconds": 96.0, "samples": 1_204_551}
        return {
            "version": "0.1.0",
            "started": NOW - 86_400 * 3,
            "series": 48_213,
            "step_seconds": 15.0,
            "step_took_seconds": 0.084,
            "budget": {"false_pages_per_week": 2, "estimate": 0.6, "pages_7d": 5, "judged_false": 0},
            "sources": [
                {**bus, "samples": 91_223_411, "dropped": {"late": 12, "not_json": 3}},
                {**prom, "error": "503 Service Unavailable, trying again in 8 s"},
            ],
            "receivers": [{"name": "oncall", "type": "slack", "sent": 5, "failed": 0}],
            "dead_letters": [{"partition": "bus/events/1", "offset": 991, "reason": "not_json", "detail": "<script>"}],
        }

    def incidents(self, status: str | None, limit: int) -> list[Json]:
        wanted = [
            one
            for one in self.documents.values()
            if status in (None, one["status"]) or (status == "open" and one["status"] != "resolved")
        ]
        return sorted(wanted, key=lambda one: -one["started"])[:limit]

    def incident(self, id: str) -> Json | None:
        return self.documents.get(self.former.get(id, id))

    def series(self, query: SeriesQuery) -> list[Curve]:
        if query.incident:
            return CURVES if query.incident.startswith("7f") else []
        return [one for one in CURVES if query.selector.partition("{")[0] in one.title]

    def silences(self) -> list[Json]:
        return self.muted

    def rules(self) -> list[Json]:
        signal = "sum by (service_name) (increase(http_server_requests_total[1m]))"
        base = {"status": "stable", "severity": "page", "detector": {"type": "baseline"}, "threshold": 6, "watched": 40}
        it, llm = {**base, "world": "it", "firing": 0}, {**base, "world": "llm", "firing": 1}
        return [
            {
                **it,
                "id": "it-gpu",
                "alert": "GpuThrottled",
                "signal": "node_gpu_clock_hertz",
                "runbook": "drain-gpu-node",
            },
            {
                **it,
                "id": "it-http",
                "alert": "RequestsFall",
                "signal": signal,
                "summary": "{{ entity }}: fewer requests <b>",
            },
            {
                **llm,
                "id": "llm-ttft",
                "alert": "SlowFirstToken",
                "signal": "ttft_seconds_p95",
                "status": "experimental",
            },
        ]

    def runbooks(self) -> list[Json]:
        steps = [{"name": "cordon", "action": "http"}, {"name": "", "action": "kubernetes"}]
        drain = {"name": "drain-gpu-node", "description": "Take a throttled GPU out of service.", "steps": steps}
        restart = {"name": "restart-service", "approval": "required", "steps": steps[:1]}
        return [
            {**drain, "match": {"world": "it", "rule": "GpuThrottled"}, "approval": {"needed": True}, "cooldown": 600},
            {**restart, "match": {"rule": ["HighErrorRatio", "SlowService"]}},
        ]

    def runs(self, incident_id: str | None = None) -> list[Json]:
        return [one for one in self.run_documents if incident_id in (None, one["incident_id"])]

    def command(self, command: Command) -> Json:
        self.commands.append(command)
        topic = "incident"
        if command.action in ("ack", "resolve", "feedback"):
            self._judge(command)
        elif command.action == "silence":
            self._mute(command)
            topic = "silence"
        elif command.action in ("approve", "abort"):
            self._run(command)
            topic = "run"
        self.events.publish(topic, command.target)
        return {"done": True}

    def _judge(self, command: Command) -> None:
        document = self.incident(command.target)
        if document is None:
            raise NotFound(f"there is no incident {command.target}")
        if document["status"] == "resolved" and command.action == "ack":
            raise Conflict("it is resolved already")
        if command.action == "ack":
            document |= {"status": "acknowledged", "acknowledged_by": command.by.name}
        elif command.action == "resolve":
            document |= {"status": "resolved", "resolved": NOW}
        else:
            document["feedback"] = "true" if command.arguments["right"] else "false"

    def _mute(self, command: Command) -> None:
        ends = NOW + command.arguments["seconds"]
        self.muted.append(
            {
                **command.arguments,
                "id": f"s{len(self.muted) + 1}",
                "starts_at": NOW,
                "ends_at": ends,
                "created_by": command.by.name,
            }
        )

    def _run(self, command: Command) -> None:
        one = next((one for one in self.run_documents if one["id"] == command.target), None)
        if one is None:
            raise NotFound("there is no such run")
        one["state"] = "running" if command.action == "approve" else "aborted"
        one["approved_by"] = [command.by.name]

    def ingest(self, kind: str, body: bytes, headers: Mapping[str, str]) -> int:
        if self.full:
            raise Full("the queue is full", 7.0)
        self.pushed.append((kind, body, headers))
        return 1

    def interaction(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Json]:
        return (200, {}) if headers.get("x-slack-signature") == "v0=good" else (401, {"error": "signature"})


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
def server(daemon: Daemon) -> Iterator[Server]:
    running = serve(build(daemon, Web()), "127.0.0.1", 0)
    yield running
    running.stop()
