"""Signals are written in PromQL, of which this is the part that can be evaluated column by column.

`promql-parser` reads the text; here its tree becomes a small one of our own, and what cannot be evaluated
online (subqueries, offsets, `@`, many-to-many joins) is refused with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from aiops.types import Labels

RANGE_FUNCTIONS = ("rate", "increase", "delta", "avg_over_time", "max_over_time", "min_over_time", "sum_over_time")
AGGREGATES = ("sum", "avg", "min", "max", "count")
OPERATORS = ("+", "-", "*", "/")


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Time:
    """time(): event time in seconds, for what counts down to a stated moment."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher; `operator` is =, !=, =~ or !~. Regular expressions match the whole value."""

    label: str
    operator: str
    value: str

    def matches(self, labels: Labels) -> bool:
        have = labels.get(self.label)
        if self.operator in ("=", "!="):
            return (have == self.value) == (self.operator == "=")
        return bool(_regex(self.value).fullmatch(have)) == (self.operator == "=~")


@dataclass(frozen=True, slots=True)
class Select:
    """Series by matchers; `function` over `window_seconds`, or the sample itself when empty."""

    matchers: tuple[Matcher, ...]
    function: str = ""
    window_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Aggregate:
    operator: str
    by: tuple[str, ...]
    child: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """histogram_quantile, abs, clamp_min or clamp_max; `argument` is its scalar."""

    function: str
    argument: float
    child: Expression


@dataclass(frozen=True, slots=True)
class Buckets:
    """Cumulative buckets as one histogram for each set of the other labels: at most so many counts, and their bounds.

    No PromQL: what a detector of histograms makes of its signal.
    """

    child: Expression
    most: int


@dataclass(frozen=True, slots=True)
class Entities:
    """The series of each entity as one row, at most so many of them.

    No PromQL: what a joint detector makes of its signal.
    """

    child: Select
    most: int


Expression = Number | Time | Select | Aggregate | Binary | Call | Buckets | Entities


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read a signal.

    Raises
    ------
    ValueError : not PromQL, or not the part of it that can be evaluated online.
    """
    import promql_parser

    try:
        tree = promql_parser.parse(text)
    except ValueError as error:
        raise ValueError(f"no PromQL: {error}") from None
    return _convert(tree)


def select(text: str) -> tuple[Matcher, ...]:
    """Read a bare selector such as `up{job="x"}`."""
    found = parse(text)
    if not isinstance(found, Select) or found.function:
        raise ValueError(f"{text!r} is no series selector")
    return found.matchers


def buckets(signal: Expression, most: int) -> Buckets:
    """The histograms that a signal's series are buckets of.

    Raises
    ------
    ValueError : buckets that are no counts of one column, or without their bounds.
    """
    inside = signal.child if isinstance(signal, Aggregate) else signal
    if not isinstance(inside, Select) or inside.function != "increase":
        raise ValueError("a histogram is read as `sum by (le, ...) (increase(..._bucket[1s]))`: counts of one column")
    if isinstance(signal, Aggregate) and ("le" not in signal.by or signal.operator != "sum"):
        raise ValueError("a histogram needs its bounds: `sum by (le, ...)`")
    return Buckets(signal, most)


def entities(signal: Expression, most: int) -> Entities:
    """The entities whose metrics a signal selects.

    Raises
    ------
    ValueError : not a bare selector.
    """
    if not isinstance(signal, Select) or signal.function:
        raise ValueError("the metrics of an entity are read by a bare selector: counters become rates by themselves")
    return Entities(signal, most)


@lru_cache(maxsize=4096)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def _convert(node: object) -> Expression:
    import promql_parser as p

    if isinstance(node, p.ParenExpr):
        return _convert(node.expr)
    if isinstance(node, p.NumberLiteral):
        return Number(float(node.val))
    if isinstance(node, p.UnaryExpr):
        return Binary("*", Number(-1.0), _convert(node.expr))
    if isinstance(node, p.VectorSelector):
        return Select(_matchers(node))
    if isinstance(node, p.AggregateExpr):
        return _aggregate(node)
    if isinstance(node, p.BinaryExpr):
        return _binary(node)
    if isinstance(node, p.Call):
        return _call(node)
    raise ValueError(f"{type(node).__name__} cannot be evaluated column by column")


def _matchers(node: object) -> tuple[Matcher, ...]:
    if getattr(node, "offset", None) is not None or getattr(node, "at", None) is not None:
        raise ValueError("offset and @ cannot be evaluated online")
    signs = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
    found = [Matcher(m.name, signs[str(m.op).rpartition(".")[2]], m.value) for m in node.matchers.matchers]  # type: ignore[attr-defined]
    name = getattr(node, "name", None)
    for matcher in found:
        if matcher.operator in ("=~", "!~"):
            try:
                _regex(matcher.value)
            except re.error as error:
                raise ValueError(f"{matcher.label}: no regular expression: {error}") from None
    return (*([Matcher("__name__", "=", name)] if name else []), *found)


def _aggregate(node: object) -> Aggregate:
    operator = str(node.op)  # type: ignore[attr-defined]
    # The parser prints an aggregation whole; its first word is the operator.
    operator = operator.split("(")[0].split()[0]
    modifier = getattr(node, "modifier", None)
    if operator not in AGGREGATES:
        raise ValueError(f"{operator} is not supported; use {', '.join(AGGREGATES)}")
    if modifier is not None and "By" not in str(modifier.type):
        raise ValueError("`without` is not supported: a page needs stated labels, use `by (...)`")
    by = tuple(modifier.labels) if modifier is not None else ()
    return Aggregate(operator, by, _convert(node.expr))  # type: ignore[attr-defined]


def _binary(node: object) -> Binary:
    operator = next((sign for sign in OPERATORS if str(node.op) == sign), "")  # type: ignore[attr-defined]
    if not operator:
        raise ValueError(f"only {' '.join(OPERATORS)} are supported: the threshold belongs to the rule's detector")
    modifier = getattr(node, "modifier", None)
    if modifier is not None and getattr(modifier, "matching", None) is not None:
        raise ValueError("on, ignoring and group_left are not supported: bring both sides to the same labels")
    return Binary(operator, _convert(node.lhs), _convert(node.rhs))  # type: ignore[attr-defined]


def _call(node: object) -> Expression:
    import promql_parser as p

    name, arguments = node.func.name, list(node.args)  # type: ignore[attr-defined]
    if name in RANGE_FUNCTIONS and isinstance(arguments[0], p.MatrixSelector):
        matrix = arguments[0]
        return Select(_matchers(matrix.vector_selector), name, matrix.range.total_seconds())
    if name == "time":
        return Time()
    if name == "histogram_quantile":
        return Call(name, _scalar(arguments[0]), _convert(arguments[1]))
    if name == "abs":
        return Call(name, 0.0, _convert(arguments[0]))
    if name in ("clamp_min", "clamp_max"):
        return Call(name, _scalar(arguments[1]), _convert(arguments[0]))
    raise ValueError(f"{name}() is not supported")


def _scalar(node: object) -> float:
    found = _convert(node)
    if not isinstance(found, Number):
        raise ValueError("a number is wanted here")
    return found.value
