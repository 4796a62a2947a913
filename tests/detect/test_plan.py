"""Each function against a naive reading of PromQL, and growing by one series at a time against all at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.detect.expression import buckets, parse
from aiops.detect.histogram import OPEN
from aiops.detect.node import Now
from aiops.detect.plan import Plan
from aiops.types import Kind, Labels

STEP = 15.0
NAN = math.nan
Columns = list[dict[Labels, float]]


def series(name: str, **labels: str) -> Labels:
    return Labels.of(name, labels)


def evaluated(
    signal: str, columns: Columns, kind: Kind = Kind.GAUGE, *, at_once: bool = False, restart: int | None = None
) -> list[dict[str, float]]:
    """Labels -> value, column by column; series join the plan when they first have a sample, or all `at_once`.

    `kind` DELTA and COUNTER: the columns hold increases.
    """
    plan = Plan(STEP)
    node = plan.add(parse(signal))
    known: list[Labels] = list(dict.fromkeys(one for column in columns for one in column)) if at_once else []
    found = []
    for at, column in enumerate(columns, 1_000):
        known += [one for one in column if one not in known]
        plan.extend(known)
        value = np.array([column.get(one, NAN) for one in known])
        plan.evaluate(Now(at, value, value if kind != Kind.GAUGE else value * NAN, np.full(len(known), kind)))
        shown = zip(node.labels, node.out.tolist(), strict=True)
        found.append({str(labels): one for labels, one in shown if not math.isnan(one)})
        if restart == at - 1_000:
            state = {key: {name: part.copy() for name, part in one.items()} for key, one in plan.state().items()}
            plan = Plan(STEP)
            node = plan.add(parse(signal))
            plan.extend(known)
            plan.load(state)
    return found


def one(signal: str, values: list[float], kind: Kind = Kind.GAUGE) -> list[float]:
    """Values of a signal of one series."""
    columns = [{series("m"): value} for value in values]
    return [next(iter(column.values()), NAN) for column in evaluated(signal, columns, kind)]


def known(window: list[float]) -> list[float]:
    return [value for value in window if not math.isnan(value)]


NAIVE = {
    "avg_over_time": lambda window: sum(known(window)) / len(known(window)),
    "sum_over_time": lambda window: math.fsum(known(window)),
    "max_over_time": lambda window: max(known(window)),
    "min_over_time": lambda window: min(known(window)),
    "delta": lambda window: known(window)[-1] - known(window)[0],
}
numbers = st.lists(st.one_of(st.just(NAN), st.floats(-1e3, 1e3)), min_size=1, max_size=20)


@pytest.mark.parametrize("function", NAIVE)
@given(values=numbers, steps=st.integers(1, 6))
def test_functions_over_a_window_are_what_a_loop_over_it_gives(function: str, values: list[float], steps: int) -> None:
    found = one(f"{function}(m[{steps * 15}s])", values)
    for i, value in enumerate(found):
        window = values[max(0, i - steps + 1) : i + 1]
        expected = NAIVE[function](window) if known(window) else NAN
        if function == "delta" and steps == 1:
            expected = values[i]  # one column has no difference: the sample itself is given
        assert value == pytest.approx(expected, nan_ok=True, abs=1e-9)


def test_increase_and_rate_of_counts_are_sums_over_the_window() -> None:
    counts = [1.0, 2.0, NAN, 4.0, 8.0]
    assert one("increase(m[45s])", counts, Kind.DELTA) == [1, 3, 3, 6, 12]
    assert one("rate(m[45s])", counts, Kind.DELTA) == pytest.approx([1 / 45, 3 / 45, 3 / 45, 6 / 45, 12 / 45])
    assert one("increase(m[1s])", counts, Kind.DELTA) == pytest.approx([1, 2, NAN, 4, 8], nan_ok=True)


def test_a_counter_scraped_once_a_minute_has_the_increase_of_the_minute() -> None:
    # `rate.increase` spreads what a counter grew over the columns it took: 4 a column, told in every fourth.
    sparse = [4.0, NAN, NAN, NAN, 4.0, NAN, NAN, NAN, 4.0]
    assert one("increase(m[1m])", sparse, Kind.COUNTER) == [16.0] * 9
    assert one("rate(m[1m])", sparse, Kind.COUNTER) == pytest.approx([16 / 60] * 9)
    # A scrape that comes a column early is no spike.
    early = [4.0, NAN, NAN, NAN, 4.0, NAN, NAN, 4.0, NAN, NAN, NAN]
    assert one("increase(m[1m])", early, Kind.COUNTER) == [16.0] * 11


def test_a_counter_without_a_function_is_its_rate() -> None:
    assert one("m", [30.0, 45.0], Kind.COUNTER) == [2.0, 3.0]
    assert one("m", [30.0, 45.0], Kind.GAUGE) == [30.0, 45.0]


def test_a_gauge_has_no_increase() -> None:
    assert evaluated("increase(m[30s])", [{series("m"): 1.0}, {series("m"): 2.0}]) == [{}, {}]


WEB, DB = series("m", service="web", host="a"), series("m", service="db", host="a")
DB2 = series("m", service="db", host="b")


@pytest.mark.parametrize(
    ("operator", "expected"),
    [("sum", (5.0, 3.0)), ("avg", (2.5, 3.0)), ("min", (1.0, 3.0)), ("max", (4.0, 3.0)), ("count", (2.0, 1.0))],
)
def test_aggregations_are_by_their_labels(operator: str, expected: tuple[float, float]) -> None:
    found = evaluated(f"{operator} by (service) (m)", [{WEB: 3.0, DB: 1.0, DB2: 4.0}])
    assert found == [{'{service="db"}': expected[0], '{service="web"}': expected[1]}]


def test_a_value_in_a_sum_is_carried_over_a_missed_scrape_for_a_minute() -> None:
    columns: Columns = [{DB: 1.0, DB2: 4.0}, {DB: 2.0}, {DB: 2.0}, {DB: 2.0}, {DB: 2.0}]
    assert [one['{service="db"}'] for one in evaluated("sum by (service) (m)", columns)] == [5, 6, 6, 6, 2]


def test_a_value_that_nothing_sums_is_not_carried() -> None:
    assert evaluated("m", [{WEB: 1.0}, {}])[1] == {}


ERRORS, ALL = series("e", service="web"), series("r", service="web")


@pytest.mark.parametrize(("operator", "expected"), [("+", 10.0), ("-", -6.0), ("*", 16.0), ("/", 0.25)])
def test_binary_operators_join_equal_labels(operator: str, expected: float) -> None:
    columns: Columns = [{ERRORS: 2.0, ALL: 8.0, series("e", service="db"): 1.0}]
    assert evaluated(f"e {operator} r", columns) == [{'{service="web"}': expected}]
    assert evaluated(f"e {operator} 8", columns)[0]['{service="web"}'] == expected


def test_a_division_by_zero_is_no_value() -> None:
    assert evaluated("e / r", [{ERRORS: 2.0, ALL: 0.0}]) == [{}]
    assert evaluated("e / r", [{ERRORS: 0.0, ALL: 0.0}]) == [{}]


def test_what_counts_down_to_a_moment_is_told_in_seconds_from_now() -> None:
    assert one("m - time()", [1_000 * STEP + 100.0, 1_000 * STEP + 100.0]) == [100.0, 85.0]


def test_buckets_become_one_row_of_counts_and_bounds_a_histogram() -> None:
    plan = Plan(STEP)
    node = plan.add(buckets(parse("sum by (le, host) (increase(m_bucket[1s]))"), 4))
    some = {str(i): float(i) for i in range(1, 10)}
    ladders = {"a": {"0.1": 3.0, "0.5": 7.0, "+Inf": 9.0}, "b": some, "c": {"1": NAN}}
    value = {series("m_bucket", host=host, le=le): x for host, one in ladders.items() for le, x in one.items()}
    plan.extend(list(value))
    column = np.array(list(value.values()))
    plan.evaluate(Now(1_000, column, column, np.full(len(column), Kind.COUNTER)))
    rows = {labels.get("host"): out.tolist() for labels, out in zip(node.labels, node.out, strict=True)}
    assert rows["a"] == [3.0, 4.0, 2.0, 0.0, 0.1, 0.5, OPEN, OPEN]
    assert rows["b"] == [1.0, 3.0, 2.0, 3.0, 1.0, 4.0, 6.0, 9.0]  # thinned evenly, the last stays
    assert np.isnan(rows["c"][:4]).all()


def test_scalar_functions() -> None:
    assert one("abs(m)", [-3.0, 2.0]) == [3.0, 2.0]
    assert one("clamp_min(m, 0)", [-3.0, 2.0]) == [0.0, 2.0]
    assert one("clamp_max(m, 0)", [-3.0, 2.0]) == [-3.0, 0.0]
    assert one("-m", [-3.0, 2.0]) == [3.0, -2.0]


def quantile(q: float, buckets: list[tuple[float, float]]) -> float:
    """Prometheus' bucketQuantile, in its own words."""
    total = buckets[-1][1]
    if not total:
        return NAN
    rank = q * total
    b = next(i for i, (_, count) in enumerate(buckets) if count >= rank)
    if b == len(buckets) - 1:
        return buckets[-2][0]
    start, end = (buckets[b - 1][0] if b else 0.0), buckets[b][0]
    below = buckets[b - 1][1] if b else 0.0
    return start + (end - start) * ((rank - below) / (buckets[b][1] - below))


