"""What a change does to the code, read from its diff: which lines, and whether behaviour can have changed at all.

Only the form of the diff is judged, never what its summary claims: half of what breaks production calls itself a
refactoring, and so does half of what does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aiops.correlate.ledger.value import VERSION, is_constant, largest

TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|\d+(?:\.\d+)*|[A-Za-z_]\w*|[^\s\w]")
COMMENT = re.compile(r"^\s*(//|#|/\*|\*/|\*\s|--\s|;|<!--|\"\"\")")
GUARD = frozenset(("if", "unless", "except", "catch", "rescue", "assert", "guard", "recover", "finally", "defer"))
PROSE = re.compile(r"\.(md|rst|adoc)$|(^|/)(docs?|documentation)/|(^|/)(README|CHANGELOG|LICENSE|CODEOWNERS|AUTHORS)")
TEST = re.compile(r"(^|/)(tests?|testdata|__tests__|specs?|fixtures)/|(^|/)test_[^/]*$|[_.](test|spec)\.\w+$")
TOOLING = re.compile(r"(^|/)\.[^/]+")
LOOKS = re.compile(r"\.(css|scss|less|svg|png|jpe?g|gif|ico|woff2?)$")
HARMLESS, REFACTORING, UNKNOWN, MOST = -6.0, -2.0, -0.5, 1.5
"""Nats for or against a change that is nothing but harmless, keeps all it had, is not told, or alters a value."""
KEPT = 0.5
"""Share of names that a refactoring leaves standing somewhere."""
MOST_CHARACTERS = 200_000
"""Of a diff, that are read; it is judged again whenever its incident changes."""


@dataclass(frozen=True, slots=True)
class Diff:
    """Lines of a diff without their signs; comments and blank lines are in `context`."""

    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    context: tuple[str, ...] = ()


def parse(text: str) -> Diff:
    """Read a unified diff, or what is left of one; of a very long one the beginning."""
    removed: list[str] = []
    added: list[str] = []
    context: list[str] = []
    for line in text[:MOST_CHARACTERS].splitlines():
        body = line[1:].strip()
        if line.startswith(("+++", "---")) or line[:1] not in "+-" or not body or COMMENT.match(body):
            context.append(line.strip())
        else:
            (added if line[0] == "+" else removed).append(body)
    return Diff(tuple(removed), tuple(added), tuple(context))


def behaviour(files: Sequence[str], text: str) -> tuple[float, str]:
    """How likely a change of this form alters what the program does.

    Returns
    -------
    nats for (above 0) or against it, and why.
    """
    if files and (kind := _kind(files)):
        return HARMLESS, f"touches nothing but {kind}"
    if not text.strip():
        return UNKNOWN, "its diff is not recorded"
    diff = parse(text)
    if not diff.removed and not diff.added:
        return HARMLESS, "alters comments only"
    if level := _pins(diff):
        return (HARMLESS if level == "patch" else 0.0), f"pins dependencies to another {level} version"
    removed, added = _tokens(diff)
    if _same(removed, added):
        return HARMLESS, "only moves or renames what was there"
    return _altered(removed, added)


def _kind(files: Sequence[str]) -> str:
    kinds = (("documentation", PROSE), ("tests", TEST), ("tooling", TOOLING), ("looks", LOOKS))
    found = [next((name for name, form in kinds if form.search(file)), "") for file in files]
    return " and ".join(sorted(set(found))) if all(found) else ""


def _pins(diff: Diff) -> str:
    """Largest step among version pins, empty when something else is changed as well."""
    before, after = ([VERSION.sub("#", line) for line in side] for side in (diff.removed, diff.added))
    if Counter(before) != Counter(after) or not all("#" in line for line in before):
        return ""
    level = 3
    for old, new in zip(sorted(diff.removed, key=_pinned), sorted(diff.added, key=_pinned), strict=True):
        before_after = VERSION.findall(old), VERSION.findall(new)
        if len(before_after[0]) != len(before_after[1]):
            return ""  # a mark that stood there already is no version
        for one, other in zip(*before_after, strict=True):
            level = min(level, next((i for i in range(3) if one[i] != other[i]), 3))
    return ("major", "minor", "patch", "patch")[level]


def _pinned(line: str) -> str:
    return VERSION.sub("#", line)


def _tokens(diff: Diff) -> tuple[list[list[str]], list[list[str]]]:
    """Tokens of the lines that are not merely moved: a line that was taken out and put back was not changed."""
    moved = Counter(diff.removed) & Counter(diff.added)
    sides = []
    for side in (diff.removed, diff.added):
        left, rest = Counter(moved), []
        for line in side:
            if left[line] > 0:
                left[line] -= 1
            else:
                rest.append(TOKEN.findall(line))
        sides.append(rest)
    return sides[0], sides[1]


def _same(removed: Sequence[Sequence[str]], added: Sequence[Sequence[str]]) -> bool:
    """Whether the tokens are the same, in any order of lines, or the same after renaming identifiers."""
    if Counter(map(tuple, removed)) == Counter(map(tuple, added)):
        return True
    old, new = [token for line in removed for token in line], [token for line in added for token in line]
    if len(old) != len(new):
        return False
    names = dict(zip(old, new, strict=True))
    renamed = {one for one in names if names[one] != one}
    if len(set(names.values())) < len(names) or any(names[one] != other for one, other in zip(old, new, strict=True)):
        return False
    # A name that was used once has no second place that would have to follow: that is another value.
    count = Counter(old)
    return all(one.isidentifier() and names[one].isidentifier() and count[one] > 1 for one in renamed)


def _altered(removed: Sequence[Sequence[str]], added: Sequence[Sequence[str]]) -> tuple[float, str]:
    step, what = largest(removed, added)
    if step > 0:
        return min(MOST, step), f"alters a value: {what}"
    old, new = (Counter(token for line in side for token in line) for side in (removed, added))
    if not removed:
        return 0.0, "adds code"
    lost, gained = _only(old, new), _only(new, old)
    names = [token for token in old if token.isidentifier() and len(token) > 2]
    kept = sum(token in new for token in names) / max(1, len(names))
    if not lost and not gained and kept >= KEPT and len(removed) > 1:
        return REFACTORING, "keeps all constants and most names, as a refactoring does"
    if sum(old[one] - new[one] for one in GUARD) > 0:
        return 1.0, "drops a check"
    if kept < KEPT:
        return 0.5, "drops what the code did"
    if lost:
        return 0.5, f"drops {lost[0]}"
    return 0.0, f"adds {gained[0]}" if gained else "writes a line in another way"


def _only(one: Counter[str], other: Counter[str]) -> list[str]:
    return [token for token in one if is_constant(token) and token not in other]
