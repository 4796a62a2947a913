"""A change that somebody tells of is known at once: where changes travel, nothing else may follow for hours."""

from __future__ import annotations

import json

from aiops.detect.partition import Settings
from aiops.pipeline import Outcome, Pipeline
from aiops.types import Records
from tests.correlate.story import finding

AT = 1_780_272_000.0


def said(pipeline: Pipeline, *changes: tuple[str, float]) -> Outcome:
    """Records of deploys of `orders`, (id, epoch seconds), on a topic that carries nothing but changes."""
    records = [
        {"type": "change", "timestamp": at, "kind": "deploy", "id": name, "entity": "orders"} for name, at in changes
    ]
    batch = Records.many("bus/changes/0", [json.dumps(one).encode() for one in records])
    return pipeline.step([batch], AT + 600)


def with_an_incident() -> Pipeline:
    pipeline = Pipeline(Settings(15.0, 10.0, 2.0, ()))
    pipeline.correlator.add([finding("orders", AT)])
    pipeline.correlator.advance(float("inf"))
    return pipeline


def blamed(pipeline: Pipeline) -> list[str]:
    (incident,) = pipeline.correlator.incidents
    return [one.id for one in incident.changes]


def test_an_incident_knows_of_a_change_without_a_record_after_it() -> None:
    pipeline = with_an_incident()
    outcome = said(pipeline, ("v42", AT - 30))
    assert blamed(pipeline) == ["v42"]
    assert [one.id for one in outcome.announced] == ["v42"]


def test_a_change_that_is_told_of_late_is_neither_lost_nor_counted_as_lost() -> None:
    pipeline = with_an_incident()
    assert blamed(pipeline) == []
    outcome = said(pipeline, ("next", AT + 300), ("v42", AT - 30))
    assert not outcome.dropped
    assert blamed(pipeline) == ["v42"]


def test_the_order_in_which_changes_come_alters_nothing() -> None:
    ways = []
    for order in ((0, 1, 2), (2, 1, 0)):
        pipeline, changes = with_an_incident(), [("a", AT - 30), ("b", AT - 90), ("c", AT - 30)]
        said(pipeline, *(changes[i] for i in order))
        ways.append(pipeline.correlator.incidents)
    assert ways[0] == ways[1]


def test_a_new_reference_of_a_model_stands_in_the_timeline_of_its_incident() -> None:
    pipeline = with_an_incident()
    rows = [
        {"type": "change", "timestamp": AT + at, "kind": "model", "id": f"{name}-{at}", "entity": name, "after": after}
        for name, at, after in (
            ("orders", 60, "new reference"), ("orders", -60, "new reference"), ("orders", 90, "v8"),
            ("other", 90, "new reference"),
        )
    ]  # fmt: skip
    pipeline.step([Records.many("bus/changes/0", [json.dumps(one).encode() for one in rows])], AT + 600)
    (incident,) = pipeline.correlator.incidents
    assert [what for _, what in incident.timeline if "new reference" in what] == ["model orders-60: new reference"]
