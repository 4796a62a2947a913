"""topology.csv as spreadsheets and others write it, in a recording and for a configuration alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aiops.correlate.topology import read
from aiops.errors import ConfigError
from aiops.recording import Recording
from aiops.types import Edge

Reader = Callable[[Path], list[Edge]]


def recorded(file: Path) -> list[Edge]:
    return Recording(file.parent).topology()


@pytest.fixture(params=[read, recorded])
def reader(request: pytest.FixtureRequest) -> Reader:
    found: Reader = request.param
    return found


@pytest.mark.parametrize(
    "text",
    [
        "source,target,kind\na,b,reads\nc,d,\n",
        "\ufeffsource,target,kind\r\na,b,reads\r\nc,d,\r\n",
        "source;target;kind\na;b;reads\nc;d;\n",
        '\ufeff"source";"target";"kind"\n"a";"b";"reads"\nc;d\n',
    ],
)
def test_marks_and_semicolons_are_read(reader: Reader, text: str, tmp_path: Path) -> None:
    file = tmp_path / "topology.csv"
    file.write_text(text, encoding="utf-8", newline="")
    assert reader(file) == [Edge("a", "b", "reads"), Edge("c", "d", "calls")]


@pytest.mark.parametrize("text", ["from,to\nweb,db\n", "source,to\nweb,db\n", "web,db,calls\n", "source|target\na|b\n"])
def test_wrong_columns_are_told_with_those_that_are_wanted(reader: Reader, text: str, tmp_path: Path) -> None:
    file = tmp_path / "topology.csv"
    file.write_text(text)
    with pytest.raises(ConfigError, match="wants the columns source, target, kind") as error:
        reader(file)
    assert text.split("\n")[0].split(",")[0] in str(error.value)
    assert str(file) in str(error.value)


def test_an_empty_file_states_no_edges(reader: Reader, tmp_path: Path) -> None:
    file = tmp_path / "topology.csv"
    file.write_text("")
    assert reader(file) == []
