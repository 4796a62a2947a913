"""What is written is read back equal, and is a valid table at any moment."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops.errors import ConfigError
from aiops.recording import Recording, Writer
from aiops.types import Alert, AnyEvent, Change, Edge, Kind, Labels, LlmCall, LogRecord, Prediction, Samples, Span
from tests.recording.folder import START, decoded
from tests.recording.test_recording_order import flat

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
LABELS = st.dictionaries(st.sampled_from(["service_name", "code", "le", "path", "x"]), TEXT, max_size=4)
EVENTS: list[AnyEvent] = [
    LogRecord(START, entity="a", body='say "x",\n', severity="ERROR", trace_id="t", host="h"),
    Span(START + 1, trace_id="t", span_id="s", entity="a", name="GET", duration_s=0.5, attributes={"a": 1}),
    Change(START + 2, kind="deploy", id="c1", entity="a", files=("x.py",)),
    Prediction(START + 3, model="fraud", version="12", features={"x": 1.5, "y": "z"}, prediction=1),
    LlmCall(START + 4, entity="a", model="m", context=("c",), input_tokens=3, ttft_s=0.25),
    Alert(START + 5, entity="a", name="Down", labels={"x": "y"}),
]


def columns(rows: list[tuple[int, float, float]]) -> Samples:
    series, time, value = (np.array(one) for one in zip(*rows, strict=True))
    return Samples(series.astype(np.int32), time.astype(float), value.astype(float), np.zeros(len(rows), np.int32))


@pytest.mark.parametrize("compress", ["", "gz", "zst"])
def test_events_and_edges_come_back_equal(tmp_path: Path, compress: Literal["", "gz", "zst"]) -> None:
    with Writer(tmp_path / "r", compress) as writer:
        writer.events(EVENTS)
        writer.edges([Edge("a", "b", "reads")])
    _, found, rejected = decoded(flat(Recording(tmp_path / "r")))
    assert (found, rejected) == (EVENTS, [])
    assert Recording(tmp_path / "r").topology() == [Edge("a", "b", "reads")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LABELS, min_size=1, max_size=6), st.sampled_from(["", "gz", "zst"]), st.data())
def test_samples_come_back_equal_whatever_their_labels(
    tmp_path_factory: pytest.TempPathFactory,
    told: list[dict[str, str]],
    compress: Literal["", "gz", "zst"],
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("r")
    table = [Labels.of(f"m{i}", labels) for i, labels in enumerate(told)]
    values = st.tuples(st.integers(0, len(table) - 1), st.integers(0, 600), st.floats(-1e9, 1e9))
    rows = data.draw(st.lists(values, min_size=1, max_size=20))
    with Writer(folder / "r", compress) as writer:
        for slot, at, value in rows:
            writer.samples(columns([(slot, START + at, value)]), table)
    samples, _, rejected = decoded(flat(Recording(folder / "r")))
    assert sorted(samples) == sorted((str(table[slot]), START + at, value) for slot, at, value in rows)
    assert rejected == []


def test_the_file_is_a_table_at_any_moment(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "r")
    for i, labels in enumerate([{"service_name": "a"}, {"code": "200"}, {"service_name": "b", "zone": "x"}]):
        writer.samples(columns([(0, START + i, i)]), [Labels.of("m", labels)])
        writer.flush()
        with (tmp_path / "r" / "metrics.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        assert len(rows) == i + 2
        assert len({len(row) for row in rows}) == 1
    writer.close()
    assert sorted(one.name for one in (tmp_path / "r").iterdir()) == ["metrics.csv"]


def test_deltas_are_written_as_their_running_sum(tmp_path: Path) -> None:
    with Writer(tmp_path / "r") as writer:
        for i in range(3):
            writer.samples(
                columns([(0, START + i, 5), (1, START + i, 5)]), [Labels.of("d"), Labels.of("g")], [Kind.DELTA, 1]
            )
    samples, _, _ = decoded(flat(Recording(tmp_path / "r")))
    assert [value for name, _, value in samples if name == "d"] == [5.0, 10.0, 15.0]
    assert [value for name, _, value in samples if name == "g"] == [5.0, 5.0, 5.0]


def test_a_folder_with_a_recording_is_not_written_into(tmp_path: Path) -> None:
    with Writer(tmp_path / "r") as writer:
        writer.events(EVENTS)
    with pytest.raises(ConfigError, match="already"):
        Writer(tmp_path / "r")


def test_parquet_reads_as_the_csv_it_could_have_been(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    rows = {
        "entity": ["a", "b,c", "a"],
        "metric": ["m", "m", "n"],
        "value": [1.5, None, 3.0],
        "code": ["200", None, "x"],
    }
    times = [START, START + 0.25, START + 15]
    for name, column in (
        ("float", pyarrow.array(times)),
        ("stamp", pyarrow.array([round(at * 1e6) for at in times], pyarrow.timestamp("us", "Europe/Berlin"))),
        ("text", pyarrow.array(["2026-06-01T00:00:00Z", "2026-06-01T00:00:00.25Z", "2026-06-01T00:00:15Z"])),
    ):
        (tmp_path / name).mkdir()
        parquet.write_table(pyarrow.table({"timestamp": column, **rows}), tmp_path / name / "metrics.parquet")
        samples, _, rejected = decoded(flat(Recording(tmp_path / name)))
        assert samples == [
            ('m{code="200", service_name="a"}', START, 1.5),
            ('n{code="x", service_name="a"}', START + 15, 3.0),
        ]
        assert rejected == []
