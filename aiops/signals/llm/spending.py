"""Stated budgets: what of them is spent, and when they are used up at this pace, long before they are.

A budget is so many USD (or tokens) a day, week or month of the calendar, in the user's time zone, for the calls it
matches. What a call without a price costs is not in it, and said. Pace
is the mean of the latest whole days, seven at most, so that nights and most of a week's rhythm are in it. The forecast
errs on the late side: it takes the mean less twice its standard error, of a single day less a quarter, and says nothing
before a day was seen. A surge that would end a budget within hours is told by the pace of the latest six hours.

Calls of one budget may lie in many source partitions. Each books its own at once, and tells the others of whole hours;
they book those `APART_SECONDS` after the hour, so the same records give the same accounts however they were batched as
long as partitions are no further apart. An hour in which a period ends, as in time zones of half hours, is told in two.
Partitions that have booked calls of their own tell of the budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from aiops.signals.emitted import Key, Paid, key
from aiops.signals.llm.allowance import Allowance
from aiops.types import LlmCall

HOUR, DAY = 3_600.0, 86_400.0
DAYS, SURGE_HOURS = 7, 6
CAUTION = 0.75
"""Share of its pace that a single day vouches for."""
LONG = 366 * DAY
APART_SECONDS = 600.0
MOST_PAID = 20_000
"""Hours of other partitions that wait to be booked."""


class _Account(msgspec.Struct):
    """What was spent of one budget."""

    begun: float
    until: float
    spent: float = 0.0
    unpriced: int = 0
    hour: int = 0
    now: float = 0.0
    mine: float = 0.0
    """Spent in the hour under way, and what of it is to be told."""
    own: bool = False
    """Whether any of it was spent in this partition."""
    hours: list[float] = []
    """Spent in the hours before, the latest last."""
    terms: str = ""
    """Of the budget when the account was opened."""


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
        self._waiting: list[Paid] = []
        self._told: list[Paid] = []

    def close(self, step: float, calls: Sequence[LlmCall], dollars: Sequence[float | None]) -> dict[Key, float]:
        """Book the step's calls; shares spent, shares at the end of the period, and days that are left.

        Parameters
        ----------
        dollars : what each call cost; None = not known.
        """
        self._time = step
        self._book(step)
        gauges: dict[Key, float] = {}
        for one in self._allowances:
            took = [one.takes(call, cost) for call, cost in zip(calls, dollars, strict=True) if one.fits(call)]
            account = self._at(one, step, opens=bool(took))
            if account is None:
                continue
            paid = math.fsum(amount for amount in took if amount is not None)
            account.unpriced, account.own = account.unpriced + took.count(None), account.own or bool(took)
            account.spent, account.now = account.spent + paid, account.now + paid
            account.mine += paid
            if not account.own:
                continue
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

    def _at(self, one: Allowance, step: float, *, opens: bool) -> _Account | None:
        """The account as it is at a step; None = there is none, and nothing to open it for."""
        account = self._accounts.get(one.name)
        hour = int(step // HOUR)
        if account is None:
            if not opens:
                return None
            begun, until = one.period(step)
            account = self._accounts[one.name] = _Account(begun, until, hour=hour, terms=one.terms)
        ends = step >= account.until
        if account.mine > 0 and (ends or hour > account.hour):
            self._told.append((one.name, int(max(account.hour * HOUR, account.begun)), account.mine))
            account.mine = 0.0
        if ends:
            account.begun, account.until = one.period(step)
            account.spent, account.unpriced = 0.0, 0
        if hour > account.hour:
            gap = min(hour - account.hour - 1, DAYS * 24)
            account.hours = [*account.hours, account.now, *[0.0] * gap][-DAYS * 24 :]
            account.hour, account.now = hour, 0.0
        return account

    def told(self) -> list[Paid]:
        """What was spent here in hours that are over since the last call."""
        found, self._told = self._told, []
        return found

    def take(self, paid: Iterable[Paid]) -> None:
        """What was spent in other partitions, to be booked when its hour is past everywhere."""
        self._waiting = [*self._waiting, *paid][:MOST_PAID]

    def _book(self, step: float) -> None:
        """Enter what waits and is due, whoever told it first."""
        over = int((step - APART_SECONDS) // HOUR) * HOUR
        due = [one for one in self._waiting if one[1] < over]
        if not due:
            return
        self._waiting = [one for one in self._waiting if one[1] >= over]
        stated = {one.name: one for one in self._allowances}
        for name, since, amount in sorted(due):
            account = self._at(stated[name], step, opens=True) if name in stated else None
            if account is None:
                continue
            if since >= account.begun:
                account.spent += amount
            hour = int(since // HOUR)
            # An hour before the account was opened is the first of its past.
            missing = account.hour - hour - len(account.hours)
            account.hours = [*[0.0] * min(max(missing, 0), DAYS * 24 - len(account.hours)), *account.hours]
            if 0 < account.hour - hour <= len(account.hours):
                account.hours[hour - account.hour] += amount

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
        accounts = sorted(self._accounts.items(), key=lambda one: one[0])
        return msgspec.msgpack.encode((self._time, accounts, sorted(self._waiting)))

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave; of budgets that are no longer stated, or on other terms, nothing is kept."""
        form = tuple[float, list[tuple[str, _Account]], list[Paid]]
        self._time, held, waiting = msgspec.msgpack.decode(part, type=form)
        terms = {one.name: one.terms for one in self._allowances}
        self._accounts = {name: account for name, account in held if account.terms == terms.get(name)}
        gone = {name for name, _ in held} - self._accounts.keys()
        self._waiting = [one for one in waiting if one[0] not in gone]


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
