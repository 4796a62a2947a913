"""The same rows are the same, however a file writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from aiops.drift.cells import Roles
from aiops.drift.column import Kind, classify
from aiops.drift.delimited import Form, form_of
from aiops.drift.job import compare, learn
from aiops.drift.spelling import meant
from aiops.drift.table import read
from aiops.drift.verdict import Verdict
from aiops.errors import ConfigError
from tests.drift.sample import Frame, faults

TEXT = "id;Größe;paid\n1;1,5;true\n2;-0,25;false\n3;;true\n"
COLUMNS = {"id": [1, 2, 3], "Größe": [1.5, -0.25, None], "paid": [True, False, True]}


def rows(count: int, seed: int) -> Frame:
    rng = np.random.default_rng(seed)
    return {"flag": rng.random(count) < 0.3, "x": rng.normal(0, 1, count), "e": rng.normal(0, 1, (count, 8)).round(3)}


def put(path: Path, frame: Frame, flag: Callable[[bool], object]) -> Path:
    """As pandas writes the frame; a CSV holds embeddings as JSON."""
    flags, vectors = [flag(one) for one in frame["flag"].tolist()], frame["e"].tolist()
    if path.suffix == ".csv":
        lines = (f'{one},{x},"{json.dumps(v)}"' for one, x, v in zip(flags, frame["x"], vectors, strict=True))
        path.write_text("\n".join(["flag,x,e", *lines]))
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.table({"flag": flags, "x": frame["x"], "e": vectors}), path)
    else:
        cells = zip(flags, frame["x"].tolist(), vectors, strict=True)
        path.write_text("".join(json.dumps({"flag": a, "x": b, "e": c}) + "\n" for a, b, c in cells))
    return path


def verdict(old: Path, new: Path) -> Verdict:
    known, _ = learn(old, Roles())
    return next(compare(known, [new]))[0]


@pytest.mark.parametrize("old", [("old.csv", str), ("old.parquet", bool), ("old.ndjson", int)])
@pytest.mark.parametrize(
    "new", [("new.csv", str), ("new.csv", int), ("new.parquet", bool), ("new.ndjson", int), ("new.ndjson", bool)]
)
def test_booleans_and_embeddings_are_the_same_in_every_format(
    old: tuple[str, Callable[[bool], object]], new: tuple[str, Callable[[bool], object]], tmp_path: Path
) -> None:
    reference = put(tmp_path / old[0], rows(1_000, 0), old[1])
    found = verdict(reference, put(tmp_path / new[0], rows(300, 1), new[1]))
    assert (found.alert, found.quality) == (False, [])
    assert [column.name for column in found.columns] == ["flag", "x", "e"]
    other = rows(300, 2)
    other["flag"], other["e"] = other["x"] < 0.5, other["e"] + 0.8
    moved = verdict(reference, put(tmp_path / new[0], other, new[1]))
    assert [column.name for column in moved.columns if column.drift] == ["flag", "e"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["True", "FALSE", None, " true"], "bool"),
        (["true", "false", "maybe"], "string"),
        (["[1, 2.5]", None, "[]"], "list<item: double>"),
        (["[1, 2.5]", "[INFO] started"], "string"),
        (['["a"]'], "string"),
        ([None, None], "string"),
    ],
)
def test_text_is_a_boolean_or_a_list_only_where_all_of_it_is(values: list[str | None], kind: str) -> None:
    assert str(meant(pyarrow.chunked_array([pyarrow.array(values, pyarrow.string())])).type) == kind


def test_cells_of_a_window_that_are_no_embedding_are_counted(tmp_path: Path) -> None:
    reference, window = put(tmp_path / "old.csv", rows(1_000, 0), str), put(tmp_path / "new.csv", rows(300, 1), str)
    window.write_text(window.read_text().replace('"[', '"<', 30))
    assert faults(verdict(reference, window)) == [("e", "type")]
    words = tmp_path / "words.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"e": [["a", "b"]] * 300}), words)
    assert ("e", "type") in faults(verdict(reference, words))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
@pytest.mark.parametrize(("delimiter", "decimal"), [(";", ","), ("\t", ","), ("|", "."), (",", ".")])
def test_spreadsheets_are_read_whatever_their_encoding_and_separator(
    encoding: str, delimiter: str, decimal: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.replace(",", decimal).replace(";", delimiter).encode(encoding))
    table = read(path)
    assert {name: column.to_pylist() for name, column in table.columns.items()} == COLUMNS
    assert any("separated by" in note for note in table.notes) == (delimiter != ",")
    assert classify(table.columns["Größe"]) is Kind.NUMERIC


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a,b;c\n1,2\n", Form(",")),
        ("note\ngood; cheap\n", Form(",")),
        ('"a;b;c",d\n1,2\n', Form(",")),
        ("a;b\n1.5;x,y\n", Form(";")),
        ("a;b\n1,5;2.5\n", Form(";")),
        ('a;b\n"1\n2";2,5\n', Form(";", ",")),
        ("", Form(",")),
    ],
)
def test_the_separator_is_told_from_the_header_and_the_first_row(text: str, form: Form) -> None:
    assert form_of(text.encode()) == form


def test_what_cannot_be_read_is_told_with_separator_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a^b\n" + "1,2\n" * 9)
    with pytest.raises(ConfigError, match=r"9 rows could not be read \(lines 2, 3, 4, 5, 6, \.\.\.\).*by ',': a\^b"):
        read(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(ConfigError, match="is no text: want CSV"):
        read(path)
    path.write_bytes("a,b\n1,2\n".encode("utf-16")[:-1])
    with pytest.raises(ConfigError, match="is not UTF-16 throughout"):
        read(path)
