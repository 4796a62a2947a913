"""An insurer: a fraud model degrades, an index grows stale, and a card too hot is felt by those who ask."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import Faults
from tests.scenarios.insurance_stories import HOT_CARD, NEW_FRAUD, STALE_INDEX


def test_a_model_that_errs_is_told_when_late_labels_show_it(faults_at_insurer: Faults) -> None:
    assert faults_at_insurer(NEW_FRAUD) == []


@pytest.mark.xfail(strict=True, reason="no rule watches groundedness yet")
def test_answers_without_ground_lead_to_the_index_that_is_stale(faults_at_insurer: Faults) -> None:
    assert faults_at_insurer(STALE_INDEX) == []


def test_a_throttled_card_is_one_incident_from_the_node_to_the_feedback_of_users(faults_at_insurer: Faults) -> None:
    assert faults_at_insurer(HOT_CARD) == []
