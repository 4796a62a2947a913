"""Alertmanager's matchers, over labels that may hold several values.

An incident has many findings, so a label such as `world` has as many values as the incident has worlds. A positive
matcher (=, =~) holds if any value fits; a negative one (!=, !~) is its exact opposite: no value fits. An absent label
is the empty string, as in Prometheus. Regular expressions are anchored at both ends.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence

from aiops.errors import ConfigError
from aiops.types import Finding, Incident

Matcher = tuple[str, str, str]
"""(label, operator, value); operator is =, !=, =~ or !~."""

OPERATORS = ("=", "!=", "=~", "!~")
LONGEST_PATTERN = 1_000
OWN_LABELS = ("alertname", "alert", "rule", "entity", "world", "severity", "host")
"""Those that every finding has, beside the labels of its series."""
_VALUE = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[^\s,"{}]*'
_ONE = re.compile(rf"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*({_VALUE})\s*")


def parse(text: str) -> tuple[Matcher, ...]:
    r"""Read Alertmanager's notation: `{a="b", c=~"d.*"}`, the braces and quotes being optional; quotes of either kind.

    Raises
    ------
    ConfigError : if it is no list of matchers, or a regular expression is wrong.

    >>> parse('{world="it", entity=~"orders-.*"}')
    (('world', '=', 'it'), ('entity', '=~', 'orders-.*'))
    """
    inside = text.strip().removeprefix("{").removesuffix("}")
    found, at = [], 0
    while at < len(inside):
        one = _ONE.match(inside, at)
        if one is None or (one.end() < len(inside) and inside[one.end()] != ","):
            raise ConfigError('is no matcher; write label="value", joined by commas', value=text)
        label, operator, value = one.groups()
        found.append(checked((label, operator, _unquote(value))))
        at = one.end() + 1
    if not found:
        raise ConfigError('is no matcher; write label="value"', value=text)
    return tuple(found)


def checked(matcher: Matcher) -> Matcher:
    """Return it if its operator and regular expression can be used.

    Raises
    ------
    ConfigError : otherwise.
    """
    _, operator, value = matcher
    if operator not in OPERATORS:
        raise ConfigError(f"unknown operator, use one of {', '.join(OPERATORS)}", value=operator)
    if operator.endswith("~"):
        try:
            _pattern(value)
        except re.error as error:
            raise ConfigError(f"is no regular expression: {error}", value=value) from None
    return matcher


def matches(matchers: Iterable[Matcher], labels: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether all `matchers` hold for `labels` (label -> its values)."""
    return all(_holds(matcher, labels) for matcher in matchers)


def finding_labels(finding: Finding) -> dict[str, tuple[str]]:
    """The labels of a finding as silences, inhibition and routes see them.

    The finding's own fields win over a series label of the same name, so that no exporter can disguise an alert.
    """
    host = finding.host or finding.labels.get("host", "")
    own = (finding.alert, finding.alert, finding.rule_id, finding.entity, finding.world, finding.severity, host)
    merged = {**finding.labels, **dict(zip(OWN_LABELS, own, strict=True))}
    return {label: (value,) for label, value in sorted(merged.items())}


def incident_labels(incident: Incident) -> dict[str, tuple[str, ...]]:
    """All labels of the incident's findings, and its own: id, status, severity, world, entity, kind of first cause."""
    gathered: dict[str, set[str]] = {}
    for finding in incident.findings:
        for label, (value,) in finding_labels(finding).items():
            gathered.setdefault(label, set()).add(value)
    gathered.setdefault("world", set()).update(incident.worlds)
    gathered.setdefault("entity", set()).update(incident.entities)
    own = {"id": incident.id, "status": incident.status, "severity": incident.severity}
    if incident.causes:
        own["kind"] = incident.causes[0].kind
        gathered["entity"].add(incident.causes[0].entity)
    single = {label: (value,) for label, value in own.items()}
    return {label: tuple(sorted(values)) for label, values in sorted(gathered.items())} | single


def _holds(matcher: Matcher, labels: Mapping[str, Sequence[str]]) -> bool:
    label, operator, wanted = matcher
    values = labels.get(label) or ("",)
    if operator in ("=", "!="):
        fits = wanted in values
    else:
        pattern = _pattern(wanted)
        fits = any(pattern.fullmatch(value) for value in values)
    return fits != operator.startswith("!")


@functools.lru_cache(maxsize=1_024)
def _pattern(value: str) -> re.Pattern[str]:
    if len(value) > LONGEST_PATTERN:
        raise re.error(f"longer than {LONGEST_PATTERN} characters")
    return re.compile(value)


def _unquote(value: str) -> str:
    quoted = len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value
