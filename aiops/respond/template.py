"""`{{ name }}` in a runbook, and the comparison in `when`.

Never evaluated as code. A name is a declared parameter or one of a few fields that this program made itself; text that
came from logs, labels or prompts can enter only through a parameter, which a pattern or a list has to admit first.
A value that was filled in is not looked at again, so braces inside it stay braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aiops.types import Incident

SAFE_FIELDS = ("incident.id", "incident.severity", "incident.status", "incident.started", "run.id")
_PLACE = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")
_BRACES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_OPERAND = r"""(?:"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|[A-Za-z_][\w.]*)"""
_COMPARISON = re.compile(rf"\s*({_OPERAND})\s*(==|!=|<=|>=|<|>)\s*({_OPERAND})\s*")


def safe_fields(incident: Incident, run_id: str) -> dict[str, str]:
    """Values of `SAFE_FIELDS`."""
    own = (incident.id, incident.severity, incident.status, f"{incident.started:.0f}", run_id)
    return dict(zip(SAFE_FIELDS, own, strict=True))


def names(node: Any) -> Iterator[str]:
    """Every name used in the strings of `node`, and the text of braces that hold no name."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from names(key)
            yield from names(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from names(value)
    elif isinstance(node, str):
        for braces in _BRACES.findall(node):
            place = _PLACE.fullmatch(braces)
            yield place.group(1) if place else braces


def fill(node: Any, values: Mapping[str, str]) -> Any:
    """Copy `node` with every placeholder in a string value replaced; keys are left as they are.

    Raises
    ------
    KeyError : a name without value.

    >>> fill({"url": "http://deployer/{{ service }}"}, {"service": "cart"})
    {'url': 'http://deployer/cart'}
    """
    if isinstance(node, Mapping):
        return {key: fill(value, values) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [fill(value, values) for value in node]
    if isinstance(node, str):
        return _PLACE.sub(lambda place: values[place.group(1)], node)
    return node


def comparison_names(text: str) -> list[str]:
    """Names in a `when`.

    Raises
    ------
    ValueError : it is not `operand operator operand`.
    """
    return [operand for operand in _split(text)[::2] if not _literal(operand)]


def holds(text: str, values: Mapping[str, str]) -> bool:
    """Evaluate `when`: numbers are compared as numbers if both sides are, else as text.

    >>> holds('incident.severity == "page"', {"incident.severity": "page"})
    True
    """
    left_operand, operator, right_operand = _split(text)
    left, right = _value(left_operand, values), _value(right_operand, values)
    try:
        return _compare(float(left), operator, float(right))
    except ValueError:
        return _compare(left, operator, right)


def _split(text: str) -> tuple[str, str, str]:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise ValueError(f'{text!r} is no comparison: write such as incident.severity == "page"')
    left, operator, right = found.groups()
    return left, operator, right


def _literal(operand: str) -> bool:
    return operand[0] in "\"'-" or operand[0].isdigit()


def _value(operand: str, values: Mapping[str, str]) -> str:
    if operand[0] in "\"'":
        return operand[1:-1]
    return operand if _literal(operand) else values[operand]


def _compare(left: Any, operator: str, right: Any) -> bool:
    if operator in ("==", "!="):
        return bool((left == right) == (operator == "=="))
    if operator in ("<", "<="):
        return bool(left < right or (operator == "<=" and left == right))
    return bool(left > right or (operator == ">=" and left == right))
