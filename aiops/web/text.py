"""How numbers, times and durations are written on pages: short, with units, the same everywhere."""

from __future__ import annotations

import math
from datetime import UTC, datetime

SUFFIXES = (
    ("_seconds", "s"),
    ("_bytes", "B"),
    ("_ratio", "ratio"),
    ("_celsius", "°C"),
    ("_percent", "%"),
    ("_usd", "USD"),
)
AGES_SECONDS = 1e11
TAKES_PREFIX = ("Hz", "W", "B/s", "bit/s")
MIDDLE_SUFFIXES = ("_total", "_count", "_sum", "_p50", "_p95", "_p99", "_mean")


def number(value: float | None, unit: str = "") -> str:
    """A figure with its unit, three significant digits.

    >>> number(0.01234, "s"), number(1536.0, "B"), number(0.125, "ratio"), number(1234567.0), number(None)
    ('12.3 ms', '1.5 KiB', '12.5 %', '1.23 M', '–')
    >>> number(1.41e9, "Hz"), number(3.0, "Hz"), number(1200.0, "USD")
    ('1.41 GHz', '3 Hz', '1.2 k USD')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if unit == "s":
        return _seconds(value)
    if unit == "B":
        return _scaled(value, 1024.0, ("B", "KiB", "MiB", "GiB", "TiB"))
    if unit == "ratio":
        return f"{_digits(100 * value)} %"
    scaled = _scaled(value, 1000.0, ("", "k", "M", "G", "T"))
    if unit in TAKES_PREFIX and scaled[-1].isalpha():
        return f"{scaled}{unit}"
    return f"{scaled} {unit}".strip()


def unit_of(metric: str) -> str:
    """The unit a metric's name tells, by Prometheus' habits; empty = none.

    >>> unit_of("span_duration_seconds_p95"), unit_of("process_resident_memory_bytes"), unit_of("up")
    ('s', 'B', '')
    """
    for suffix in MIDDLE_SUFFIXES:
        metric = metric.removesuffix(suffix)
    return next((unit for suffix, unit in SUFFIXES if metric.endswith(suffix)), "")


def span(seconds: float | None) -> str:
    """A duration in at most two units.

    >>> span(42), span(250), span(7260), span(200000), span(None)
    ('42 s', '4 min 10 s', '2 h 1 min', '2 d 7 h', '–')
    """
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds > AGES_SECONDS:
        return f"{seconds:.1e} s"
    left = max(0, round(seconds))
    for size, name, small, small_name in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if left >= size:
            rest = left % size // small
            return f"{left // size} {name} {rest} {small_name}" if rest else f"{left // size} {name}"
    return f"{left} s"


def ago(at: float | None, now: float) -> str:
    """How long before `now`, the larger unit only.

    >>> ago(0, 7260), ago(100, 100), ago(160, 100)
    ('2 h ago', 'just now', 'in 1 min')
    """
    if at is None:
        return "–"
    away = span(abs(now - at)).split()
    if abs(now - at) < 5:
        return "just now"
    return f"{' '.join(away[:2])} ago" if at <= now else f"in {' '.join(away[:2])}"


def moment(at: float | None, now: float | None = None) -> str:
    """UTC time of day; with the date unless it is `now`'s day.

    >>> moment(1754000000, 1754000100), moment(1754000000)
    ('22:13:20', '31 Jul 22:13:20')
    """
    if at is None or not math.isfinite(at):
        return "–"
    try:
        then = datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return "–"
    same = now is not None and datetime.fromtimestamp(now, UTC).date() == then.date()
    return then.strftime("%H:%M:%S" if same else "%-d %b %H:%M:%S")


def iso(at: float | None) -> str:
    """RFC 3339, for `<time datetime>`."""
    if at is None or not math.isfinite(at):
        return ""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return ""


def percent(share: float | None) -> str:
    """A probability.

    >>> percent(0.734), percent(0.004), percent(1)
    ('73 %', '<1 %', '100 %')
    """
    if share is None or not math.isfinite(share):
        return "–"
    return "<1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def _seconds(value: float) -> str:
    size = abs(value)
    if size >= 120:
        return f"{'-' if value < 0 else ''}{span(size)}"
    for least, factor, name in ((1.0, 1.0, "s"), (1e-3, 1e3, "ms"), (1e-6, 1e6, "µs")):
        if size >= least:
            return f"{_digits(value * factor)} {name}"
    return "0 s" if size == 0 else f"{_digits(value * 1e9)} ns"


def _scaled(value: float, step: float, names: tuple[str, ...]) -> str:
    size = abs(value)
    power = 0
    while size >= step and power < len(names) - 1:
        size /= step
        power += 1
    return f"{_digits(math.copysign(size, value))} {names[power]}".strip()


def _digits(value: float) -> str:
    """Three significant digits without trailing zeros; never in powers of ten unless it must."""
    if value == 0:
        return "0"
    size = abs(value)
    if size < 1e-3 or size >= 1e15:
        return f"{value:.2e}"
    text = f"{value:.{max(0, 2 - math.floor(math.log10(size)))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
