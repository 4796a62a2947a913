"""From hand-made recordings to their causes: what must not matter, and what must."""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from aiops.cli import cli
from aiops.diagnosis.answer import Answer
from aiops.diagnosis.case import read
from aiops.diagnosis.job import study
from aiops.diagnosis.observe import see
from aiops.errors import ConfigError

ONSET, END, STEP = 1_200.0, 1_500.0, 15.0
Row = tuple[float, str, str, float]
CALLS = (("web", "orders"), ("orders", "db"), ("web", "mail"))


def _series(entity: str, metric: str, level: float, after: float, begin: float = ONSET) -> list[Row]:
    """A level with some noise, and another from `begin` on."""
    rng = random.Random(f"{metric} {level}")
    times = [i * STEP for i in range(int(END / STEP))]
    return [(at, entity, metric, (after if at >= begin else level) * rng.uniform(0.95, 1.05)) for at in times]


def _slow_database() -> list[Row]:
    """The database gets slow, and with it all above; mail's processor is busy for its own reasons."""
    return [
        *_series("db", "latency_seconds", 0.01, 0.5),
        *_series("orders", "latency_seconds", 0.05, 0.55),
        *_series("web", "latency_seconds", 0.1, 0.6),
        *_series("mail", "cpu", 20, 30),
        *_series("mail", "latency_seconds", 0.03, 0.03),
    ]


