"""What the user allows language models to cost: a budget, the calls it is for, and its period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aiops.types import LlmCall

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

    @property
    def terms(self) -> str:
        """All but name and limit, as text: what was spent under other terms says nothing of these."""
        match = [(name, sorted(values)) for name, values in sorted(self.match.items())]
        return repr((self.per, self.unit, match, self.timezone))

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
