"""An insurer: a fraud model degrades and is trained anew, an index grows stale, a card too hot is felt by who asks."""

from __future__ import annotations

from pathlib import Path

import runbooks
from tests.scenarios.bus import Bus
from tests.scenarios.conftest import Faults
from tests.scenarios.desk import OnCall
from tests.scenarios.insurance_stories import HOT_CARD, RETRAINED, STALE_INDEX
from tests.scenarios.insurer import FIRM
from tests.scenarios.judge import faults
from tests.scenarios.road import Around, Desk, Warm, play
from tests.servers.kafka import Kafka
from tests.standins.http import FakeServer

SHIPPED = Path(runbooks.__file__).parent / "model" / "retrain-model.yaml"


def test_a_model_that_errs_below_85_percent_is_trained_anew_once_after_approval(insurer: Warm, tmp_path: Path) -> None:
    with FakeServer().running() as trainer:
        somebody = OnCall(lambda: len(trainer.asked))
        around = Around(Desk(SHIPPED.read_text().replace("http://model-trainer", trainer.url), somebody))
        seen = play(RETRAINED, insurer, tmp_path / "played", around)
    assert faults(RETRAINED, seen) == []
    assert somebody.before == 0
    assert [answer.status_code for answer in somebody.answers] == [200, 200]
    assert [(one.method, one.path) for one in trainer.asked] == [("POST", "/models/fraud/train")]
    (post,) = seen.posts.values()
    assert "Runbook retrain-model on fraud: *done*" in post
    (incident,) = seen.incidents
    assert "ModelAccuracyLow" in {one["alert"] for one in incident["findings"]}


def test_answers_without_ground_lead_to_the_index_that_is_stale(faults_at_insurer: Faults) -> None:
    assert faults_at_insurer(STALE_INDEX) == []


def test_a_throttled_card_is_one_incident_from_the_node_to_the_feedback_of_users(
    insurer: Warm, tmp_path: Path, kafka: Kafka
) -> None:
    with Bus(kafka.address, FIRM.topics) as bus:
        seen = play(HOT_CARD, insurer, tmp_path / "played", Around(bus=bus))
    assert faults(HOT_CARD, seen) == []
    (incident,) = seen.incidents
    assert {"gpu-node-1", "llm-server", "claims-assistant", "portal"} <= set(incident["entities"])
    assert "UserFeedbackFell" in {one["alert"] for one in incident["findings"]}