def _write(folder: Path, rows: Iterable[Row], calls: Iterable[tuple[str, str]] = CALLS) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "metrics.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("timestamp", "entity", "metric", "value"), *rows])
    with (folder / "topology.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("source", "target", "kind"), *((a, b, "calls") for a, b in calls)])
    return folder


def _first(answer: Answer) -> str:
    return answer.causes[0].entity


def test_the_deepest_that_deviates_is_the_cause_and_says_why(tmp_path: Path) -> None:
    answer = study(_write(tmp_path, _slow_database())).answer
    assert _first(answer) == "db"
    assert answer.onset is not None
    assert abs(answer.onset - ONSET) <= 2 * STEP
    assert any("latency_seconds" in one and "before" in one for one in answer.causes[0].evidence)
    assert any("explains" in one and "orders" in one for one in answer.causes[0].evidence)
    against = next(one for one in answer.causes if one.entity == "web")
    assert any(one.startswith("against it") for one in against.evidence)


def test_names_do_not_matter(tmp_path: Path) -> None:
    names = {"db": "x3", "orders": "a1", "web": "zz", "mail": "m"}
    renamed = [(at, names[entity], metric, value) for at, entity, metric, value in _slow_database()]
    plain = study(_write(tmp_path / "plain", _slow_database())).answer
    other = study(_write(tmp_path / "other", renamed, [(names[a], names[b]) for a, b in CALLS])).answer
    assert [names[one.entity] for one in plain.causes] == [one.entity for one in other.causes]
    assert [one.probability for one in plain.causes] == [one.probability for one in other.causes]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    rows = _slow_database()
    random.Random(3).shuffle(rows)
    plain = study(_write(tmp_path / "plain", _slow_database())).answer
    other = study(_write(tmp_path / "other", rows)).answer
    assert (plain.causes, plain.onset) == (other.causes, other.onset)


def test_three_milliseconds_explain_no_half_second(tmp_path: Path) -> None:
    rows = [one for one in _slow_database() if one[1] != "db"]
    answer = study(_write(tmp_path, [*rows, *_series("db", "latency_seconds", 0.003, 0.006)])).answer
    assert _first(answer) == "orders"


def test_what_became_better_is_hardly_a_cause(tmp_path: Path) -> None:
    rows = [*_series("a", "latency_seconds", 0.5, 0.01), *_series("b", "latency_seconds", 0.1, 0.3)]
    assert _first(study(_write(tmp_path, rows, ())).answer) == "b"


def test_a_slow_drift_is_held_against_the_moment_before(tmp_path: Path) -> None:
    drift = [(i * STEP, "a", "latency_seconds", 0.1 + 0.002 * i) for i in range(int(END / STEP))]
    answer = study(_write(tmp_path, [*drift, *_series("b", "latency_seconds", 0.1, 0.14)], ())).answer
    assert _first(answer) == "b"


def test_the_same_numbers_under_two_names_are_one_observation(tmp_path: Path) -> None:
    shared = _series("a", "cpu", 10, 90)
    rows = [*shared, *((at, "b", metric, value) for at, _, metric, value in shared)]
    answer = study(_write(tmp_path, [*rows, *_series("c", "cpu", 10, 14)], ())).answer
    assert _first(answer) == "c"


def _request(number: int, at: float, broken: bool) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """One request through web and price; when it is broken, price throws after its first line."""
    trace = f"t{number}"
    spans = [
        {"span_id": "a", "entity": "web", "name": "GET /buy", "duration_s": 0.1},
        {"span_id": "b", "parent_id": "a", "entity": "price", "name": "query", "duration_s": 0.05},
    ]
    logs = [{"entity": "price", "body": "looking for a price", "severity": "INFO"}]
    if not broken:
        spans.append({"span_id": "c", "parent_id": "b", "entity": "price", "name": "SELECT", "duration_s": 0.01})
        logs.append({"entity": "price", "body": "found what was wanted", "severity": "INFO"})
        logs.append({"entity": "web", "body": "sold", "severity": "INFO"})
    return [{"timestamp": at, "trace_id": trace, **one} for one in spans], [
        {"timestamp": at + 0.01, "trace_id": trace, **one} for one in logs
    ]


def _requests(folder: Path, broken: Callable[[int], bool], times: Iterable[float]) -> Path:
    spans, logs = [], []
    for number, at in enumerate(times):
        some, more = _request(number, at, broken(number))
        spans += some
        logs += more
    (folder / "spans.ndjson").write_text("\n".join(map(json.dumps, spans)))
    (folder / "logs.ndjson").write_text("\n".join(map(json.dumps, logs)))
    return folder


def test_an_exception_that_nobody_logs_is_read_from_the_steps_that_are_missing(tmp_path: Path) -> None:
    answer = study(_requests(tmp_path, lambda number: number >= 80, [i * 10.0 for i in range(100)])).answer
    assert _first(answer) == "price"
    assert any("lack" in one for one in answer.causes[0].evidence)
    assert answer.onset is not None
    assert abs(answer.onset - 800) <= 60


def test_steps_that_are_missing_no_more_are_relief(tmp_path: Path) -> None:
    folder = _requests(tmp_path, lambda number: 60 <= number < 90, [i * 10.0 for i in range(140)])
    found = see(read(folder)).settled(900.0)
    assert {one.signal for one in found if one.metric == "steps"} == {"relief"}


def test_a_gap_in_the_data_is_no_onset(tmp_path: Path) -> None:
    """Requests were slower before a pause than after; it is the later fault that counts."""
    times = [*(i * 5.0 for i in range(60)), *(2_000 + i * 5.0 for i in range(60))]
    answer = study(_requests(tmp_path, lambda number: number >= 100, times)).answer
    assert answer.onset is not None
    assert answer.onset > 2_100


def test_a_quiet_recording_has_no_sure_cause(tmp_path: Path) -> None:
    rows = [*_series("a", "cpu", 10, 10), *_series("b", "latency_seconds", 0.1, 0.1)]
    assert all(one.probability < 0.5 for one in study(_write(tmp_path, rows, ())).answer.causes)


def test_bad_rows_are_counted_and_never_fatal(tmp_path: Path) -> None:
    folder = _write(tmp_path, _slow_database())
    with (folder / "metrics.csv").open("a") as file:
        file.write("soon,db,cpu,1\n30,db,cpu,none\nx,db\n")
    (folder / "spans.ndjson").write_text('{"timestamp": 1\n[]\n')
    answer = study(folder).answer
    assert _first(answer) == "db"
    end = len(_slow_database()) + 2
    assert f"1 row unreadable in metrics.csv (line {end + 2})" in answer.notes
    assert "2 rows unreadable in spans.ndjson (lines 1, 2)" in answer.notes
    late = "1 row with a time that is neither epoch seconds nor ISO 8601 in metrics.csv"
    assert f"{late} (line {end})" in answer.notes  # the torn row is told once


def test_who_tells_the_onset_late_spoils_nothing(tmp_path: Path) -> None:
    folder = _write(tmp_path, _slow_database())
    (folder / "case.json").write_text(json.dumps({"fault_start": ONSET + 60, "interval_seconds": STEP}))
    answer = study(folder).answer
    assert answer.onset is not None
    assert ONSET - STEP <= answer.onset <= ONSET + 60
    assert _first(answer) == "db"


def test_the_command_prints_one_object_a_recording(tmp_path: Path) -> None:
    folders = [str(_write(tmp_path / name, _slow_database())) for name in ("one", "two")]
    done = CliRunner().invoke(cli, ["cause", *folders, "--format", "json"])
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["recording"] for one in told] == folders
    assert {"onset", "causes", "changes", "none", "first_failing", "blast_radius", "seconds"} <= told[0].keys()
    assert sum(one["probability"] for one in told[0]["causes"]) <= 1


