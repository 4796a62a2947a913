"""The sentence of a finding: numbers as people say them, filled into a rule's summary.

A summary is checked when its rule is loaded: the page at night is no place to learn that a field was misspelt.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping

from aiops.detect.expression import Aggregate, Binary, Buckets, Call, Entities, Expression
from aiops.types import ENTITY_LABELS

DURATIONS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))
EXAMPLE = "{{ example }}"
"""Stands for a log line until the partition, which knows the lines, puts it in."""
FIELDS = ("entity", "value", "expected", "example")
TOLD = {"estimate": "estimate", "metrics": "guilty"}
"""What only some detectors tell, and by which method: an estimate with its interval, the metrics at fault."""
_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def fill(text: str, fields: Mapping[str, str]) -> str:
    """The text with every `{{ field }}` replaced; a label that this series lacks is empty."""
    return _FIELD.sub(lambda match: fields.get(match[1], ""), text)


def check(text: str, signal: Expression, told: Collection[str]) -> None:
    """Refuse a field that no finding of this signal has.

    Which labels a bare selector brings is not known before its series are; there only what looks like a misspelt
    field of ours is refused.

    Raises
    ------
    ValueError : names the field, and the nearest that there is.
    """
    if (rest := re.search(r"[{}]+", _FIELD.sub("", text))) is not None:
        raise ValueError(f"summary: a field is written {{{{ name }}}}, not with {rest[0]!r}")
    labels = labels_of(signal)
    known = [*FIELDS, *told]
    for name in _FIELD.findall(text):
        if name in known or name in (labels or ()):
            continue
        if name in TOLD:
            raise ValueError(f"summary: this detector tells no {name}, so there is no {{{{ {name} }}}}")
        near = difflib.get_close_matches(name, [*known, *(labels or ())], 1, 0.6)
        if near or labels is not None:
            meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join([*known, *sorted(labels or ())])}"
            raise ValueError(f"summary: no field {name!r}; {meant}")


def labels_of(signal: Expression) -> frozenset[str] | None:
    """Labels that a signal can have; None = those of its series, whatever they are."""
    if isinstance(signal, Aggregate):
        return frozenset(signal.by)
    if isinstance(signal, Call | Buckets):
        inner = labels_of(signal.child)
        joined = isinstance(signal, Buckets) or signal.function == "histogram_quantile"
        return inner - {"le"} if inner is not None and joined else inner
    if isinstance(signal, Entities):
        return frozenset(ENTITY_LABELS)
    if isinstance(signal, Binary):
        sides = [found for side in (signal.left, signal.right) if (found := labels_of(side)) is not None]
        return frozenset.intersection(*sides) if sides else None
    return None


def interval(middle: float, early: float, late: float, unit: str = "") -> str:
    """An estimate with its 95 % interval, as people say it.

    >>> interval(11_160.0, 8_640.0, 18_000.0, "duration"), interval(11_160.0, 8_640.0, math.inf, "duration")
    ('3.1 h (95 %: 2.4 h to 5 h)', '3.1 h (95 %: 2.4 h or more)')
    >>> interval(7_200.0, 7_200.0, 7_200.0, "duration")
    '2 h'
    """
    if not late - early > 0.01 * abs(middle):
        return quantity(middle, unit)
    upper = f"to {quantity(late, unit)}" if math.isfinite(late) else "or more"
    return f"{quantity(middle, unit)} (95 %: {quantity(early, unit)} {upper})"


def quantity(value: float, unit: str = "") -> str:
    """A number as people say it.

    >>> quantity(0.618, "ratio"), quantity(0.0043, "seconds"), quantity(3.2e9, "bytes"), quantity(17.0)
    ('61.8 %', '4.3 ms', '3.2 GB', '17')
    >>> quantity(95.0, "duration"), quantity(11_160.0, "duration"), quantity(260_000.0, "duration")
    ('1.6 min', '3.1 h', '3 d')
    """
    if value != value:
        return "unknown"
    if unit == "ratio":
        return f"{100 * value:.3g} %"
    if unit == "duration":
        size, word = next((one for one in DURATIONS if value >= 1.5 * one[0]), DURATIONS[-1])
        return f"{value / size:.2g} {word}"
    if unit == "seconds":
        return f"{1000 * value:.3g} ms" if abs(value) < 0.1 else f"{value:.3g} s"
    if unit == "bytes":
        power = min(4, max(0, int(math.log10(max(abs(value), 1.0)) // 3)))
        return f"{value / 1000**power:.3g} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"
    return f"{value:.3g}" if abs(value) < 1e5 else f"{value:.2e}"
