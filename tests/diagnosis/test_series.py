"""The metrics of a recording as columns, whatever the file holds."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from aiops.diagnosis.refused import Refused
from aiops.diagnosis.series import metrics
from aiops.errors import ConfigError

HEAD = "timestamp,entity,metric,value\n"


def _told(text: str | bytes, folder: Path) -> tuple[list[tuple[str, str, str]], tuple[str, ...]]:
    """(entity, metric, values) of each series, and what was bad."""
    bad = Refused()
    file = folder / "metrics.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = metrics(file, bad)
    values = [found.value[a:b].tolist() for a, b in zip(found.start[:-1], found.start[1:], strict=True)]
    return [
        (one, two, str(held)) for one, two, held in zip(found.entity, found.metric, values, strict=True)
    ], bad.notes()


def test_rows_in_any_order_are_series_in_order_of_time(tmp_path: Path) -> None:
    rows = "30,b,cpu,3\n0,a,cpu,1\n15,b,cpu,2\n0,b,cpu,1\n15,b,cpu,2\n"
    assert _told(HEAD + rows, tmp_path)[0] == [("a", "cpu", "[1.0]"), ("b", "cpu", "[1.0, 2.0, 3.0]")]


def test_what_is_missing_or_no_number_is_left_out(tmp_path: Path) -> None:
    found, bad = _told(HEAD + "0,a,cpu,\n15,a,cpu,none\n30,a,cpu,inf\n45,a,cpu,4\n,a,cpu,5\nsoon,a,cpu,6\n", tmp_path)
    assert found == [("a", "cpu", "[4.0]")]
    assert bad == ("2 rows with a time that is neither epoch seconds nor ISO 8601 in metrics.csv (lines 6, 7)",)


@pytest.mark.parametrize("text", [HEAD, HEAD.strip(), HEAD + "\n\n"])
def test_a_head_alone_holds_nothing(text: str, tmp_path: Path) -> None:
    assert _told(text, tmp_path)[0] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "lacks the column 'timestamp'"),
        ("a,b\n1,2\n", "it has: a, b"),
        ("timestamp,metric,value,value\n1,a,2,3\n", "'value' more than once"),
    ],
)
def test_a_file_of_something_else_is_told_by_its_columns(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        _told(text, tmp_path)


def test_a_byte_that_is_no_text_costs_no_other_row(tmp_path: Path) -> None:
    found, _ = _told(HEAD.encode() + b"0,caf\xe9,cpu,1\n0,b,cpu,2\n", tmp_path)
    assert ("b", "cpu", "[2.0]") in found
    assert len(found) == 2


def test_many_labels_of_many_values_keep_series_apart(tmp_path: Path) -> None:
    """The product of their counts passes 64 bits."""
    labels = [f"label_{i}" for i in range(12)]
    with (tmp_path / "metrics.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["timestamp", "entity", "metric", "value", *labels])
        for i in range(400):
            rows.writerow([0, f"e{i}", "cpu", i, *(f"{name} {i}" for name in labels)])
    found = metrics(tmp_path / "metrics.csv", Refused())
    assert dict(zip(found.entity, found.value.tolist(), strict=True)) == {f"e{i}": float(i) for i in range(400)}
    assert "label_11=label_11 7" in found.detail[found.entity.index("e7")]


@pytest.mark.parametrize("coded", [True, False])
def test_parquet_with_gaps_is_read_like_text(coded: bool, tmp_path: Path) -> None:
    entity = pa.array(["a", None, "b", "b"])
    moments = [datetime.fromtimestamp(at, UTC) for at in (0, 15, 15)]
    table = pa.table({
        "timestamp": pa.array([moments[0], moments[1], None, moments[2]], pa.timestamp("ms", "UTC")),
        "entity": entity.dictionary_encode() if coded else entity,
        "metric": pa.array(["cpu"] * 4),
        "value": pa.array([1.0, 2.0, 3.0, None]),
    })  # fmt: skip
    pyarrow.parquet.write_table(pa.concat_tables([table, table.slice(1)]), tmp_path / "metrics.parquet")
    bad = Refused()
    found = metrics(tmp_path / "metrics.parquet", bad)
    assert found.entity == ("", "a", "b")
    assert found.value.tolist() == [2.0, 1.0]
    assert np.diff(found.start).tolist() == [1, 1, 0]
    assert [one.split()[0] for one in bad.notes()] == ["2"]


def test_numbers_of_which_no_square_can_be_told_are_left_out(tmp_path: Path) -> None:
    assert _told(HEAD + "0,a,cpu,1e308\n15,a,cpu,-1e200\n30,a,cpu,7\n", tmp_path)[0] == [("a", "cpu", "[7.0]")]


def test_reading_loads_no_pandas(tmp_path: Path) -> None:
    """It would take longer than everything else."""
    (tmp_path / "metrics.csv").write_text(HEAD + "0,a,cpu,1\n15,,cpu,2\n")
    code = "import sys; from pathlib import Path; from aiops.diagnosis.job import study; "
    code += f"study(Path({str(tmp_path)!r})).answer; sys.exit('pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