@pytest.mark.parametrize("what", ["missing", "empty"])
def test_a_folder_that_is_no_recording_is_told_in_one_message(tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(cli, ["cause", str(tmp_path / what)])
    assert type(done.exception).__name__ == "ConfigError"
    assert "recording" in str(done.exception)


@pytest.mark.parametrize(("unit", "scale"), [("milliseconds", 1e3), ("nanoseconds", 1e9)])
def test_a_recording_in_another_unit_of_time_is_refused_and_told_so(unit: str, scale: float, tmp_path: Path) -> None:
    rows = [(f"{(at + 1.7e9) * scale:.0f}", *rest) for at, *rest in _slow_database()]
    with pytest.raises(ConfigError, match=f"no metric, span, log or alert .*look like {unit}.*2023-11-14"):
        study(_write(tmp_path, rows))  # type: ignore[arg-type]


def test_events_in_milliseconds_beside_metrics_in_seconds_are_left_out_and_told_so(tmp_path: Path) -> None:
    folder = _write(tmp_path, _slow_database())
    line = {"timestamp": 1_700_000_000_000, "entity": "db", "body": "slow"}
    (folder / "logs.ndjson").write_text(json.dumps(line) + "\n\n" + json.dumps(line))
    answer = study(folder).answer
    assert _first(answer) == "db"
    assert [one for one in answer.notes if "logs.ndjson (lines 1, 3): these look like milliseconds" in one]


@pytest.mark.parametrize("scale", [3e11, -7e10])
def test_times_that_are_in_no_calendar_are_refused(scale: float, tmp_path: Path) -> None:
    rows = [(at + scale, *rest) for at, *rest in _slow_database()]
    with pytest.raises(ConfigError, match="neither epoch seconds nor ISO 8601"):
        study(_write(tmp_path, rows, ()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("yesterday", "wants epoch seconds or ISO 8601"),
        (1_780_275_000_000, "look like milliseconds: .* would be 2026-06-01"),
        (3e11, "wants epoch seconds"),
        (True, "wants epoch seconds"),
        ([1], "wants epoch seconds"),
        (END + 3_600, "outside of what was recorded, from 0 to 1485"),
        ("2026-06-01T00:00:00Z", "outside of what was recorded"),
    ],
)
def test_a_start_that_cannot_be_is_refused_with_what_is_wanted(told: object, said: str, tmp_path: Path) -> None:
    folder = _write(tmp_path, _slow_database())
    (folder / "case.json").write_text(json.dumps({"fault_start": told}))
    with pytest.raises(ConfigError, match=f"case.json: fault_start: .*{said}"):
        study(folder)


@pytest.mark.parametrize("told", [None, ONSET, str(ONSET), "1970-01-01T00:20:00Z", END + 60])
def test_a_start_that_can_be_is_taken(told: object, tmp_path: Path) -> None:
    folder = _write(tmp_path, _slow_database())
    (folder / "case.json").write_text(json.dumps({"fault_start": told, "alerted": "web"}))
    case = read(folder)
    assert math.isnan(case.fault_start) if told is None else case.fault_start >= ONSET
    assert not case.notes


def test_who_paged_and_occurs_nowhere_is_told(tmp_path: Path) -> None:
    folder = _write(tmp_path, _slow_database())
    (folder / "case.json").write_text(json.dumps({"alerted": "ordres"}))
    answer = study(folder).answer
    assert _first(answer) == "db"
    assert [one for one in answer.notes if "'ordres' paged" in one and "is it 'orders'?" in one]


def test_changes_alone_show_no_fault(tmp_path: Path) -> None:
    (tmp_path / "changes.ndjson").write_text(json.dumps({"timestamp": 1.7e9, "kind": "deploy", "id": "a"}))
    with pytest.raises(ConfigError, match="no change shows a fault by itself"):
        study(tmp_path)


def test_of_several_recordings_one_that_cannot_be_used_spoils_no_other(tmp_path: Path) -> None:
    good = str(_write(tmp_path / "good", _slow_database()))
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(cli, ["cause", str(tmp_path / "empty"), good, "--format", "json"])
    assert [json.loads(line)["recording"] for line in done.stdout.splitlines()] == [good]
    assert "1 of 2 recordings" in str(done.exception)


def test_where_nothing_moves_and_no_change_was_recorded_it_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["cause", str(_write(tmp_path, _series("a", "cpu", 10, 10), ()))])
    assert "nothing unusual" in done.stdout
    assert "no change was recorded" in done.stdout
    assert "none of the recorded" not in done.stdout


