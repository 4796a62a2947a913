"""A retailer: search drifts with its feed, a prompt makes conversations dear, and strangers try the assistant."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.bus import Bus
from tests.scenarios.conftest import Faults
from tests.scenarios.judge import faults
from tests.scenarios.retail_stories import DEAR_PROMPT, INJECTION_WAVE, LOST_EMBEDDINGS
from tests.scenarios.retailer import FIRM
from tests.scenarios.road import Around, Warm, play
from tests.servers.kafka import Kafka


def test_a_model_that_drifts_leads_to_the_feed_that_lost_its_embeddings(
    retailer: Warm, tmp_path: Path, kafka: Kafka
) -> None:
    with Bus(kafka.address, FIRM.topics) as bus:
        seen = play(LOST_EMBEDDINGS, retailer, tmp_path / "played", Around(bus=bus))
    assert faults(LOST_EMBEDDINGS, seen) == []


def test_a_bill_that_triples_leads_to_the_prompt_changed_at_14_02(faults_at_retailer: Faults) -> None:
    assert faults_at_retailer(DEAR_PROMPT) == []


def test_a_wave_of_injections_is_told_as_such(faults_at_retailer: Faults) -> None:
    assert faults_at_retailer(INJECTION_WAVE) == []
