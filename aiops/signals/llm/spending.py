"""Stated budgets: what of them is spent, and when they are used up at this pace, long before they are.

A budget is so many USD (or tokens) a day, week or month of the calendar, in the user's time zone, for the calls it
matches. What a call without a price costs is not in it, and said. Pace
is the mean of the latest whole days, seven at most, so that nights and most of a week's rhythm are in it. The forecast
errs on the late side: it takes the mean less twice its standard error, of a single day less a quarter, and says nothing
before a day was seen. A surge that would end a budget within hours is told by the pace of the latest six hours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from aiops.signals.emitted import Key, key
from aiops.types import LlmCall

HOUR, DAY = 3_600.0, 86_400.0
DAYS, SURGE_HOURS = 7, 6
CAUTION = 0.75
"""Share of its pace that a single day vouches for."""
LONG = 366 * DAY
FIELDS: Mapping[str, str] = {
    "service": "entity", "model": "model", "provider": "provider", "team": "team", "route": "route",
    "prompt_version": "prompt_version",
}  # fmt: skip
"""What a budget may match, and the field of a call that it is."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One stated budget.

    Parameters
    ----------
    limit : USD or tokens a period, by `unit`.
    per : `day`, `week` (from Monday on) or `month`.
    match : of `FIELDS` -> the values that count; a call must fit all of them.
    """

    name: str
    limit: float
    per: str = "month"
    match: Mapping[str, frozenset[str]] = field(default_factory=dict)
    timezone: str = "UTC"
    unit: str = "usd"

    def fits(self, call: LlmCall) -> bool:
        """Whether a call is paid from this budget."""
        return all(getattr(call, FIELDS[name]) in values for name, values in self.match.items())

    def takes(self, call: LlmCall, dollars: float | None) -> float | None:
        """What a call takes from it; None = its price is not known."""
        return float(max(call.input_tokens, 0) + max(call.output_tokens, 0)) if self.unit == "tokens" else dollars

    def said(self, amount: float) -> str:
        """An amount as people write it."""
        return f"{amount:,.0f}" if self.unit == "tokens" else f"{amount:,.2f}"

    @property
    def entity(self) -> str:
        """The service whose budget it is; the budget's own name where that is not one service."""
        services = self.match.get("service", frozenset())
        return next(iter(services)) if len(services) == 1 else self.name

    def period(self, time: float) -> tuple[float, float]:
        """Begin and end of the period that holds a time, epoch seconds."""
        zone = ZoneInfo(self.timezone)
        day = datetime.fromtimestamp(time, UTC).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.per == "month":
            begin = day.replace(day=1)
            end = (begin + timedelta(days=32)).replace(day=1)
        elif self.per == "week":
            begin = day - timedelta(days=day.weekday())
            end = begin + timedelta(days=7)
        else:
            begin, end = day, day + timedelta(days=1)
        return begin.timestamp(), end.timestamp()


class _Account(msgspec.Struct):
    """What was spent of one budget."""

    begun: float
    until: float
    since: float
    """First step ever."""
    spent: float = 0.0
    unpriced: int = 0
    hour: int = 0
    now: float = 0.0
    """Spent in the hour under way."""
    hours: list[float] = []
    """Spent in the hours before, the latest last."""


