"""Changes as deployment tools, forges and registries tell of them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from aiops.decode.route import decode
from aiops.decode.series import SeriesTable
from aiops.decode.sniff import sniff
from aiops.ingest.push.body import InvalidError, checked
from aiops.types import Change, Json, LogRecord, Records

NOW = 1_784_000_000.0
AT, ISO = 1_783_999_800.0, "2026-07-14T03:30:00Z"
SHA = "4f2a" * 10
REPOSITORY = {"name": "payments", "full_name": "acme/payments"}
DEPLOYMENT = {
    "id": 77, "sha": SHA, "ref": "main", "task": "deploy", "environment": "production", "description": "release 5.2",
    "creator": {"login": "ana"}, "created_at": "2026-07-14T03:20:00Z", "payload": {},
}  # fmt: skip
COMMIT = {"id": SHA, "message": "Raise the limit\n\nlong", "timestamp": ISO, "author": {"name": "Ana"},
          "added": ["b.go"], "modified": ["a.go"], "removed": []}  # fmt: skip
SENT: dict[str, Json] = {
    "github deployment_status": {
        "action": "created", "deployment_status": {"state": "success", "created_at": ISO}, "deployment": DEPLOYMENT,
        "repository": REPOSITORY, "sender": {"login": "ana"},
    },
    "github push": {
        "ref": "refs/heads/main", "after": SHA, "commits": [COMMIT], "head_commit": COMMIT, "pusher": {"name": "ana"},
        "repository": REPOSITORY,
    },
    "gitlab deployment": {
        "object_kind": "deployment", "status": "success", "status_changed_at": "2026-07-14 05:30:00 +0200",
        "deployment_id": 15, "environment": "production", "project": {"name": "payments"}, "short_sha": SHA[:8],
        "user": {"username": "ana"}, "commit_url": f"https://gitlab.example/acme/payments/-/commit/{SHA}",
        "commit_title": "Raise the limit",
    },
    "gitlab push": {
        "object_kind": "push", "project": {"name": "payments"},
        "commits": [{**COMMIT, "title": "Raise the limit"}],
    },
    "kubernetes event": {
        "kind": "Event", "apiVersion": "v1", "metadata": {"name": "payments.17", "uid": "u-1"},
        "involvedObject": {"kind": "Deployment", "name": "payments", "namespace": "shop"},
        "reason": "ScalingReplicaSet", "message": "Scaled up replica set payments-7d9f to 5 from 3", "type": "Normal",
        "lastTimestamp": ISO,
    },
    "launchdarkly": {
        "_id": "57c0", "date": AT * 1e3, "kind": "flag", "name": "new-checkout", "titleVerb": "turned on the flag",
        "description": "- Turned on", "member": {"email": "ana@example.com"}, "accesses": [],
    },
    "mlflow": {
        "entity": "model_version_alias", "action": "created", "timestamp": "2026-07-14T03:30:00.000000+00:00",
        "data": {"name": "fraud", "alias": "champion", "version": "7"},
    },
    "argo cd": {
        "app": {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "payments"},
            "status": {
                "operationState": {"phase": "Succeeded", "finishedAt": ISO, "syncResult": {"revision": SHA}},
                "summary": {"images": ["registry/payments:5.2"]},
            },
        }
    },
}  # fmt: skip
TOLD = {
    "github deployment_status": ("deploy", "payments", SHA, "deploy release 5.2 to production"),
    "github push": ("commit", "", "", "Raise the limit"),
    "gitlab deployment": ("deploy", "payments", SHA, "deploy to production: Raise the limit"),
    "gitlab push": ("commit", "", "", "Raise the limit"),
    "kubernetes event": ("scale", "payments", "5", "Scaled up replica set payments-7d9f to 5 from 3"),
    "launchdarkly": ("flag", "", "", "new-checkout: turned on the flag. - Turned on"),
    "mlflow": ("model", "fraud", "7", "alias champion of fraud created, now version 7"),
    "argo cd": ("deploy", "payments", SHA, "sync registry/payments:5.2"),
}
SNIFFED = sorted(SENT.keys() - {"argo cd"})


def body(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def pushed(payload: Any) -> list[Json]:
    told: list[Json] = json.loads(checked("changes", body(payload), "application/json", NOW, 1 << 20))
    return told


@pytest.mark.parametrize("sender", sorted(SENT))
def test_a_payload_becomes_a_change_with_its_own_time(sender: str) -> None:
    (told,) = pushed(SENT[sender])
    assert (told["kind"], told.get("entity", ""), told.get("after", ""), told["summary"]) == TOLD[sender]
    assert told["type"] == "change"
    assert told["timestamp"] == AT
    assert told["id"]


@pytest.mark.parametrize("sender", SNIFFED)
def test_the_format_is_told_from_the_bytes_on_kafka(sender: str) -> None:
    assert sniff(body(SENT[sender])) == "change_webhook"
    decoded = decode(Records.single("bus/changes/0", body(SENT[sender])), SeriesTable(), NOW)
    assert decoded.rejected == []
    assert [event for _, event in decoded.events] == [msgspec.convert(pushed(SENT[sender])[0], Change)]


def test_the_files_of_a_commit_are_kept() -> None:
    assert pushed(SENT["github push"])[0]["files"] == ["a.go", "b.go"]


@pytest.mark.parametrize(
    "payload",
    [
        {"zen": "Speak like a human.", "hook_id": 1, "repository": REPOSITORY},
        {**SENT["github deployment_status"], "deployment_status": {"state": "pending", "created_at": ISO}},
        {**SENT["gitlab deployment"], "status": "running"},
        {"object_kind": "pipeline"},
        {**SENT["launchdarkly"], "kind": "member"},
        {**SENT["mlflow"], "entity": "registered_model_tag"},
    ],
)
def test_what_tells_of_no_change_is_taken_and_gives_none(payload: Json) -> None:
    assert pushed(payload) == []


def test_a_deployment_has_one_id_whether_requested_or_done() -> None:
    done = SENT["github deployment_status"]
    requested = {key: value for key, value in done.items() if key != "deployment_status"}
    assert pushed(done)[0]["id"] == pushed(requested)[0]["id"]


def test_any_other_event_of_a_cluster_stays_a_log_line() -> None:
    payload = {**SENT["kubernetes event"], "reason": "BackOff", "message": "restarting", "type": "Warning"}
    decoded = decode(Records.single("bus/events/0", body(payload)), SeriesTable(), NOW)
    assert [event for _, event in decoded.events] == [
        LogRecord(AT, entity="payments", body="BackOff: restarting", severity="WARN")
    ]


@pytest.mark.parametrize(
    "payload",
    [
        {**SENT["github deployment_status"], "deployment": {**DEPLOYMENT, "id": None}},
        {**SENT["gitlab deployment"], "deployment_id": None},
        {**SENT["gitlab deployment"], "status_changed_at": "yesterday"},
        {**SENT["launchdarkly"], "_id": ""},
        {**SENT["mlflow"], "data": {}},
        {**SENT["kubernetes event"], "involvedObject": {"kind": "Deployment"}},
        {"kind": "Deployment", "unknown": 1},
    ],
)
def test_a_payload_that_lacks_what_it_must_have_is_refused_with_a_reason(payload: Json) -> None:
    with pytest.raises(InvalidError, match=r".{10}"):
        pushed(payload)


def test_a_bad_payload_on_kafka_is_counted_and_kept_and_costs_its_neighbours_nothing() -> None:
    bad = {**SENT["gitlab deployment"], "deployment_id": None}
    records = Records.many("bus/changes/0", [body(SENT["github push"]), body(bad), body(SENT["mlflow"])])
    decoded = decode(records, SeriesTable(), NOW)
    assert [(one.record, one.reason) for one in decoded.rejected] == [(1, "invalid_field")]
    assert [record for record, _ in decoded.events] == [0, 2]


@pytest.mark.parametrize(
    "line",
    [
        {"message": "deployed", "deployment": {"environment": "production"}},
        {"msg": "stored", "action": "save", "data": {"rows": 3}},
        {"message": "rolling out", "deployment": "payments"},
    ],
)
def test_a_log_line_with_such_fields_is_still_a_log_line(line: Json) -> None:
    assert sniff(body(line)) == "log_line"
