"""What another configuration would have paged on the same recording, and which gate makes the difference.

Pages of two trials are the same when their incidents have one id, or share findings; else when they are about the same
entities at the same time. Everything said about a page that is missing is read from the other trial's record: its
rules, the surprise that it kept, and what its budget asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from aiops.daemon.trial import Page, Trial
from aiops.detect.rule import Rule
from aiops.respond.route import Way
from aiops.types import Json

MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two configurations differ about a page: the gate, the rule it belongs to (or empty), and a sentence."""

    gate: str
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One page that is not the same.

    Attributes
    ----------
    change : `added`, `removed`, `delayed`, `earlier` or `changed`, seen from the trial that is compared.
    page : as it is; of a removed page, as it was.
    was : as it was; None = there was none.
    fields : of a changed page, name -> (before, after).
    """

    change: str
    page: Page
    was: Page | None
    reasons: tuple[Reason, ...]
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)

    def document(self) -> Json:
        """For programs."""
        incident = self.page.incident
        return {
            "change": self.change,
            "incident": incident["id"],
            "title": incident["title"],
            "entities": list(incident["entities"]),
            "severity": incident["severity"],
            "at": None if self.change == "removed" else self.page.at,
            "before": self.was.at if self.was else None,
            "fields": {name: {"before": old, "after": new} for name, (old, new) in self.fields.items()},
            "reasons": [{"gate": one.gate, "rule": one.rule, "text": one.text} for one in self.reasons],
        }


def compare(before: Trial, after: Trial) -> list[Difference]:
    """Every page that `after` adds, removes, moves in time or tells otherwise, in order of time."""
    pairs = _pairs(before.pages, after.pages)
    kept_before, kept_after = {id(old) for old, _ in pairs}, {id(new) for _, new in pairs}
    found = [Difference("added", one, None, tuple(_missing(one, before, after)))
             for one in after.pages if id(one) not in kept_after]  # fmt: skip
    found += [Difference("removed", one, one, tuple(_missing(one, after, before)))
              for one in before.pages if id(one) not in kept_before]  # fmt: skip
    for old, new in pairs:
        if old.at != new.at:
            late, early = (after, before) if new.at > old.at else (before, after)
            change = "delayed" if new.at > old.at else "earlier"
            found.append(Difference(change, new, old, tuple(_later(old, new, early, late))))
        if fields := _fields(old, new):
            found.append(Difference("changed", new, old, tuple(_otherwise(old, new, before, after)), fields))
    return sorted(found, key=lambda one: (one.page.at, one.page.incident["id"], one.change))


def _pairs(before: Sequence[Page], after: Sequence[Page]) -> list[tuple[Page, Page]]:
    """Pages of both sides that are about one thing, each used once, the surest first."""
    likely = [(_alike(old, new), i, j) for i, old in enumerate(before) for j, new in enumerate(after)]
    found: list[tuple[Page, Page]] = []
    used: set[tuple[int, int]] = set()
    for alike, i, j in sorted(likely, key=lambda one: (-one[0], one[1], one[2])):
        if alike > 0 and not {(0, i), (1, j)} & used:
            used |= {(0, i), (1, j)}
            found.append((before[i], after[j]))
    return found


def _alike(old: Page, new: Page) -> float:
    """How sure it is that two pages are about one thing; 0 = they are not."""
    if old.incident["id"] == new.incident["id"]:
        return math.inf
    ends = [one.incident["resolved"] or math.inf for one in (old, new)]
    if old.incident["started"] > ends[1] or new.incident["started"] > ends[0]:
        return 0.0
    entities = [set(one.incident["entities"]) for one in (old, new)]
    return len(_places(old) & _places(new)) + len(entities[0] & entities[1]) / (1 + len(entities[0] | entities[1]))


def _places(page: Page) -> set[tuple[str, str]]:
    return {(one["rule_id"], one["entity"]) for one in page.incident["findings"]}


def _missing(page: Page, there: Trial, here: Trial) -> Iterator[Reason]:
    """Why `there` has no page like this one of `here`."""
    held = max(there.held, key=lambda one: _alike(page, one), default=None)
    if held is not None and _alike(page, held) > 0:
        yield Reason("mute", "", f"{there.name}: held back by {held.suppressed_by}")
        return
    whole = max(there.pages, key=lambda one: _alike(page, one), default=None)
    if whole is not None and len(_places(page) & _places(whole)):
        yield Reason("group", "", f"{there.name}: part of the page {whole.incident['id']}, {whole.incident['title']}")
        return
    yield from _gates(page.findings, there, here)


def _gates(findings: Sequence[Json], there: Trial, here: Trial) -> Iterator[Reason]:
    """The gate of each rule and entity once, the earliest first, and no more than a person reads."""
    first = {(one["rule_id"], one["entity"]): one for one in reversed(findings)}
    reasons = (_gate(finding, there, here, math.inf) for finding in reversed(first.values()))
    yield from list(dict.fromkeys(islice(reasons, MOST_REASONS)))


def _gate(finding: Json, there: Trial, here: Trial, until: float) -> Reason:
    """Which gate held a finding of `here` back in `there` until a moment."""
    name, rule, own = finding["rule_id"], there.rules.get(finding["rule_id"]), here.rules[finding["rule_id"]]
    if rule is None:
        return Reason("rule", name, f"{there.name} has no rule {name}")
    if rule.severity != "page":
        return Reason("severity", name, f"{name} is evidence only in {there.name}")
    peak, proposed = there.peak(finding, until), there.proposal(finding, until)
    if proposed is not None and not proposed[0].may_page:
        deep = f" (surprise {proposed[0].deep:.3g} there)" if proposed[0].deep is not None else ""
        return Reason("deeper", name, f"{name} proposed it in {there.name}, and the deeper stage did not confirm{deep}")
    if proposed is not None and proposed[0].surprise < proposed[1].threshold:
        reached, asked = proposed[0].surprise, proposed[1]
        whose = f"its {'budget of false pages' if asked.by == 'budget' else asked.by}"
        return Reason(
            asked.by, name, f"{name} reached {reached:.3g} in {there.name}: {whose} asks {asked.threshold:.3g}"
        )
    if peak is None:
        return Reason("history", name, f"{name} did not know in {there.name} what is usual for {finding['entity']}")
    if peak.surprise < rule.threshold:
        text = f"{name} reached {peak.surprise:.3g} in {there.name}, below its threshold of {rule.threshold:g}"
        return Reason("threshold", name, text + _set_otherwise(rule, own, here))
    if proposed is None:
        text = f"{name} asks in {there.name} that it lasts {rule.for_:g} s"
        return Reason("for", name, text + (f", {own.for_:g} s in {here.name}" if own.for_ != rule.for_ else ""))
    return Reason("group", name, f"{name} fired in {there.name} as well, and became part of another page")


def _set_otherwise(rule: Rule, own: Rule, here: Trial) -> str:
    """What `here` says of the same rule, where it differs."""
    if own.threshold != rule.threshold:
        return f" ({own.threshold:g} in {here.name})"
    if (own.signal, own.total, own.detector) != (rule.signal, rule.total, rule.detector):
        return f" (it is written otherwise in {here.name})"
    return ""


def _later(old: Page, new: Page, early: Trial, late: Trial) -> Iterator[Reason]:
    first, second = sorted((old, new), key=lambda one: one.at)
    if first.incident["detected"] == second.incident["detected"]:
        waits = [
            Way("").group_wait_seconds if (own := one.config.route.group_wait) is None else own for one in (early, late)
        ]
        if waits[0] != waits[1]:
            yield Reason("route", "", f"group_wait is {waits[1]:g} s in {late.name}, {waits[0]:g} s in {early.name}")
        else:
            yield Reason("route", "", f"{late.name} held it back at first: see its silences, maintenance and route")
        return
    opened = first.incident["detected"]
    openers = [one for one in first.findings if one["detected"] <= opened] or first.findings
    for finding in openers[:1]:
        yield _gate(finding, late, early, opened)


def _fields(old: Page, new: Page) -> dict[str, tuple[str, str]]:
    """What is told otherwise."""
    pairs = {
        "cause": (old.cause, new.cause),
        "severity": (old.incident["severity"], new.incident["severity"]),
        "receivers": (", ".join(old.receivers), ", ".join(new.receivers)),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _otherwise(old: Page, new: Page, before: Trial, after: Trial) -> Iterator[Reason]:
    """Findings that only one side's incident holds; without any, what is around them differs."""
    lost = [one for one in old.findings if (one["rule_id"], one["entity"]) not in _places(new)]
    gained = [one for one in new.findings if (one["rule_id"], one["entity"]) not in _places(old)]
    reasons = [*_gates(lost, after, before), *_gates(gained, before, after)]
    if not reasons:
        reasons = [Reason("route" if old.cause == new.cause else "evidence", "", "the same findings page; what is "
                          "beside them differs: evidence, topology or route")]  # fmt: skip
    yield from reasons[:MOST_REASONS]