class Spending:
    """Accounts of the stated budgets, of one partition's calls.

    Parameters
    ----------
    allowances : the budgets.
    """

    def __init__(self, allowances: Sequence[Allowance] = ()) -> None:
        self._allowances = tuple(allowances)
        self._accounts: dict[str, _Account] = {}
        self._time = 0.0

    def close(self, step: float, calls: Sequence[LlmCall], dollars: Sequence[float | None]) -> dict[Key, float]:
        """Book the step's calls; shares spent, shares at the end of the period, and days that are left.

        Parameters
        ----------
        dollars : what each call cost; None = not known.
        """
        self._time = step
        gauges: dict[Key, float] = {}
        for one in self._allowances:
            account = self._at(one, step)
            took = [one.takes(call, cost) for call, cost in zip(calls, dollars, strict=True) if one.fits(call)]
            paid = math.fsum(amount for amount in took if amount is not None)
            account.unpriced += took.count(None)
            account.spent, account.now = account.spent + paid, account.now + paid
            where = {"service_name": one.entity, "allowance": one.name}
            gauges[key("llm_allowance_spent", where)] = account.spent / one.limit
            if days := _days(account):
                at_end = account.spent + _cautious(days) / DAY * max(account.until - step, 0.0)
                gauges[key("llm_allowance_at_end", where)] = at_end / one.limit
            if len(account.hours) >= SURGE_HOURS:
                left, surge = max(one.limit - account.spent, 0.0), math.fsum(account.hours[-SURGE_HOURS:])
                seconds = left / surge * SURGE_HOURS * HOUR if surge > 0 else math.inf
                # What lasts until it is given anew is not used up.
                lasts = left > 0 and step + seconds >= account.until
                gauges[key("llm_allowance_seconds_left", where)] = LONG if lasts else min(seconds, LONG)
        return gauges

    def _at(self, one: Allowance, step: float) -> _Account:
        account = self._accounts.get(one.name)
        hour = int(step // HOUR)
        if account is None:
            begun, until = one.period(step)
            account = self._accounts[one.name] = _Account(begun, until, step, hour=hour)
        if step >= account.until:
            account.begun, account.until = one.period(step)
            account.spent, account.unpriced = 0.0, 0
        if hour > account.hour:
            gap = min(hour - account.hour - 1, DAYS * 24)
            account.hours = [*account.hours, account.now, *[0.0] * gap][-DAYS * 24 :]
            account.hour, account.now = hour, 0.0
        return account

    def example(self, entity: str) -> str:
        """When an entity's budget is used up, in words; of several the first; empty = it has none."""
        told = [self._words(one) for one in self._allowances if one.entity == entity and one.name in self._accounts]
        return min(told)[1] if told else ""

    def _words(self, one: Allowance) -> tuple[float, str]:
        account = self._accounts[one.name]
        unit = "tokens" if one.unit == "tokens" else "USD"
        said = f"{one.said(account.spent)} of {one.said(one.limit)} {unit} a {one.per} are spent"
        if account.unpriced:
            said += f" (calls without a price, which are not in it: {account.unpriced:,})"
        days = _days(account)
        pace = math.fsum(days) / len(days) / DAY if days else 0.0
        if account.spent >= one.limit:
            return self._time, said
        if pace <= 0:
            return math.inf, said
        end = self._time + (one.limit - account.spent) / pace
        if end >= account.until:
            return end, said
        day = datetime.fromtimestamp(end, UTC).astimezone(ZoneInfo(one.timezone))
        return end, f"{said}; at the pace of the last days it is used up on {day:%A, %d %B}".replace(" 0", " ")

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        return msgspec.msgpack.encode((self._time, sorted(self._accounts.items(), key=lambda one: one[0])))

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave; of budgets that are no longer stated nothing is kept."""
        self._time, held = msgspec.msgpack.decode(part, type=tuple[float, list[tuple[str, _Account]]])
        known = {one.name for one in self._allowances}
        self._accounts = {name: account for name, account in held if name in known}


def _days(account: _Account) -> list[float]:
    """What was spent in the latest whole days, each of 24 hours."""
    hours = account.hours
    return [math.fsum(hours[len(hours) - 24 * (i + 1) : len(hours) - 24 * i]) for i in range(len(hours) // 24)]


def _cautious(days: Sequence[float]) -> float:
    """What some days vouch for a day."""
    mean = math.fsum(days) / len(days)
    if len(days) == 1:
        return CAUTION * mean
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in days) / (len(days) - 1))
    return max(mean - 2 * spread / math.sqrt(len(days)), 0.0)
