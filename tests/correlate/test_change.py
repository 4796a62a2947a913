"""What became normal after somebody changed something says so."""

from __future__ import annotations

import pytest

from aiops.correlate.change import after_change
from aiops.types import Change
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
