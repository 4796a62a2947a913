"""Tests of rules in promtool's shape: what a rule file promises, as cases that can be run.

A rule file may hold `tests:` with the fields of `promtool test rules` (interval, input_series,
alert_rule_test) and promtool's expanding notation for values. Two things differ, because findings carry
more than Prometheus' alerts do: `exp_labels` needs only to be *among* the alert's labels, and a series may
name its `kind` (counter, gauge, delta), which on a wire comes from metadata. This module parses and
compares; it evaluates nothing: whoever owns the rules hands in `evaluate`. Native histograms are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aiops.config import seconds
from aiops.errors import ConfigError
from aiops.types import STALE_NAN, Floats, Json, Kind, Labels

MAX_VALUES = 100_000
"""Longest series a test may ask for; a typing error such as `1x999999999` must not eat the memory."""

_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[iI]nf|[nN]a[nN])"
_ITEM = re.compile(rf"(?P<start>{_NUMBER}|_)(?P<step>{_NUMBER})?(?:x(?P<times>[0-9]+))?")
_SELECTOR = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(?:\{(?P<labels>.*)\})?", re.DOTALL)
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)', re.DOTALL)
_STALE = np.array([STALE_NAN], np.uint64).view(np.float64)[0]


@dataclass(frozen=True, slots=True)
class InputSeries:
    """One series of a case; `values` has shape (n,), NaN = no sample at that interval."""

    labels: Labels
    values: Floats
    kind: Kind


@dataclass(frozen=True, slots=True)
class Expectation:
    """At `eval_time` (seconds from the start) exactly these alerts of this name fire."""

    eval_time: float
    alertname: str
    labels: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One entry of `tests:`."""

    name: str
    interval_seconds: float
    series: tuple[InputSeries, ...]
    expectations: tuple[Expectation, ...]

    @property
    def steps(self) -> int:
        """Columns until the last sample or question, whichever is later."""
        asked = max((one.eval_time for one in self.expectations), default=0.0)
        longest = max((len(one.values) for one in self.series), default=0)
        return max(longest, math.floor(asked / self.interval_seconds) + 1)


@dataclass(frozen=True, slots=True)
class Fired:
    """One alert as the evaluator saw it; times in seconds from the start, `stop` None = still firing."""

    alertname: str
    labels: Mapping[str, str]
    start: float
    stop: float | None = None


Evaluate = Callable[[Case], Sequence[Fired]]


def expand(notation: str) -> Floats:
    """Promtool's expanding notation as values.

    `a` is one value, `_` a missing one, `stale` a staleness marker; `a+bxn` is a, a+b, ... a+n*b and
    `axn` is a repeated (both hold n+1 values, as in promtool); `_xn` is n missing values.

    Raises
    ------
    ValueError : a word that is not in the notation, or more than `MAX_VALUES` values.

    Examples
    --------
    >>> expand("1+2x3 _ 5x1").tolist()
    [1.0, 3.0, 5.0, 7.0, nan, 5.0, 5.0]
    """
    parts = [_expand_item(word) for word in notation.split()]
    if sum(len(part) for part in parts) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")
    return np.concatenate(parts) if parts else np.empty(0)


def _expand_item(word: str) -> Floats:
    if word == "stale":
        return np.array([_STALE])
    match = _ITEM.fullmatch(word)
    if match is None:
        raise ValueError(f"{word!r} is not a value: write 5, _, stale, 5x10, 0+10x60 or _x3")
    start, step, times = match["start"], match["step"], int(match["times"] or 0)
    if times > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")
    if start == "_":
        if step:
            raise ValueError(f"{word!r}: a gap has no step")
        return np.full(times if match["times"] else 1, np.nan)
    if step and not match["times"]:
        raise ValueError(f"{word!r}: a step needs a count, such as {word}x10")
    # Inf * 0 is NaN, so a value without a step is repeated, not computed.
    return float(start) + float(step) * np.arange(times + 1.0) if step else np.full(times + 1, float(start))


def selector(text: str) -> Labels:
    """Labels of a series written as `name{label="value"}`.

    Raises
    ------
    ValueError : it cannot be read.
    """
    match = _SELECTOR.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'{text!r} is not a series such as up{{job="node"}}')
    pairs: dict[str, str] = {}
    inside, at = (match["labels"] or "").strip(), 0
    while at < len(inside):
        label = _LABEL.match(inside, at)
        if label is None:
            raise ValueError(f"{text!r}: cannot read the labels from {inside[at:]!r}")
        pairs[label[1]] = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), label[2])
        at = label.end()
    return Labels.of(match["name"] or "", pairs)


def cases(document: Mapping[str, Any], file: str = "") -> list[Case]:
    """The `tests:` of a parsed rule file.

    Raises
    ------
    ConfigError : names file, place and value.
    """
    found = []
    for number, entry in enumerate(document.get("tests") or []):
        place = f"tests[{number}]"
        try:
            found.append(_case(entry, f"{place} {entry.get('name', '')}".strip()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            raise ConfigError(message, file=file, path=place) from error
    return found


def _case(entry: Json, name: str) -> Case:
    interval = seconds(entry.get("interval", "1m"))
    if interval <= 0:
        raise ValueError("interval must be above 0")
    series = tuple(
        InputSeries(selector(one["series"]), expand(str(one["values"])), Kind[one.get("kind", "unknown").upper()])
        for one in entry["input_series"]
    )
    expectations = tuple(
        Expectation(
            seconds(one["eval_time"]),
            str(one["alertname"]),
            tuple(alert.get("exp_labels") or {} for alert in one.get("exp_alerts") or []),
        )
        for one in entry["alert_rule_test"]
    )
    return Case(name, interval, series, expectations)


def run(case: Case, evaluate: Evaluate) -> list[str]:
    """What does not hold, one sentence each; empty = the case passes."""
    fired = evaluate(case)
    return [sentence for one in case.expectations for sentence in _compare(case.name, one, fired)]


def _compare(name: str, expected: Expectation, fired: Sequence[Fired]) -> list[str]:
    """Pair every expected alert with one that fires; none may be left on either side."""
    at = expected.eval_time
    firing = [
        one.labels
        for one in fired
        if one.alertname == expected.alertname and one.start <= at and (one.stop is None or one.stop > at)
    ]
    missing = []
    # The most demanding first, so that `{}` does not take what a stricter one needs.
    for wanted in sorted(expected.labels, key=len, reverse=True):
        found = next((one for one in firing if wanted.items() <= one.items()), None)
        if found is None:
            missing.append(wanted)
        else:
            firing.remove(found)
    where = f"{name}: {expected.alertname} at {at:g} s"
    return [f"{where}: expected {dict(one)} to fire, it does not" for one in missing] + [
        f"{where}: {dict(one)} fires, which was not expected" for one in firing
    ]
