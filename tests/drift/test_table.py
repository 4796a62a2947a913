"""Files of any kind become columns; what cannot be used is told, and never fatal."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from aiops.drift.cells import Plan, Roles, extract
from aiops.drift.column import Ignored, Kind, classify
from aiops.drift.job import compare, learn
from aiops.drift.table import read
from aiops.errors import ConfigError
from tests.drift.sample import answered, population, write


def kind_of(values: list[object]) -> Kind | str:
    found = classify(pyarrow.chunked_array([pyarrow.array(values)]))
    return found.reason if isinstance(found, Ignored) else found


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([3, 1, 2] * 40, Kind.NUMERIC),
        (["1.5", "2", "-3e4", "x"] + ["7"] * 60, Kind.NUMERIC),
        ([True, False] * 9, Kind.CATEGORICAL),
        (["a", "b", None] * 20, Kind.CATEGORICAL),
        ([f"order {i} arrived late in hall {i % 7}" for i in range(200)], Kind.TEXT),
        ([[0.1, 0.2]] * 9, Kind.EMBEDDING),
        ([f"{i:08x}" for i in range(200)], "it names rows: 200 of 200 values are distinct"),
        (["2026-01-01T00:00:00Z", "2026-01-02"] * 30, "it is a time"),
        (list(range(200)), "it rises with the rows, as a time or a number of rows does"),
        ([None] * 5, "it holds nothing"),
        ([["a"]] * 5, "it is a list of something else than numbers"),
    ],
)
def test_what_a_column_holds_is_told_from_the_reference(values: list[object], kind: Kind | str) -> None:
    assert kind_of(values) == kind


def test_csv_parquet_and_ndjson_of_the_same_rows_give_the_same_verdict(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    reference, window = (answered(population(rows, rng), rng) for rows in (2_000, 500))
    reference["colour"] = reference["colour"].tolist()
    documents = []
    for suffix in ("csv", "csv.gz", "parquet", "ndjson"):
        paths = [tmp_path / f"{name}.{suffix}" for name in ("old", "new")]
        for path, frame in zip(paths, (reference, window), strict=True):
            table = pyarrow.table(frame)
            if suffix == "parquet":
                pyarrow.parquet.write_table(table, path)
            elif suffix == "ndjson":
                path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
            else:
                text = write(tmp_path / "x.csv", frame).read_bytes()
                path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
        known, _ = learn(paths[0], Roles("yhat", "y", "colour"))
        documents.append([verdict.document() | {"file": ""} for verdict, _ in compare(known, paths[1:])])
    assert all(document == documents[0] for document in documents)


def test_predictions_of_a_recording_are_a_table(tmp_path: Path) -> None:
    rows = [{"timestamp": i, "features": {"age": i % 7, "city": "ab"[i % 2]}, "prediction": i % 3} for i in range(80)]
    path = tmp_path / "predictions.ndjson"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\nnot json\n" + "[" * 5_000 + "\n\n")
    table = read(path)
    assert list(table.columns) == ["timestamp", "age", "city", "prediction"]
    assert (table.rows, table.bad) == (80, 2)
    assert table.notes == ("2 rows could not be read (lines 81, 82) and are left out",)


def test_cells_of_several_types_are_text_and_late_columns_are_filled(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1}\n{"a": "x", "b": 2}\n{"a": [1]}\n')
    table = read(path)
    assert {name: column.to_pylist() for name, column in table.columns.items()} == {
        "a": ["1", "x", "[1]"],
        "b": [None, 2, None],
    }


def test_ragged_rows_are_counted_and_latin_letters_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("a,ort\n1,Köln\n2\n3,Bonn,4\n5,Ulm\n".encode("latin-1"))
    table = read(path)
    assert table.columns["ort"].to_pylist() == ["Köln", "Ulm"]
    assert table.bad == 2
    assert table.notes == (
        "is not UTF-8 and was read as Latin-1",
        "2 rows could not be read (lines 3, 4) and are left out",
    )


def test_codes_that_look_like_numbers_are_read_as_the_reference_has_them(tmp_path: Path) -> None:
    codes = ["02139", "1a", "10001"]
    old = write(tmp_path / "old.csv", {"zip": codes * 200})
    new = tmp_path / "new.csv"
    new.write_text("zip\n" + "02139\n10001\n" * 100)
    known, _ = learn(old, Roles())
    verdict = next(compare(known, [new]))[0]
    assert verdict.quality == []
    assert verdict.columns[0].effect == pytest.approx(1 / 3, abs=0.01)


def test_numbers_and_categories_of_a_window_keep_the_references_kind(tmp_path: Path) -> None:
    table = read(write(tmp_path / "old.csv", {"n": [1, 2] * 50, "c": ["a", "b"] * 50}))
    window = read(write(tmp_path / "new.csv", {"n": ["1", "", "x", "inf", "2"] * 9, "c": [1, 2, 3, 4, 5] * 9}), ["c"])
    cells = extract(Plan.of(table, Roles()), window)
    assert (cells.missing, cells.alien) == ({"n": 9, "c": 0}, {"n": 9, "c": 0})
    assert cells.infinite == {"n": 9}
    assert cells.words["c"].values == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty; the first row must name the columns"),
        ("header.csv", b"a,b\n", "holds no rows"),
        ("bad.parquet", b"PAR1 no", "cannot be read"),
        ("named.csv", b"PAR1\x15\x04", "is Parquet; give it the suffix .parquet"),
        ("bad.ndjson", b"x\ny\n", r"holds no rows; 2 rows could not be read \(lines 1, 2\)"),
        ("bad.csv.gz", b"plain", "cannot be read"),
        ("times.csv", b"at\n2026-01-01\n2026-01-02\n", "has no column that can be compared"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_name(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as told:
        learn(path, Roles())
    assert name in str(told.value)


def test_roles_and_windows_without_their_columns_are_told(tmp_path: Path) -> None:
    old = write(tmp_path / "old.csv", {"a": [1, 2] * 50})
    with pytest.raises(ConfigError, match=r"--label: is no column of .*old\.csv; it has a"):
        learn(old, Roles(label="b"))
    known, _ = learn(old, Roles())
    with pytest.raises(ConfigError, match=r"new\.csv: has no column of the reference"):
        next(compare(known, [write(tmp_path / "new.csv", {"z": [1, 2]})]))
