"""An incident is explained by how its id begins, where nothing else is called so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from aiops.cli import cli
from aiops.store.commit import Commit
from aiops.store.frame import Columns
from aiops.store.repository import Store
from aiops.store.ring import Frame, Ring
from aiops.store.state import chunk
from aiops.types import Json, Labels

AT = 1_780_000_020.0


def incident(name: str) -> Json:
    when = {"started": AT, "detected": AT, "resolved": None}
    empty: Json = {field: [] for field in ("findings", "causes", "changes", "timeline", "notifications", "runbooks")}
    return {
        "id": name,
        "title": f"title of {name}",
        "status": "firing",
        "worlds": ["it"],
        "entities": [],
        **when,
        **empty,
    }


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text("rules: []\n")
    (tmp_path / "aiops.yaml").write_text("state_dir: .\nrules: [rules.yaml]\n")
    with Store.open(tmp_path) as store:
        names = ("4730a1b2c3d4", "5f01a1b2c3d4", "5f02a1b2c3d4", "abc0a1b2c3d4")
        chunks = {"p": chunk({"level": np.arange(3.0)})}
        store.commit(Commit(chunks=chunks, positions={"p": 1}, incidents=[incident(name) for name in names]))
    one = Columns(np.array([100.0]), np.array([99.0]), np.array([0.2]), np.zeros(1, np.int8))
    Ring(tmp_path).append(
        "p", Frame(AT, one, one, [Labels.of("queue", {"service_name": "abc"})], [{"rule": "x", "labels": {}}])
    )
    return tmp_path / "aiops.yaml"


def explained(place: Path, what: str) -> Result:
    return CliRunner().invoke(cli, ["explain", what, "--config", str(place)])


@pytest.mark.parametrize("what", ["4", "47", "473", "4730", "4730a1b2c3d4"])
def test_any_beginning_that_is_of_one_incident_alone_explains_it(place: Path, what: str) -> None:
    done = explained(place, what)
    assert (done.exit_code, "title of 4730a1b2c3d4" in done.output) == (0, True)


@pytest.mark.parametrize("what", ["5", "5f0", "9"])
def test_a_beginning_of_several_or_none_is_said_so(place: Path, what: str) -> None:
    done = explained(place, what)
    assert (done.exit_code, "how just one incident's id begins" in done.output) == (2, True)


def test_a_short_word_that_is_an_entity_is_the_entity(place: Path) -> None:
    done = explained(place, "abc")
    assert (done.exit_code, "queue" in done.output) == (0, True)
    assert "title of" not in done.output
