"""A silence that mutes everything is refused at the one place that all doors lead to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from aiops.daemon.deed import Deeds
from aiops.types import Silence
from aiops.web.backend import Command, Invalid, Person

SRE = Person("sre", ("viewer", "operator"))


def deeds(kept: list[Silence]) -> Deeds:
    service: Any = SimpleNamespace(clock=lambda: 1_780_000_000.0, responder=SimpleNamespace(silence=kept.append))
    return Deeds(service)


@pytest.mark.parametrize("matchers", [[], [["entity", "=~", ".*"]], [["entity", "!=", "web"]]])
def test_what_fits_a_finding_without_labels_is_refused(matchers: list[list[str]]) -> None:
    kept: list[Silence] = []
    with pytest.raises(Invalid, match="mute everything"):
        deeds(kept).do(Command("silence", "", SRE, {"matchers": matchers, "seconds": 60.0}))
    assert kept == []


def test_one_matcher_that_asks_for_something_is_enough() -> None:
    kept: list[Silence] = []
    given = [["entity", "=", "web"], ["world", "=~", ".*"]]
    deeds(kept).do(Command("silence", "", SRE, {"matchers": given, "seconds": 60.0}))
    assert [one.ends_at - one.starts_at for one in kept] == [60.0]
