"""Silences, inhibition, maintenance."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aiops.detect.maintenance import Maintenance
from aiops.respond.mute import Inhibition, Muting, firing, muted_by
from aiops.types import Incident, Silence
from tests.respond.incident import finding, incident


def silence(entity: str, starts: float = 0.0, ends: float = 100.0) -> Silence:
    return Silence("s1", (("entity", "=", entity),), starts, ends)


def judge(muting: Muting, one: Incident, *others: Incident, now: float = 50.0) -> str:
    return muted_by(one, firing([one, *others]), muting, now)


def test_an_incident_is_muted_only_if_every_firing_finding_is() -> None:
    both = incident(findings=(finding("a"), finding("b")))
    assert judge(Muting((silence("a"),)), both) == ""
    ended = incident(findings=(finding("a"), finding("b", ended=40.0)))
    assert judge(Muting((silence("a"),)), ended) == "s1"


@pytest.mark.parametrize(("now", "muted"), [(-1.0, ""), (0.0, "s1"), (99.9, "s1"), (100.0, "")])
def test_a_silence_holds_from_its_start_to_its_end(now: float, muted: str) -> None:
    assert judge(Muting((silence("orders"),)), incident(), now=now) == muted


def test_an_incident_that_came_and_went_within_a_silence_is_judged_by_all_it_had() -> None:
    assert judge(Muting((silence("orders"),)), incident(status="resolved")) == "s1"


NODE_DOWN = Inhibition((("alert", "=", "HostDown"),), (("alert", "!=", "HostDown"),), ("cluster",))


def down(cluster: str = "c1", **more: object) -> Incident:
    return incident("host", findings=(finding("n1", "HostDown", labels={"cluster": cluster}, **more),))


def up(cluster: str = "c1") -> Incident:
    return incident("service", findings=(finding("web", "HttpErrorRatio", labels={"cluster": cluster}),))


def test_a_target_is_muted_while_its_source_fires_and_says_by_which_incident() -> None:
    assert judge(Muting(inhibitions=(NODE_DOWN,)), up(), down()) == "inhibited:host"


def test_target_fires_again_once_source_resolves() -> None:
    assert judge(Muting(inhibitions=(NODE_DOWN,)), up(), down(ended=40.0)) == ""


def test_labels_listed_as_equal_have_to_agree_absent_ones_included() -> None:
    assert judge(Muting(inhibitions=(NODE_DOWN,)), up("c2"), down()) == ""
    assert judge(Muting(inhibitions=(NODE_DOWN,)), up(""), down("")) == "inhibited:host"


def test_what_is_source_and_target_does_not_mute_itself() -> None:
    everything = Inhibition((("severity", "=", "page"),), (("severity", "=", "page"),))
    assert judge(Muting(inhibitions=(everything,)), up(), down()) == ""


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "active"),
    [
        ("2026-03-06T21:59", False),  # a Friday
        ("2026-03-06T22:00", True),
        ("2026-03-07T05:59", True),
        ("2026-03-07T06:00", False),
        ("2026-03-07T23:00", False),
        ("2026-03-06T05:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins(now: str, active: bool) -> None:
    friday_night = Maintenance("backup", {"entity": ("orders",)}, (4,), begins=22 * 60, ends=6 * 60)
    assert friday_night.active(at(now)) is active
    expected = "maintenance:backup" if active else ""
    assert judge(Muting(maintenance=(friday_night,)), incident(), now=at(now)) == expected


def test_a_window_follows_its_time_zone_through_summer_time() -> None:
    window = Maintenance("night", {}, begins=2 * 60, ends=3 * 60, timezone="Europe/Berlin")
    assert window.active(at("2026-01-10T01:30"))
    assert window.active(at("2026-07-10T00:30"))
    assert not window.active(at("2026-07-10T01:30"))
