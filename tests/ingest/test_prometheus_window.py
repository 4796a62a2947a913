"""Every sample once: whatever the clock does, whatever is refused, whichever Prometheus it is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.ingest.prometheus import PrometheusSource
from aiops.ingest.prometheus.read import Window, merged, split, without
from aiops.ingest.source import Source, SourceContext
from aiops.types import Kind, Records
from tests.ingest.prometheus_world import START, Clock, World, held, samples, series, source

BOUNDARIES = [START + k * 15 + shift for k in range(20) for shift in (-0.001, 0.0, 0.001)]
TIMES = st.lists(
    st.one_of(st.sampled_from(BOUNDARIES), st.integers(0, 300_000).map(lambda ms: START + ms / 1000)),
    max_size=30,
    unique=True,
)


def drain(one: PrometheusSource, clock: Clock, until: float, stride: float = 7.0) -> list[Records]:
    found: list[Records] = []
    while clock.now < until:
        clock.now += stride
        found += one.poll(0.0)
    for _ in range(200):
        more = one.poll(0.0)
        if not more:
            return found
        found += more
    raise AssertionError("never at the end")


def test_it_is_a_source() -> None:
    config = PrometheusSource.Config(url="http://127.0.0.1:9")
    assert isinstance(PrometheusSource("prom", config, SourceContext(Path())), Source)


@settings(max_examples=25, deadline=None)
@given(TIMES, TIMES, st.booleans(), st.floats(1.0, 100.0))
def test_every_sample_comes_once_whichever_end_a_range_includes(
    first: list[float], second: list[float], left_included: bool, stride: float
) -> None:
    clock = Clock(START + 30)
    with World([series("a", sorted(first)), series("b", sorted(second), path='C:\\"x"')]) as world:
        world.left_included = left_included
        one = source(world, clock)
        one.open({})
        found = drain(one, clock, START + 330, stride)
        one.close()
        until = found[-1].position["until"]
        assert until >= START + 285
        assert sorted(samples(found)) == sorted(held(world, START - 15, until))


@pytest.mark.parametrize(("most_samples", "most_series"), [(200, 10**9), (10**9, 7), (30, 20)])
def test_a_refusal_costs_requests_but_no_sample(most_samples: int, most_series: int) -> None:
    clock = Clock(START + 30)
    times = [START + k for k in range(300)]
    many = [series(f"m{i % 5}", times, instance=f"host:{i}") for i in range(40)]
    with World(many) as world:
        world.most_samples, world.most_series = most_samples, most_series
        one = source(world, clock)
        one.open({})
        found = drain(one, clock, START + 330, 40.0)
        one.close()
        until = found[-1].position["until"]
        assert sorted(samples(found)) == sorted(held(world, START - 15, until))
        assert until >= START + 285


def test_a_window_is_one_record_however_many_shards_it_took() -> None:
    clock = Clock(START + 60)
    with World([series(f"m{i}", [START + 3], instance="a") for i in range(30)]) as world:
        world.most_series = 5
        one = source(world, clock)
        one.open({"prom": {"until": START}})
        (record,) = one.poll(0.0)
        one.close()
        assert len(record) == 1
        assert len(samples([record])) == 30


def test_overlapping_selectors_give_a_series_once() -> None:
    clock = Clock(START + 60)
    with World([series("a", [START + 1]), series("b", [START + 1]), series("c", [START + 1], job="other")]) as world:
        one = source(world, clock, select=["a", '{job="test"}', '{job=~".+"}'])
        one.open({"prom": {"until": START}})
        assert len(samples(one.poll(0.0))) == 3
        one.close()


def test_a_scrape_that_is_not_over_is_waited_for() -> None:
    clock = Clock(START + 44.9)
    with World([series("a", [START + 14])]) as world:
        one = source(world, clock)
        one.open({"prom": {"until": START}})
        assert one.poll(0.0) == []
        clock.now = START + 45
        assert len(samples(one.poll(0.0))) == 1
        one.close()


def test_a_restart_goes_on_at_the_committed_position() -> None:
    clock = Clock(START + 30)
    rng = random.Random(7)
    with World([series("a", [START + k for k in range(0, 600, 3)])]) as world:
        position: dict[str, object] = {"prom": {"until": START}}
        found: list[Records] = []
        while clock.now < START + 630:
            clock.now += rng.uniform(1, 60)
            one = source(world, clock)
            one.open(position)
            batch = one.poll(0.0)
            if rng.random() < 0.5:  # the other half was lost in a crash before the commit
                found += batch
                position = {"prom": batch[-1].position} if batch else position
            one.close()
        until = position["prom"]["until"]  # type: ignore[index]
        assert sorted(samples(found)) == sorted(held(world, START, until))
        assert until > START + 150


def test_a_query_longer_than_an_address_may_be_is_posted() -> None:
    clock = Clock(START + 60)
    with World([series(f"{'long' * 30}_{i}", [START + 3]) for i in range(100)]) as world:
        one = source(world, clock, max_series=100, select=['{job="test"}', '{job="test",x!="y"}'])
        world.most_series = 50
        one.open({"prom": {"until": START}})
        assert len(samples(one.poll(0.0))) == 100
        one.close()
        assert "POST" in {method for method, *_ in world.asked}


def test_kinds_come_from_the_metadata() -> None:
    with World() as world:
        world.metadata = {
            "a_total": [{"type": "counter"}],
            "b": [{"type": "gauge"}],
            "c": [{"type": "histogram"}],
            "d": [{"type": "gauge"}, {"type": "counter"}],
        }
        one = source(world, Clock(START + 60))
        one.open({})
        one.close()
        assert one.kinds() == {
            "a_total": Kind.COUNTER,
            "b": Kind.GAUGE,
            "c_bucket": Kind.COUNTER,
            "c_count": Kind.COUNTER,
            "c_sum": Kind.COUNTER,
        }


def test_merging_keeps_every_series_and_skips_empty_answers() -> None:
    head = b'{"status":"success","data":{"resultType":"matrix","result":['
    one, two = b'{"metric":{"a":"]]}"},"values":[[1,"2"]]}', b'{"metric":{"b":"c"},"values":[[1,"2"],[2,"3"]]}'
    bodies = [head + one + b"]}}", head + b"]}}", head + two + b'],"stats":{}}}']
    assert merged(bodies) == head + one + b"," + two + b"]}}"


@given(st.lists(st.tuples(st.text(max_size=12), st.integers(1, 6)), max_size=12), st.integers(80, 500))
def test_cutting_an_answer_keeps_every_series_whole_and_in_order(told: list[tuple[str, int]], largest: int) -> None:
    result = [{"metric": {"a": f"{text}]]}},{{"}, "values": [[1, "2"]] * n} for text, n in told]
    whole = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    parts = split(json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode(), largest)
    found = [json.loads(part)["data"]["result"] for part in parts]
    assert [one for part in found for one in part] == result
    assert all(len(body) <= largest or len(part) == 1 for body, part in zip(parts, found, strict=True) if result)


def test_a_step_larger_than_a_record_may_be_comes_as_several(tmp_path: Path) -> None:
    clock = Clock(START + 90)
    with World([series(f"m{i}", [START + k for k in range(60)]) for i in range(200)]) as world:
        one = source(world, clock, record_bytes=20_000)
        one.open({"prom": {"until": START}})
        found = drain(one, clock, START + 91)
        one.close()
        assert sorted(samples(found)) == sorted(held(world, START, START + 60))
        assert {len(record) > 1 for record in found} == {True}
        assert max(int((record.stop - record.start).max()) for record in found) <= 20_000


def test_only_the_sample_at_the_left_end_is_taken_out() -> None:
    one, two = b'{"metric":{"a":"[99,"},"values":[%s]}', b'{"metric":{"b":"[99,\\"1\\"]"},"values":[%s]}'
    body = one % b'[99,"1"],[99.001,"2"]' + two % b'[99.000,"1"]'
    assert without(body, 99_000) == one % b'[99.001,"2"]' + two % b""


def test_halving_ends() -> None:
    window: Window | None = Window(0.0, 100.0)
    lengths = []
    while window:
        lengths.append(window.until - window.since)
        window = window.halved(15.0)
    assert lengths == [100.0, 45.0, 15.0]
