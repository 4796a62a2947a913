"""A retailer: search drifts with its feed, a prompt makes conversations dear, and strangers try the assistant."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import Faults
from tests.scenarios.retail_stories import DEAR_PROMPT, INJECTION_WAVE, LOST_EMBEDDINGS


def test_a_model_that_drifts_leads_to_the_feed_that_lost_its_embeddings(faults_at_retailer: Faults) -> None:
    assert faults_at_retailer(LOST_EMBEDDINGS) == []


def test_a_bill_that_triples_leads_to_the_prompt_changed_at_14_02(faults_at_retailer: Faults) -> None:
    assert faults_at_retailer(DEAR_PROMPT) == []


@pytest.mark.xfail(strict=True, reason="no rule watches the features of what is asked yet")
def test_a_wave_of_injections_is_told_as_such(faults_at_retailer: Faults) -> None:
    assert faults_at_retailer(INJECTION_WAVE) == []