def test_a_change_is_told_with_what_it_says_of_itself(tmp_path: Path) -> None:
    change = {"timestamp": ONSET - 60, "kind": "config", "entity": "db", "id": "cfg-8", "summary": "pool 32 -> 2"}
    (_write(tmp_path, _slow_database()) / "changes.ndjson").write_text(json.dumps(change))
    told = CliRunner().invoke(cli, ["cause", str(tmp_path)]).stdout
    assert any(one.startswith("  change cfg-8") and one.endswith("pool 32 -> 2") for one in told.splitlines())


def test_who_misses_a_topology_is_told_so(tmp_path: Path) -> None:
    assert any("topology.csv" in one for one in study(_write(tmp_path, _slow_database(), ())).answer.notes)
    assert not study(_write(tmp_path, _slow_database())).answer.notes


def test_what_began_with_too_little_calm_before_it_is_told_so(tmp_path: Path) -> None:
    rows = [row for entity in "ab" for row in _series(entity, "cpu", 10, 10)]
    rows += _series("b", "latency_seconds", 0.05, 1.25, begin=8 * STEP)
    answer = study(_write(tmp_path, rows, ())).answer
    assert not answer.causes
    assert any("about 1970-01-01 00:02:00Z, with too little calm" in one for one in answer.notes)


@pytest.mark.parametrize("name", ["metrics.csv.gz", "logs.ndjson.gz", "logs.ndjson.zst"])
def test_a_file_that_cannot_be_unpacked_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x1f\x8bthis was never packed")
    with pytest.raises(ConfigError, match=f"{name}: cannot be unpacked"):
        study(tmp_path)


@pytest.mark.parametrize(("share", "after"), [(0.67, 1.25), (0.67, 0.25), (0.25, 1.25)])
def test_a_clear_step_is_dated_at_its_step(share: float, after: float, tmp_path: Path) -> None:
    """However great it is, and however early, if some samples show what was normal before."""
    rng, begin = random.Random(4), 60.0 * round(share * 120)
    rows = [
        (
            i * 60.0,
            entity,
            "latency_seconds",
            rng.lognormvariate(-3, 0.06) + (entity == "b" and i * 60 >= begin) * after,
        )
        for i in range(120)
        for entity in "abc"
    ]
    answer = study(_write(tmp_path, rows, ())).answer
    assert (answer.onset, _first(answer)) == (begin, "b")
