"""Selectors: parsed, escaped, made disjoint, cut into shards.

Several selectors of one source may overlap; a series must still come only once, and PromQL has no union of range
vectors. So each selector is rewritten to what the ones before it do not match, with negated matchers: exact, and
true for series that appear later. Shards are disjoint and complete in the same way: the last one is "all others".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NEGATED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


@dataclass(frozen=True, slots=True, order=True)
class Matcher:
    """`name op "value"`.

    >>> str(Matcher("path", "=", 'C:\\\\ "x"'))
    'path="C:\\\\\\\\ \\\\"x\\\\""'
    """

    name: str
    op: str
    value: str

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.op}"{escaped}"'

    def negated(self) -> Matcher:
        return Matcher(self.name, NEGATED[self.op], self.value)


Selector = tuple[Matcher, ...]


def render(selector: Selector) -> str:
    """PromQL text of a selector."""
    return "{" + ",".join(map(str, selector)) + "}"


def parse(text: str) -> Selector:
    """Read one selector, such as `up`, `{job="node"}` or `node_cpu_seconds_total{mode!="idle"}`.

    Raises
    ------
    ValueError : it is no plain selector; says why.
    """
    import promql_parser

    try:
        parsed = promql_parser.parse(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no PromQL selector: {error}") from error
    if not isinstance(parsed, promql_parser.VectorSelector) or parsed.offset is not None or parsed.at is not None:
        raise ValueError(f'{text!r} is no plain selector: write a metric name or matchers, such as {{job=~".+"}}')
    if parsed.matchers.or_matchers:
        raise ValueError(f"{text!r}: write alternatives as selectors of their own")
    matchers = [Matcher(one.name, _OPERATORS[str(one.op)], one.value) for one in parsed.matchers.matchers]
    if parsed.name:
        matchers.insert(0, Matcher("__name__", "=", parsed.name))
    return tuple(matchers)


def disjoint(selectors: Sequence[Selector]) -> list[Selector]:
    """Selectors that match together what the given ones match, and no series twice.

    `b` without `a` = {b, not a1}, {b, a1, not a2}, ... for the matchers a1, a2, ... of `a`.

    >>> a, b = parse('{job="a"}'), parse('{job=~"a|b"}')
    >>> [render(one) for one in disjoint([a, b])]
    ['{job="a"}', '{job=~"a|b",job!="a"}']
    """
    found: list[Selector] = []
    for i, selector in enumerate(selectors):
        pieces = [selector]
        for earlier in selectors[:i]:
            pieces = [rest for piece in pieces for rest in _without(piece, earlier)]
        found += pieces
    return found


def _without(selector: Selector, other: Selector) -> list[Selector]:
    pieces = []
    for i, matcher in enumerate(other):
        if matcher in selector:
            continue  # whatever matches `selector` matches this too: nothing is left for its negation
        held = tuple(one for one in other[:i] if one not in selector)
        piece = (*selector, *held, matcher.negated())
        if not any(one.negated() in piece for one in piece):
            pieces.append(piece)
    return pieces


def shards(selector: Selector, label: str, counts: Mapping[str, int], largest: int) -> list[Selector]:
    """Cut a selector by the values of one label into parts of about `largest` series each.

    Parameters
    ----------
    counts : value of `label` -> number of series.

    Returns
    -------
    One or more selectors, the last of which matches every value that `counts` does not know.
    """
    groups: list[list[str]] = [[]]
    size = 0
    for value in sorted(counts):
        if groups[-1] and size + counts[value] > largest:
            groups.append([])
            size = 0
        groups[-1].append(value)
        size += counts[value]
    if len(groups) == 1:
        return [selector]
    known = [_any_of(group) for group in groups]
    parts = [(*selector, Matcher(label, "=~", one)) for one in known]
    return [*parts, (*selector, Matcher(label, "!~", "|".join(known)))]


def _any_of(values: Sequence[str]) -> str:
    return "|".join(map(re.escape, values))
