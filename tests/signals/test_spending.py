"""Stated budgets: the day on which they are used up is told long before, and what lasts is no alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from aiops import config as configuration
from aiops.daemon.assemble import allowances_of
from aiops.signals.emitted import key
from aiops.signals.llm import Allowance
from aiops.signals.llm.spending import LONG, Spending
from aiops.signals.partition import Signals
from aiops.types import LlmCall

HOUR, DAY = 3_600.0, 86_400.0
MAY = datetime.fromisoformat("2026-05-01T00:00:00+00:00").timestamp()
TEAM = Allowance("search", 5_000.0, match={"team": frozenset(["search"])})


def call(team: str = "search", **fields: Any) -> LlmCall:
    base = {"timestamp": 0.0, "entity": "bot", "model": "m", "team": team}
    return LlmCall(**{**base, **fields})


def spend(one: Spending, hours: int, dollars: Callable[[int], float], begin: float = MAY) -> list[dict[str, float]]:
    """An hour a step; the gauges after each."""
    told = []
    for i in range(hours):
        found = one.close(begin + i * HOUR, [call(), call("other")], [dollars(i), 1e6])
        told.append({metric.removeprefix("llm_allowance_"): value for (metric, _), value in found.items()})
    return told


def test_the_day_on_which_a_month_s_budget_is_used_up_is_told_two_weeks_before() -> None:
    one = Spending([TEAM])
    told = spend(one, 5 * 24, lambda _: 260.0 / 24)
    assert told[-1]["spent"] == pytest.approx(0.26)
    assert told[-1]["at_end"] > 1.0
    assert one.example("search") == (
        "1,300.00 of 5,000.00 USD a month are spent; at the pace of the last days it is used up on Wednesday, 20 May"
    )


def test_a_budget_that_suffices_for_office_hours_is_never_said_to_run_out() -> None:
    def office(hour: int) -> float:
        at_work = 9 <= hour % 24 < 17 and (MAY // DAY + hour // 24 + 3) % 7 < 5
        return 26.0 if at_work else 0.0

    told = spend(Spending([TEAM]), 31 * 24, office)
    assert 0.8 < told[-1]["spent"] < 1.0
    assert max(one.get("at_end", 0.0) for one in told) < 1.0
    assert min(one.get("seconds_left", LONG) for one in told) > DAY


def test_a_surge_is_told_hours_before_it_has_used_up_what_is_left() -> None:
    told = spend(Spending([TEAM]), 60, lambda hour: 2.0 if hour < 40 else 350.0)
    warned = next(i for i, one in enumerate(told) if one.get("seconds_left", LONG) < DAY / 2)
    gone = next(i for i, one in enumerate(told) if one["spent"] >= 1.0)
    assert gone - warned >= 5
    assert told[gone]["seconds_left"] == 0.0


def test_nothing_is_forecast_from_a_few_hours() -> None:
    told = spend(Spending([TEAM]), 23, lambda _: 100.0)
    assert not any("at_end" in one for one in told)


def test_a_new_period_begins_at_midnight_where_the_user_is() -> None:
    one = Spending([Allowance("search", 100.0, "day", TEAM.match, "Europe/Berlin")])
    told = [one["spent"] for one in spend(one, 26, lambda _: 1.0)]
    assert told[21:24] == pytest.approx([0.22, 0.01, 0.02])


@pytest.mark.parametrize(("per", "days"), [("day", 1), ("week", 7), ("month", 31)])
def test_periods_are_those_of_the_calendar(per: str, days: int) -> None:
    begin, end = Allowance("a", 1.0, per).period(MAY + 12.5 * HOUR)
    assert end - begin == days * DAY
    assert begin <= MAY < end


def test_a_call_counts_where_it_fits_all_that_is_asked() -> None:
    both = Allowance("a", 1.0, match={"team": frozenset(["x", "y"]), "route": frozenset(["/ask"])})
    assert both.fits(call("x", route="/ask"))
    assert not both.fits(call("x", route="/other"))
    assert Allowance("all", 1.0).fits(call())
    assert Allowance("b", 1.0, match={"service": frozenset(["bot"])}).entity == "bot"


def test_accounts_go_on_where_the_snapshot_was_taken_and_unstated_ones_are_dropped() -> None:
    one, other = Spending([TEAM]), Spending([TEAM])
    spend(one, 40, lambda hour: float(hour))
    other.restore(one.snapshot())
    later = MAY + 40 * HOUR
    assert spend(other, 9, lambda _: 7.0, later) == spend(one, 9, lambda _: 7.0, later)
    assert other.snapshot() == one.snapshot()
    none = Spending([])
    none.restore(one.snapshot())
    assert none.close(later, [call()], [1.0]) == {}


@pytest.mark.parametrize(
    "terms",
    [{"per": "day"}, {"unit": "tokens"}, {"timezone": "Asia/Tokyo"}, {"match": {"team": frozenset(["search", "b"])}}],
)
def test_a_budget_on_other_terms_begins_anew_and_one_with_another_limit_goes_on(terms: dict[str, Any]) -> None:
    one = Spending([TEAM])
    spend(one, 10, lambda _: 300.0)
    one.take([("search", int(MAY + 9 * HOUR), 70.0)])
    later, name = MAY + 12 * HOUR, key("llm_allowance_spent", {"service_name": "search", "allowance": "search"})
    for allowance, spent in ((replace(TEAM, limit=200.0), 3_071.0), (replace(TEAM, limit=200.0, **terms), 1.0)):
        other = Spending([allowance])
        other.restore(one.snapshot())
        assert other.close(later, [call(input_tokens=1)], [1.0])[name] == spent / 200.0


def test_calls_without_a_price_are_said_and_tokens_need_none() -> None:
    tokens = Allowance("tokens", 1_000.0, "day", unit="tokens")
    one = Spending([TEAM, tokens])
    found = one.close(MAY, [call(input_tokens=300, output_tokens=200), call(), call("other")], [None, 10.0, None])
    assert found[key("llm_allowance_spent", {"service_name": "search", "allowance": "search"})] == 0.002
    assert one.example("search").endswith("a month are spent (calls without a price, which are not in it: 1)")
    assert one.example("tokens") == "500 of 1,000 tokens a day are spent"


def test_a_partition_books_what_calls_cost_and_its_findings_say_how_much() -> None:
    signals = Signals(15.0, allowances=(TEAM,))
    emitted = signals.close(MAY, [call(model="gpt-4o", cost_usd=1_250.0), call("other", cost_usd=9.0)])
    assert emitted.values[key("llm_allowance_spent", {"service_name": "search", "allowance": "search"})] == 0.25
    assert signals.example("llm_allowance_at_end", "search") == "1,250.00 of 5,000.00 USD a month are spent"
    assert signals.example("llm_runaway_conversations", "search") == ""


def test_partitions_that_share_a_budget_book_each_other_s_hours() -> None:
    one, other = Spending([TEAM]), Spending([TEAM])
    where = {"service_name": "search", "allowance": "search"}
    for i in range(3 * 24 * 4):
        now = MAY + i * HOUR / 4
        mine, theirs = one.close(now, [call()], [5.0]), other.close(now, [call()] if i >= 48 else [], [3.0] * (i >= 48))
        assert bool(theirs) == (i >= 48), "who has spent nothing tells nothing"
        one.take(other.told())
        other.take(one.told())
    whole, half = 3 * 24 * 4 * 5.0 + (3 * 24 * 4 - 48) * 3.0, 4 * 8.0
    for told in (mine, theirs):
        assert whole - 2 * half <= told[key("llm_allowance_spent", where)] * TEAM.limit <= whole
    assert mine[key("llm_allowance_at_end", where)] == pytest.approx(
        theirs[key("llm_allowance_at_end", where)], rel=0.02
    )


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kolkata", "Asia/Kathmandu"])
def test_each_period_holds_all_that_others_spent_in_it_wherever_it_begins_within_an_hour(timezone: str) -> None:
    daily = replace(TEAM, per="day", timezone=timezone)
    one, other = Spending([daily]), Spending([daily])
    where, told = {"service_name": "search", "allowance": "search"}, []
    begun, _ = daily.period(MAY)
    for i in range(3 * 96):
        now = begun + i * HOUR / 4
        told.append(one.close(now, [call()], [0.0])[key("llm_allowance_spent", where)] * daily.limit)
        other.close(now, [call()], [1.0])
        one.take(other.told())
    whole = [i for i in range(96, len(told)) if i % 96 > 4 and (begun + i * HOUR / 4) % HOUR == HOUR / 4]
    assert len(whole) > 40
    assert [told[i] for i in whole] == pytest.approx([i % 96 - 1 for i in whole]), "all but the hour under way"


def test_hours_of_others_are_booked_alike_however_early_they_are_told() -> None:
    def account(early: bool) -> bytes:
        one, paid = Spending([TEAM]), [("search", int(MAY + i * HOUR), 7.0) for i in (2, 0, 1)]
        if early:
            one.take(paid)
        for i in range(12):
            one.close(MAY + i * HOUR / 3, [call()], [1.0])
            if i == 3 and not early:
                one.take(paid[1:2])
            if i == 6 and not early:
                one.take([paid[0], paid[2]])
        spend(one, 2, lambda _: 1.0, MAY + 4 * HOUR)
        one.told()
        return one.snapshot()

    assert account(True) == account(False)


def test_budgets_are_stated_in_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "aiops.yaml"
    file.write_text("timezone: Europe/Berlin\nallowances:\n  search: {limit: 300, per: week, match: {team: [a, b]}}\n")
    assert allowances_of(configuration.load(file)) == (
        Allowance("search", 300.0, "week", {"team": frozenset(["a", "b"])}, "Europe/Berlin"),
    )
