"""A silence that nothing hears is added, and its author told so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from aiops.cli import cli, remote
from aiops.store.commit import Commit
from aiops.store.frame import Columns
from aiops.store.repository import Store
from aiops.store.ring import Frame, Ring
from aiops.store.state import chunk
from aiops.types import Finding, Incident, Labels

AT = 1_780_000_020.0


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def taken(_: Path, action: str, **arguments: Any) -> dict[str, Any]:
        return {"id": "abc", "ends_at": AT}

    monkeypatch.setattr(remote, "do", taken)
    (tmp_path / "aiops.yaml").write_text("state_dir: .\n")
    found = Finding("High", "high", {"pod": "web-1"}, "web", "it", "page", "p", 1, AT, AT)
    incident = Incident("4730a1", "web is odd", "page", "firing", AT, AT, ("it",), ("web",), (found,))
    with Store.open(tmp_path) as store:
        chunks = {"p": chunk({"level": np.arange(3.0)})}
        store.commit(Commit(chunks=chunks, positions={"p": 1}, incidents=[msgspec.to_builtins(incident)]))
    one = Columns(np.array([100.0]), np.array([99.0]), np.array([0.2]), np.zeros(1, np.int8))
    slots = [{"rule": "x", "labels": {}}]
    Ring(tmp_path).append("p", Frame(AT, one, one, [Labels.of("queue", {"zone": "a"})], slots))
    return tmp_path / "aiops.yaml"


def added(place: Path, matchers: str) -> Result:
    done = CliRunner().invoke(cli, ["silence", "add", matchers, "--config", str(place)])
    assert (done.exit_code, done.stdout[:4]) == (0, "abc ")
    return done


@pytest.mark.parametrize("matchers", ["entity='web'", 'entity="web"', "entity=web", "pod=~'web-.*',world=it"])
def test_what_mutes_something_open_is_added_without_a_word(place: Path, matchers: str) -> None:
    assert added(place, matchers).stderr == ""


@pytest.mark.parametrize("matchers", ["entity=wbe", "zone=b", "pod=x"])
def test_what_mutes_nothing_open_is_told(place: Path, matchers: str) -> None:
    said = added(place, matchers).stderr
    assert "no open incident matches now" in said
    assert "spelling" not in said


def test_a_label_that_nothing_has_is_named(place: Path) -> None:
    assert "nothing seen so far has the label 'entitty', check its spelling" in added(place, "entitty=web").stderr


def test_where_no_state_is_nothing_is_told(place: Path, tmp_path: Path) -> None:
    place.write_text("state_dir: elsewhere\n")
    assert added(place, "entity=web").stderr == ""
