"""What became normal after somebody changed something says so."""

from __future__ import annotations

import pytest

from aiops.correlate.change import after_change, taken
from aiops.types import OBSERVED, Change
from tests.respond.incident import finding

NORMAL = "new normal: level 40 -> 100 since 12:10 UTC"


def deploy(at: float, entity: str = "orders", id: str = "v42") -> Change:
    return Change(timestamp=at, kind="deploy", id=id, entity=entity)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((deploy(900.0),), f"{NORMAL}, after deploy v42"),
        ((deploy(900.0), deploy(950.0, id="v43")), f"{NORMAL}, after deploy v43"),
        ((deploy(1_001.0),), NORMAL),
        ((deploy(900.0, "web"),), NORMAL),
        ((deploy(1_000.0 - 7_200.0),), NORMAL),
        ((), NORMAL),
    ],
)
def test_the_newest_change_on_the_entity_within_the_hour_before_is_named(
    changes: tuple[Change, ...], said: str
) -> None:
    assert after_change(finding(reason=NORMAL), changes).reason == said


def test_a_finding_that_was_mended_names_no_change() -> None:
    assert after_change(finding(), [deploy(900.0)]).reason == ""


def seen(at: float, entity: str = "bot", id: str = "bot-prompt-v8", kind: str = "prompt") -> Change:
    return Change(timestamp=at, kind=kind, id=id, entity=entity, author=OBSERVED)


ANNOUNCED = Change(timestamp=970.0, kind="prompt", id="v8", entity="bot", author="ci")


@pytest.mark.parametrize("order", [(ANNOUNCED, seen(1_000.0)), (seen(1_000.0), ANNOUNCED)])
def test_what_is_seen_of_a_change_yields_to_what_was_announced(order: tuple[Change, ...]) -> None:
    known: list[Change] = []
    for change in order:
        known = taken(known, change)
    assert known == [ANNOUNCED]


@pytest.mark.parametrize(
    "other", [seen(1_000.0, "web"), seen(1_000.0, kind="model"), seen(9_000.0), deploy(900.0, "bot")]
)
def test_another_change_stands_beside_it(other: Change) -> None:
    assert taken([ANNOUNCED], other) == [ANNOUNCED, other]


def test_what_two_partitions_see_is_one_change() -> None:
    assert taken([seen(1_000.0)], seen(1_005.0)) == [seen(1_000.0)]
