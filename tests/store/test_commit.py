"""A commit is one transaction, and what was committed is what is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aiops.errors import ConfigError
from aiops.store.commit import DEAD_LETTERS_PER_PARTITION, EXCERPT_BYTES, Commit, DeadLetter
from aiops.store.repository import Store
from aiops.store.state import chunk
from aiops.types import Edge


def incident(id: str, status: str = "firing", started: float = 1.0, **more: object) -> dict[str, object]:
    return {"id": id, "status": status, "started": started, "updated": started, **more}


def finding(started: float, ended: float | None = None, partition: str = "bus/m/0") -> dict[str, object]:
    return {
        "partition": partition,
        "rule_id": "it-cpu",
        "fingerprint": 2**64 - 1,
        "entity": "web",
        "started": started,
        "ended": ended,
    }


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path) as opened:
        yield opened


def test_everything_of_a_commit_is_read_back_by_the_next_process(tmp_path: Path) -> None:
    whole = Commit(
        chunks={"bus/m/0": {**chunk({"level": np.arange(3.0)})}},
        positions={"bus/m/0": {"offset": 2**62}},
        findings=[finding(10.0)],
        incidents=[incident("i1", causes=[{"entity": "db", "probability": 0.5}])],
        outbox=[{"key": "oncall/i1/1", "incident_id": "i1", "state": "pending"}],
        journal=[{"run_id": "r1", "event": "intent"}, {"run_id": "r1", "event": "outcome"}],
        runs=[{"id": "r1", "incident_id": "i1", "state": "running"}],
        silences=[{"id": "s1", "matchers": [["entity", "=", "db"]]}],
        dead_letters=[DeadLetter("bus/m/0", 7, "not_json", "line 1", b"{")],
        meta={"epoch": b"\x01"},
        edges=[Edge("web", "db", "calls")],
    )
    with Store.open(tmp_path) as store:
        store.commit(whole)
    with Store.open(tmp_path) as store:
        assert store.load_chunks("bus/m/0") == whole.chunks["bus/m/0"]
        assert store.positions() == whole.positions
        assert store.partitions() == ["bus/m/0"]
        assert store.findings() == whole.findings
        assert store.incidents() == whole.incidents
        assert store.outbox() == whole.outbox
        assert store.journal("r1") == whole.journal
        assert store.runs() == whole.runs
        assert store.silences() == whole.silences
        assert store.dead_letters() == whole.dead_letters
        assert store.meta("epoch") == b"\x01"
        assert store.edges() == whole.edges
        assert store.verify() == []


def test_nothing_of_a_commit_is_kept_when_one_document_of_it_cannot_be_written(store: Store) -> None:
    with pytest.raises(TypeError):
        store.commit(
            Commit(positions={"p": 1}, chunks={"p": {"a/x/0/0": b"x"}}, incidents=[incident("i", bad=object())])
        )
    assert store.positions() == {}
    assert store.load_chunks("p") == {}
    store.commit(Commit(positions={"p": 2}))
    assert store.positions() == {"p": 2}


def test_a_document_with_equal_key_replaces_the_older_one(store: Store) -> None:
    store.commit(Commit(incidents=[incident("i")], outbox=[{"key": "k", "state": "pending"}], findings=[finding(1.0)]))
    store.commit(
        Commit(
            incidents=[incident("i", "resolved")], outbox=[{"key": "k", "state": "sent"}], findings=[finding(1.0, 2.0)]
        )
    )
    assert [one["status"] for one in store.incidents()] == ["resolved"]
    assert store.outbox(state="pending") == []
    assert [one["ended"] for one in store.findings()] == [2.0]


def test_a_chunk_given_as_none_is_gone(store: Store) -> None:
    store.commit(Commit(chunks={"p": {f"a/x/0/{i}": b"x" for i in range(1_200)}}, positions={"p": 0}))
    store.commit(Commit(chunks={"p": {f"a/x/0/{i}": None for i in range(1, 1_200)}}, positions={"p": 1}))
    assert store.load_chunks("p") == {"a/x/0/0": b"x"}


def test_meta_given_as_none_is_gone(store: Store) -> None:
    store.commit(Commit(meta={"a": b"1", "b": b"2"}))
    store.commit(Commit(meta={"a": None}))
    assert (store.meta("a"), store.meta("b")) == (None, b"2")


def test_an_incident_is_found_by_its_former_ids(store: Store) -> None:
    store.commit(Commit(incidents=[incident("first")]))
    store.commit(Commit(removed_incidents=["first"], incidents=[incident("second", former_ids=["first"])]))
    store.commit(Commit(removed_incidents=["second"], incidents=[incident("third", former_ids=["second"])]))
    found = store.incident("first")
    assert found is not None
    assert found["id"] == "third"
    assert [one["id"] for one in store.incidents()] == ["third"]


def test_an_incident_is_found_by_a_beginning_that_only_it_has(store: Store) -> None:
    store.commit(Commit(incidents=[incident("abc1"), incident("abd2"), incident("a%c3")]))
    found = store.incident("abc")
    assert found is not None
    assert found["id"] == "abc1"
    assert store.incident("ab") is None
    assert store.incident("") is None
    wildcard = store.incident("a%")
    assert wildcard is not None
    assert wildcard["id"] == "a%c3"


def test_incidents_come_newest_first_and_by_status(store: Store) -> None:
    store.commit(Commit(incidents=[incident("a", "resolved", 1.0), incident("b", "firing", 3.0)]))
    store.commit(Commit(incidents=[incident("c", "acknowledged", 2.0)]))
    assert [one["id"] for one in store.incidents()] == ["b", "c", "a"]
    assert [one["id"] for one in store.incidents(status="open")] == ["b", "c"]
    assert [one["id"] for one in store.incidents(status="resolved", limit=5)] == ["a"]
    assert [one["id"] for one in store.incidents(limit=1)] == ["b"]


def test_findings_that_ended_long_ago_are_forgotten_and_open_ones_never(store: Store) -> None:
    store.commit(Commit(findings=[finding(1.0), finding(2.0, 3.0), finding(4.0, 50.0)]))
    store.commit(Commit(forget_findings_before=10.0))
    assert [one["started"] for one in store.findings()] == [1.0, 4.0]
    assert [one["started"] for one in store.findings(since=60.0)] == [1.0]
    assert [one["started"] for one in store.findings(open_only=True)] == [1.0]


def test_dead_letters_are_a_ring_per_partition_with_cut_excerpts(store: Store) -> None:
    many = [DeadLetter("a", i, "garbage", "", b"x" * (EXCERPT_BYTES + i)) for i in range(5)]
    store.commit(Commit(dead_letters=[DeadLetter("b", 1, "late", "", b""), *many]))
    store.commit(
        Commit(
            dead_letters=[DeadLetter("a", 100 + i, "garbage", "", b"") for i in range(DEAD_LETTERS_PER_PARTITION - 1)]
        )
    )
    kept = store.dead_letters("a")
    assert len(kept) == DEAD_LETTERS_PER_PARTITION
    assert kept[0].offset == 100 + DEAD_LETTERS_PER_PARTITION - 2
    assert (kept[-1].offset, len(kept[-1].excerpt)) == (4, EXCERPT_BYTES)
    assert [letter.offset for letter in store.dead_letters("b")] == [1]


def test_a_number_that_json_does_not_know_becomes_null(store: Store) -> None:
    store.commit(Commit(incidents=[incident("i", value=float("nan"), peak=np.float32(1.5), n=np.int64(3))]))
    (read,) = store.incidents()
    assert (read["value"], read["peak"], read["n"]) == (None, 1.5, 3)


def test_half_a_character_of_a_log_line_does_not_stop_a_commit(store: Store) -> None:
    store.commit(Commit(incidents=[incident("i", title="bad \ud800 tail")]))
    (read,) = store.incidents()
    assert read["title"].encode() == b"bad ? tail"


def test_a_commit_knows_whether_it_is_empty() -> None:
    assert not Commit()
    assert Commit(forget_findings_before=0.0)
    assert Commit(positions={"p": None})


def test_a_reader_of_another_process_sees_commits_and_cannot_write(tmp_path: Path) -> None:
    with Store.open(tmp_path) as writer, Store.open(tmp_path, read_only=True) as reader:
        writer.commit(Commit(positions={"p": 1}))
        assert reader.positions() == {"p": 1}
        with pytest.raises(ConfigError, match="reading only"):
            reader.commit(Commit(positions={"p": 2}))
