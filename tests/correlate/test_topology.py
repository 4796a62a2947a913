"""Who depends on whom, and how long that is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiops.correlate.topology import FORGET_SECONDS, Topology, from_finding, read
from aiops.errors import ConfigError
from aiops.types import Edge
from tests.correlate.story import finding

CHAIN = [Edge("a", "b"), Edge("b", "c"), Edge("c", "d")]


def test_neighbourhoods_reach_both_ways() -> None:
    topology = Topology(CHAIN)
    assert topology.within("b", 1) == {"a", "b", "c"}
    assert topology.within("a", 2) == {"a", "b", "c"}
    assert topology.within("unknown", 2) == {"unknown"}


def test_dependents_are_reached_through_those_that_deviate_only() -> None:
    topology = Topology(CHAIN)
    assert topology.reaches_up("d", {"a", "b", "c", "d"}) == ["a", "b", "c"]
    assert topology.reaches_up("d", {"a", "c"}) == ["c"]


def test_what_nothing_has_shown_for_a_week_is_forgotten_but_not_what_was_stated() -> None:
    topology = Topology([Edge("a", "b")])
    assert topology.learn([Edge("b", "c"), Edge("b", "c"), Edge("c", "c"), Edge("", "c")], 0.0) == [Edge("b", "c")]
    topology.forget(FORGET_SECONDS - 1)
    assert topology.within("a", 2) == {"a", "b", "c"}
    topology.forget(FORGET_SECONDS)
    assert topology.within("a", 2) == {"a", "b"}


def test_a_finding_shows_where_its_service_runs() -> None:
    one = finding("web", 0, labels={"service_name": "web", "host_name": "h1"})
    assert from_finding(one) == [Edge("web", "h1", "runs_on")]
    assert from_finding(finding("web", 0)) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("source,target\nweb,\n", "line 2"),
        ("from,to\nweb,db\n", "source, target, kind"),
        ("source,target,kind\nweb,db,marries\n", "kind is one of"),
    ],
)
def test_a_topology_file_that_is_wrong_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "topology.csv"
    file.write_text(text)
    with pytest.raises(ConfigError, match=complaint) as error:
        read(file)
    assert str(file) in str(error.value)


def test_a_topology_file_names_edges_and_their_kind(tmp_path: Path) -> None:
    file = tmp_path / "topology.csv"
    file.write_text("source,target,kind\nweb,orders,calls\norders,db,\n")
    assert read(file) == [Edge("web", "orders", "calls"), Edge("orders", "db", "calls")]
