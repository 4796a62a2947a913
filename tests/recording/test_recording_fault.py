"""Bad rows are counted and reported, never fatal; a folder that is no recording is one clear message."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pytest

from aiops.errors import ConfigError
from aiops.recording import Recording
from aiops.types import Edge, LogRecord
from tests.recording.folder import HEADER, START, decoded, events, metrics, put
from tests.recording.test_recording_order import flat


def test_bad_rows_cost_themselves_and_are_told_with_the_next_records(tmp_path: Path) -> None:
    metrics(tmp_path, [(START, "a", "m", 1), ("soon", "a", "m", 2), ("", "", "", ""), (START + 1, "a", "m", 3)])
    put(
        tmp_path,
        "logs.ndjson",
        '{"timestamp": 1780272000, "entity": "a", "body": "x"}\n{"oops\n\n[1]\n{"timestamp": null}\n',
    )
    found = flat(Recording(tmp_path))
    samples, logs, _ = decoded(found)
    assert [value for *_, value in samples] == [1.0, 3.0]
    assert logs == [LogRecord(START, entity="a", body="x")]
    assert sum(one.dropped.get("invalid_time", 0) for one in found) == 2 + 3
    assert Recording(tmp_path).bad == {}


def test_a_row_that_decode_refuses_is_counted_once_per_reason(tmp_path: Path) -> None:
    metrics(
        tmp_path, [(START, "a", "m", "x"), (START, "a", "", 1), (START,), (START, "a", "m", ""), (START, "a", "m", 7)]
    )
    samples, _, rejected = decoded(flat(Recording(tmp_path)))
    assert [value for *_, value in samples] == [7.0]
    assert rejected == [("invalid_field", 3)]


def test_a_file_that_was_cut_off_gives_what_it_holds(tmp_path: Path) -> None:
    text = "\n".join([HEADER, *(f"{START + i},a,m{i * 7919 % 1000},{i}" for i in range(200_000))])
    (tmp_path / "metrics.csv.gz").write_bytes(gzip.compress(text.encode())[:-50_000])
    recording = Recording(tmp_path)
    assert 1_000 < recording.extents["metrics.csv.gz"].rows < 200_000
    assert recording.bad["metrics.csv.gz"]["cut_off"] == 1


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "holds no"),
        ({"metrics.csv": "timestamp,entity,value\n"}, "'metric'"),
        ({"metrics.csv": ""}, "'timestamp'"),
        ({"metrics.parquet": "no parquet"}, "Parquet"),
    ],
)
def test_a_folder_that_is_no_recording_is_named(tmp_path: Path, files: dict[str, str], says: str) -> None:
    for name, text in files.items():
        put(tmp_path, name, text)
    with pytest.raises(ConfigError, match=says) as caught:
        Recording(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        Recording(tmp_path / "nowhere")


def test_quotes_commas_and_line_ends_inside_fields_are_read(tmp_path: Path) -> None:
    text = f'{HEADER},note\r\n{START},"a, b","m",1,"one ""x""\nline"\r\n{START + 1},a,m,2,\r\n'
    put(tmp_path, "metrics.csv", text)
    samples, _, rejected = decoded(flat(Recording(tmp_path)))
    wanted = 'm{note="one "x"\nline", service_name="a, b"}'
    assert samples == [(wanted, START, 1.0), ('m{service_name="a"}', START + 1, 2.0)]
    assert rejected == []


def test_any_order_of_columns_and_iso_times_are_read(tmp_path: Path) -> None:
    rows = ['m,web,2026-06-01T00:00:00Z,"1.5"', "m,web,2026-06-01T02:00:15+02:00,2", "m,web,2026-06-01 00:00:30,+Inf"]
    put(tmp_path, "metrics.csv", "metric,entity,timestamp,value\n" + "\n".join(rows))
    samples, _, rejected = decoded(flat(Recording(tmp_path)))
    at = 1_780_272_000.0
    assert samples == [('m{service_name="web"}', at, 1.5), ('m{service_name="web"}', at + 15, 2.0)]
    assert rejected == [("non_finite", 1)]


def test_nan_is_a_sample_that_says_none(tmp_path: Path) -> None:
    metrics(tmp_path, [(START, "a", "m", "NaN")])
    samples, _, rejected = decoded(flat(Recording(tmp_path)))
    assert math.isnan(samples[0][2])
    assert rejected == []


@pytest.mark.parametrize(
    ("row", "labels"),
    [
        ("web,m,1,,", 'm{service_name="web"}'),
        ("web,m,1,web,", 'm{service="web"}'),
        ("web,m,1,other,", 'm{service="other", service_name="web"}'),
        (",m,1,other,x", 'm{code="x", service="other"}'),
        ("web,m,1", 'm{service_name="web"}'),
    ],
)
def test_the_entity_becomes_a_label_unless_a_label_carries_it(tmp_path: Path, row: str, labels: str) -> None:
    put(tmp_path, "metrics.csv", f"{HEADER},service,code\n{START},{row}\n")
    samples, _, _ = decoded(flat(Recording(tmp_path)))
    assert samples == [(labels, START, 1.0)]


def test_a_line_with_a_type_of_its_own_keeps_it(tmp_path: Path) -> None:
    events(tmp_path, "logs", [{"type": "log", "timestamp": "2026-06-01T00:00:00Z", "entity": "a", "body": "x"}])
    _, logs, rejected = decoded(flat(Recording(tmp_path)))
    assert logs == [LogRecord(1_780_272_000.0, entity="a", body="x")]
    assert rejected == []


def test_topology_and_case_are_read(tmp_path: Path) -> None:
    metrics(tmp_path, [(START, "a", "m", 1)])
    assert Recording(tmp_path).topology() == []
    assert Recording(tmp_path).case() == {}
    put(tmp_path, "topology.csv", "source,target,kind\na,b,reads\n,c,calls\nb,c\n", "gz")
    put(tmp_path, "case.json", '{"fault_start": 5}')
    assert Recording(tmp_path).topology() == [Edge("a", "b", "reads"), Edge("b", "c", "calls")]
    assert Recording(tmp_path).case() == {"fault_start": 5}
    put(tmp_path, "case.json", "[1]")
    with pytest.raises(ConfigError, match="object"):
        Recording(tmp_path).case()
