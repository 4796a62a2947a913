"""The bootstrap: all series of one stretch of time before the next, resumable, and joined to the live samples."""

from __future__ import annotations

from typing import Any

from aiops.types import Records
from tests.ingest.prometheus_world import START, Clock, World, samples, series, source

HOUR = 3_600.0


def read(one: Any, windows: int = 10_000) -> list[Records]:
    found: list[Records] = []
    for _ in range(windows):
        batch = one.poll(0.0)
        if not batch:
            break
        found += batch
    return found


def spans(records: list[Records]) -> list[tuple[int, int]]:
    times = [[at for _, at, _ in samples([one])] for one in records]
    return [(min(one), max(one)) for one in times if one]


def test_history_is_one_sample_a_step_and_in_order_of_time() -> None:
    clock = Clock(START + 30)
    many = [series("m", [START - HOUR + k * 5 for k in range(720)], instance=str(i)) for i in range(20)]
    with World(many) as world:
        one = source(world, clock, history="1h", poll_bytes=26 * 20 * 60)
        one.open({})
        found = read(one)
        one.close()
        got = samples(found)
        assert len(got) == len(set(got)) == 20 * 240
        assert len(found) >= 5
        assert all(before[1] < after[0] for before, after in zip(spans(found), spans(found)[1:], strict=False))
        # The last sample of each step, told within it: seasons have the same phase as live columns.
        first = min(at for _, at, _ in got)
        assert first == round((START - HOUR + 15) * 1000) - 1
        assert found[-1].position == {"until": START, "history_end": START}


def test_a_history_that_one_window_holds_is_told_to_be_history() -> None:
    with World([series("m", [START - HOUR + k * 5 for k in range(720)])]) as world:
        one = source(world, Clock(START + 30), history="1h")
        one.open({})
        (only,) = one.poll(0.0)
        one.close()
        assert only.position["history_end"] == START


def test_history_tells_how_far_it_is() -> None:
    with World([series("m", [START - HOUR + k * 5 for k in range(720)])]) as world:
        one = source(world, Clock(START + 30), history="1h", poll_bytes=2_486)
        one.open({})
        told = []
        for _ in range(3):
            one.poll(0.0)
            told.append(one.status().detail)
        one.close()
        assert told[0] == "history 25%"
        assert not one.status().partitions["prom"].at_end


def test_a_crash_resumes_the_history_where_it_was_committed() -> None:
    clock = Clock(START + 30)
    with World([series("m", [START - HOUR + k * 5 for k in range(760)])]) as world:
        settings: dict[str, Any] = {"history": "1h", "poll_bytes": 2_500}
        whole = source(world, clock, **settings)
        whole.open({})
        wanted = samples(read(whole))
        one = source(world, clock, **settings)
        one.open({})
        found = read(one, 2)
        clock.now += 60  # the end of the history stays where it was first put
        again = source(world, clock, **settings)
        again.open({"prom": found[-1].position})
        rest = read(again)
        history = [record for record in rest if "history_until" in record.position or record.position["until"] == START]
        assert samples(found + history) == wanted
        live = samples(rest[len(history) :])
        assert [at for _, at, _ in live] == [round((START + k) * 1000) for k in range(0, 60, 5)]


def test_more_points_than_prometheus_gives_at_once_are_asked_for_in_turn() -> None:
    with World([series("m", [START - 10.0])]) as world:
        one = source(world, Clock(START + 30), step=1.0, history="12h", poll_bytes=2**24)
        one.open({})
        found = read(one)
        assert len(samples(found)) == 10
        assert found[-1].position["until"] == START


def test_history_off_begins_at_the_present() -> None:
    with World([series("m", [START - 100 + k for k in range(200)])]) as world:
        one = source(world, Clock(START + 30), history="0s")
        one.open({})
        found = samples(read(one))
        assert min(at for _, at, _ in found) == round((START - 15) * 1000)


def test_a_refused_range_is_halved_and_then_cut_by_series() -> None:
    many = [series(f"m{i}", [START - 600 + k * 5 for k in range(120)]) for i in range(10)]
    with World(many) as world:
        world.most_samples = 7
        one = source(world, Clock(START + 30), history="10m")
        one.open({})
        found = read(one)
        one.close()
        got = samples(found)
        assert len(got) == len(set(got)) == 10 * 40
        assert all(len(record) == 1 for record in found)