@given(st.lists(st.integers(0, 50), min_size=5, max_size=5), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_histogram_quantile_is_that_of_prometheus(counts: list[int], q: float) -> None:
    bounds = ["0.005", "0.1", "1", "2.5", "+Inf"]
    cumulative = np.cumsum(counts).astype(float).tolist()
    column = {series("b_bucket", service="web", le=le): count for le, count in zip(bounds, cumulative, strict=True)}
    found = evaluated(f"histogram_quantile({q}, sum by (le, service) (increase(b_bucket[1s])))", [column], Kind.COUNTER)
    expected = quantile(q, list(zip(map(float, bounds), cumulative, strict=True)))
    assert found[0].get('{service="web"}', NAN) == pytest.approx(expected, nan_ok=True)


SIGNALS = (
    "sum by (service) (m)",
    "avg by (host) (avg_over_time(m[45s]))",
    "m / n",
    "sum by (host) (m / n)",
    "histogram_quantile(0.9, sum by (le, host) (increase(m_bucket[30s])))",
    "max by (service) (clamp_min(m, 0) - 2 * n)",
)
pool = [series(name, service=s, host=h) for name in ("m", "n") for s in ("web", "db", "bus", "pay") for h in "ab"]
# The buckets of a histogram come together, as they are scraped.
ladders = [{series("m_bucket", host=h, le=le): n for le, n in (("0.1", 1.0), ("1", 3.0), ("+Inf", 4.0))} for h in "ab"]
columns_of = st.lists(
    st.builds(
        lambda column, ladder: column | ladder,
        st.dictionaries(st.sampled_from(pool), st.floats(0, 100), max_size=16),
        st.sampled_from([{}, *ladders]),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("signal", SIGNALS)
@given(columns=columns_of)
def test_growing_series_by_series_gives_what_all_at_once_gives(signal: str, columns: Columns) -> None:
    grown = evaluated(signal, columns, Kind.DELTA)
    whole = evaluated(signal, columns, Kind.DELTA, at_once=True)
    for one_, other in zip(grown, whole, strict=True):
        assert one_ == pytest.approx(other)


@pytest.mark.parametrize("signal", SIGNALS)
@given(columns=columns_of, data=st.data())
def test_a_restart_changes_no_bit(signal: str, columns: Columns, data: st.DataObject) -> None:
    after = data.draw(st.integers(0, len(columns) - 1))
    assert evaluated(signal, columns, Kind.DELTA, restart=after) == evaluated(signal, columns, Kind.DELTA)


def test_a_sum_over_joined_series_keeps_its_last_bit_over_a_restart() -> None:
    left = {series("m", service=name): value for name, value in (("web", 0.1), ("db", 0.2), ("bus", 0.3))}
    # The other side appears in another order.
    columns = [left | {series("n", service="bus"): 1.0}, {series("n", service="db"): 1.0}]
    columns += [left | {series("n", service=name): 1.0 for name in ("web", "db", "bus")}]
    through = evaluated("sum (m / n)", columns, Kind.DELTA, restart=1)
    assert through == evaluated("sum (m / n)", columns, Kind.DELTA)


def test_equal_expressions_are_one_node_and_constants_no_signal() -> None:
    plan = Plan(STEP)
    assert plan.add(parse("sum by (host) (m)")) is plan.add(parse("sum by(host)(m)"))
    with pytest.raises(ValueError, match="needs a series"):
        plan.add(parse("1 + time()"))


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        ("rate(m[5m:1m])", "rate"),
        ("m offset 5m", "offset"),
        ("sum without (host) (m)", "without"),
        ("m > 5", "threshold belongs"),
        ("a / on (host) b", "same labels"),
        ("topk(3, m)", "not supported"),
        ("sum by (", "no PromQL"),
        ('m{a=~"("}', "regex|parenthesis|regular"),
    ],
)
def test_what_cannot_be_evaluated_online_is_refused_with_the_reason(signal: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(signal)


def test_a_group_by_service_name_is_one_by_service_where_that_is_all_there_is() -> None:
    web, shop = series("m", service="web", job="scrape"), series("m", service_name="shop", service="svc")
    assert evaluated("sum by (service_name) (m)", [{web: 1.0, shop: 2.0, series("m", job="scrape"): 4.0}]) == [
        {'{service_name="web"}': 1.0, '{service_name="shop"}': 2.0, "": 4.0}
    ]
