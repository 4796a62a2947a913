"""Charts and sketches: pure, well-formed, and honest about gaps."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.layout import MOST
from aiops.web.backend import Curve
from aiops.web.charts import bar, chart, sparkline
from aiops.web.sketch import sketch
from aiops.web.text import ago, moment, number, span
from aiops.web.view import topology

SVG = "{http://www.w3.org/2000/svg}"
numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(-1e6, 1e6)
points = st.lists(st.tuples(st.floats(0, 2e9), numbers, numbers, numbers), max_size=60)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def steps(values: list[float | None], expected: float = 1.0) -> tuple[Any, ...]:
    return tuple((1_000.0 + 15 * i, value, expected, 0.5) for i, value in enumerate(values))


@settings(deadline=None)
@given(points, st.text(), st.none() | st.floats(0, 2e9), st.none() | st.floats(0, 2e9), st.none() | st.floats(0.1, 30))
def test_any_data_gives_a_well_formed_chart(
    drawn: list[Any], title: str, started: float | None, ended: float | None, threshold: float | None
) -> None:
    curve = Curve(
        title, tuple(sorted(drawn, key=lambda point: point[0])), started=started, ended=ended, threshold=threshold
    )
    for svg in (chart(curve), sparkline(curve)):
        if svg.startswith("<svg"):
            tree = parsed(svg)
            assert "nan" not in svg.split("<desc>")[0]
            assert tree.get("viewBox")


def test_a_gap_stays_a_gap() -> None:
    tree = parsed(chart(Curve("x", steps([1.0, 2.0, None, 3.0, 4.0, None, 5.0]))))
    (line,) = (path for path in tree.iter(f"{SVG}path") if path.get("class") == "value")
    assert line.get("d", "").count("M") == 2
    assert [dot.get("class") for dot in tree.iter(f"{SVG}circle")] == ["value dot"]


def test_the_anomalous_stretch_ends_where_it_ended() -> None:
    curve = Curve("x", steps([1.0] * 100), started=1_000 + 15 * 40, ended=1_000 + 15 * 60)
    (shade,) = (rect for rect in parsed(chart(curve)).iter(f"{SVG}rect") if rect.get("class") == "anomaly")
    whole = 720 - 62 - 14
    assert float(shade.get("x", "")) == pytest.approx(62 + whole * 40 / 99, abs=0.1)
    assert float(shade.get("width", "")) == pytest.approx(whole * 20 / 99, abs=0.1)


def test_surprise_above_the_threshold_is_marked() -> None:
    curve = Curve("x", ((0.0, 1.0, 1.0, 5.9), (15.0, 1.0, 1.0, 6.0), (30.0, 1.0, 1.0, None)), threshold=6.0)
    kinds = [rect.get("class") for rect in parsed(chart(curve)).iter(f"{SVG}rect")]
    assert (kinds.count("surprise"), kinds.count("surprise hot")) == (1, 1)


def test_each_step_tells_its_figures() -> None:
    curve = Curve("a_seconds", ((0.0, 0.5, 0.25, 7.0), (15.0, None, None, None)), gates=("firing", "quiet"))
    titles = [title.text for title in parsed(chart(curve)).iter(f"{SVG}title")]
    assert "1 Jan 00:00:00  value 500 ms, expected 250 ms, surprise 7.0, firing" in titles


def test_a_long_history_is_thinned_without_losing_the_spike() -> None:
    values: list[Any] = [(15.0 * i, 1.0, 1.0, 0.1) for i in range(5_000)]
    values[3_333] = (15.0 * 3_333, 99.0, 1.0, 20.0)
    svg = chart(Curve("x", tuple(values), threshold=6.0))
    assert "value 99" in svg
    assert len(svg) < 250_000


def test_nothing_to_draw_is_said() -> None:
    assert "No samples are kept" in chart(Curve("x", ()))
    assert "No samples are kept" in chart(Curve("x", steps([None, None, math.nan], expected=math.nan)))


def test_text_in_a_chart_is_escaped() -> None:
    evil = '</title><script>alert("x")</script>'
    svg = chart(Curve(evil, steps([1.0, 2.0])))
    assert "<script" not in svg
    assert parsed(svg).find(f"{SVG}title").text.startswith(evil)  # type: ignore[union-attr]


names = st.sampled_from(["a", "b", "c", "d", "e", '<x y="z">'])


@given(
    st.lists(st.tuples(names, names, st.just("calls"))), st.dictionaries(names, st.sampled_from(["cause", "affected"]))
)
def test_any_topology_gives_a_well_formed_sketch_that_does_not_depend_on_order(
    links: list[tuple[str, str, str]], roles: dict[str, str]
) -> None:
    drawn = sketch(links, roles)
    assert drawn == sketch(links[::-1], dict(sorted(roles.items())))
    if drawn:
        nodes = [group for group in parsed(drawn).iter(f"{SVG}g") if (group.get("class") or "").startswith("node")]
        assert set(roles) <= {(group.find(f"{SVG}title").text or "").rpartition(" (")[0] for group in nodes}  # type: ignore[union-attr]


def test_what_is_depended_on_stands_to_the_right() -> None:
    tree = parsed(sketch([("web", "db", "reads"), ("db", "disk", "runs_on")], {"disk": "cause"}))
    x = {
        (group.find(f"{SVG}text").text): float(group.find(f"{SVG}rect").get("x", ""))  # type: ignore[union-attr]
        for group in tree.iter(f"{SVG}g")
    }
    assert x["web"] < x["db"] < x["disk"]


def test_a_box_tells_below_its_name_since_when() -> None:
    drawn = sketch(
        [("web", "db", "reads")], {"db": "cause", "web": "affected"}, {"db": "81 % · first", "web": "+45 s <slow>"}
    )
    notes = [one.text for one in parsed(drawn).iter(f"{SVG}text") if one.get("class") == "note"]
    assert notes == ["81 % · first", "+45 s <slow>"]


def test_a_large_topology_is_cut_to_the_neighbourhood() -> None:
    links = [(f"n{i}", f"n{i + 1}", "calls") for i in range(500)]
    drawn = sketch(links, {"n250": "cause"})
    assert drawn.count('class="node') <= MOST
    assert ">n250<" in drawn


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.5, 1.0, 2.0, math.nan])
def test_a_probability_bar_stays_in_its_rail(share: float) -> None:
    fills = [rect for rect in parsed(bar(share)).iter(f"{SVG}rect") if rect.get("class") == "fill"]
    assert all(0 < float(fill.get("width", "")) <= 100 for fill in fills)


@given(st.none() | st.floats(), st.sampled_from(["", "s", "B", "ratio", "Hz", "USD"]))
def test_any_number_can_be_written(value: float | None, unit: str) -> None:
    assert len(number(value, unit)) < 24


@given(st.none() | st.floats(), st.floats(0, 4e9))
def test_any_time_can_be_written(at: float | None, now: float) -> None:
    assert moment(at, now)
    assert span(at)
    if at is None or math.isfinite(at):
        assert ago(at, now)


def _finding(entity: str, started: float) -> dict[str, object]:
    return {"entity": entity, "alert": "Slow", "started": started}


def test_an_incident_shows_the_same_parts_as_a_picture_of_a_recording() -> None:
    """The cause that tells nothing, who suffers from it, and who is odd for another reason."""
    edges = [("web", "db"), ("shop", "db"), ("web", "mail"), ("web", "cdn")]
    shown = topology({
        "started": 100.0,
        "entities": ["web", "shop", "mail"],
        "causes": [{"entity": "db", "probability": 0.8}, {"entity": "web", "probability": 0.1}],
        "findings": [_finding("web", 100.0), _finding("shop", 130.0), _finding("mail", 145.0)],
        "edges": [{"source": a, "target": b, "kind": "calls"} for a, b in edges],
    })  # fmt: skip
    assert shown is not None
    titles = {group.get("class"): group for group in parsed(str(shown["svg"])).iter(f"{SVG}g")}
    assert set(titles) == {"node cause", "node affected", "node apart", "node"}
    cause = titles["node cause"].find(f"{SVG}title")
    assert cause is not None
    assert cause.text == "db (likely cause): 80 % · tells nothing itself"
    assert [role for role, _ in shown["legend"]] == ["cause", "affected", "apart"]


def test_an_incident_of_nobody_has_no_sketch() -> None:
    assert topology({"started": 0.0}) is None
