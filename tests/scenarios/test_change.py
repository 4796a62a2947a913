"""Somebody altered something, and it hurts: the change is blamed, and what it was made on is the first cause."""

from __future__ import annotations

from collections.abc import Callable

from tests.scenarios.stories import BAD_DEPLOY, BAD_FLAG, PROMPT_CHANGE
from tests.scenarios.trouble import Scenario

Faults = Callable[[Scenario], list[str]]


def test_a_bad_deploy_is_blamed_and_not_the_harmless_ones_before_it(faults_of: Faults) -> None:
    assert faults_of(BAD_DEPLOY) == []


def test_a_flag_without_a_service_is_blamed_for_the_path_it_opened(faults_of: Faults) -> None:
    assert faults_of(BAD_FLAG) == []


def test_a_prompt_that_makes_answers_dear_and_cut_is_blamed(faults_of: Faults) -> None:
    assert faults_of(PROMPT_CHANGE) == []
