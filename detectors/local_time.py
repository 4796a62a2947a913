"""Where in the local day a column lies: people go to work by the clock on the wall, and so does their load.

Offsets come from the time zone database and are looked up once per column and quarter of an hour, never per series.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_SECONDS = 86_400.0
QUARTER = 900.0
"""Seconds; no zone of today changes its clocks within a quarter of an hour."""


def seconds_of_day(at_seconds: float, timezone: str) -> float:
    """Seconds since local midnight by the clock, 0 to 86,400; an hour is left out in spring and told twice in autumn.

    Raises
    ------
    zoneinfo.ZoneInfoNotFoundError : there is no such zone.

    >>> seconds_of_day(1_774_742_400.0, "Europe/Berlin"), seconds_of_day(1_774_746_000.0, "Europe/Berlin")
    (3600.0, 10800.0)
    """
    return (at_seconds + offset_seconds(int(at_seconds // QUARTER), timezone)) % DAY_SECONDS


def day_number(at_seconds: float, timezone: str) -> int:
    """Local days since 1970."""
    return int((at_seconds + offset_seconds(int(at_seconds // QUARTER), timezone)) // DAY_SECONDS)


@lru_cache(maxsize=4_096)
def offset_seconds(quarter: int, timezone: str) -> float:
    """What the clock of `timezone` is ahead of UTC in the given quarter of an hour since 1970."""
    if timezone == "UTC":
        return 0.0
    offset = datetime.fromtimestamp(quarter * QUARTER, UTC).astimezone(ZoneInfo(timezone)).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
