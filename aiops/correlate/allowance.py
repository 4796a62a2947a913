"""Which proposals may wake somebody: the one place where the budget of false pages is kept, for all partitions.

Partitions propose at what their rules state, each as a function of its own records. Here, where their findings come
together in order of event time, a proposal pages only if it passes the threshold that the budget asks of its rule, and
what feedback asks of its series. So the budget is one for the whole process however its series are spread, and the
same records give the same pages. Everything is derived from four things that a commit keeps: how many tests each
partition's rules make, when the agent began, the pages, and the verdicts on them. A verdict counts by its newest word
alone, so that `true` undoes `false`, and fades.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from aiops.detect import budget
from aiops.detect.budget import Estimate, Judged
from aiops.types import Finding, Incident, Json, Verdict

KEEP_SECONDS = 12 * budget.WEEK_SECONDS
SPAN_SECONDS = 4 * budget.WEEK_SECONDS
"""What the achieved rate is estimated over."""
MOST_PAGES, MOST_ABOUT = 2_000, 200
"""The newest pages that are remembered, and the oddest series of each: a storm that never ends fills no memory."""
ABOVE, MOST_ABOVE = 0.5, 6.0
"""A series that paged falsely pages again when this much odder than then; never more than that much beyond its rule."""
Place = tuple[str, int]
"""Rule and fingerprint of a finding."""


class Page(msgspec.Struct):
    """A page: an incident that was opened. `ids` are all it has had; `about` maps rule and series to the surprise."""

    at: float
    ids: tuple[str, ...]
    about: list[tuple[str, int, float]]


class Said(msgspec.Struct):
    """The newest verdict on a page."""

    at: float
    right: bool
    weight: float
    about: list[tuple[str, int, float]]


class Account(msgspec.Struct):
    """What a commit keeps."""

    since: float | None = None
    tests: dict[str, dict[str, float]] = {}
    pages: list[Page] = []
    said: dict[str, Said] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a finding had to pass: its threshold, and whether `rule`, `budget` or `feedback` asks for it."""

    threshold: float
    by: str


@dataclass(slots=True)
class _Derived:
    """What follows from the account at one moment."""

    at: float
    common: float
    offsets: dict[str, float]
    series: dict[Place, tuple[float, float]] = field(default_factory=dict)


class Allowance:
    """The budget of one process.

    Parameters
    ----------
    pages_per_week : as stated.
    stated : rule -> threshold; rules that are not here ask for nothing more.
    """

    def __init__(self, pages_per_week: float, stated: Mapping[str, float]) -> None:
        self.pages_per_week, self._stated = pages_per_week, dict(stated)
        self._account = Account()
        self._now: _Derived | None = None

    def replace(self, pages_per_week: float, stated: Mapping[str, float]) -> None:
        """Go on under other rules."""
        self.pages_per_week, self._stated, self._now = pages_per_week, dict(stated), None

    def expose(self, partition: str, tests: Mapping[str, float], at: float) -> None:
        """Learn how many tests a week the rules of a partition make."""
        account = self._account
        account.since = at if account.since is None else min(at, account.since)
        account.tests[partition], self._now = dict(tests), None

    def asked(self, finding: Finding, at: float) -> Asked:
        """What `finding` must pass to page at event time `at`."""
        stated = self._stated.get(finding.rule_id, 0.0)
        now = self._derived(at)
        if finding.rule_id not in self._tests():
            return Asked(stated, "rule")
        more = now.offsets.get(finding.rule_id, 0.0)
        rule = max(stated, now.common + more)
        by = "rule" if rule <= stated else "feedback" if more > 0.0 else "budget"
        paged, fade = now.series.get((finding.rule_id, finding.fingerprint), (0.0, 0.0))
        series = rule + fade * min(max(paged + ABOVE - rule, 0.0), MOST_ABOVE)
        return Asked(round(series, 3), "feedback" if series > rule else by)

    def paged(self, incident: Incident, former: Sequence[str]) -> None:
        """Note that an incident pages, or what it holds now."""
        ids = tuple(dict.fromkeys((incident.id, *former)))
        odd = sorted(incident.findings, key=lambda one: -one.surprise)[:MOST_ABOUT]
        about = [(one.rule_id, one.fingerprint, one.surprise) for one in odd]
        same = [one for one in self._account.pages if not set(ids).isdisjoint(one.ids)]
        at = min([incident.detected, *(one.at for one in same)])
        known = tuple(dict.fromkeys((*ids, *(name for one in same for name in one.ids))))
        rest = [one for one in self._account.pages if not any(one is other for other in same)]
        self._account.pages = sorted([*rest, Page(at, known, about)], key=lambda one: (one.at, one.ids))[-MOST_PAGES:]

    def judge(self, verdict: Verdict) -> None:
        """Take in what a person made of a page; its newest word counts. A page nobody remembers moves nothing."""
        page = next((one for one in self._account.pages if verdict.incident in one.ids), None)
        if page is None:
            return
        # Nobody says anything more plainly than plainly, whatever a message claims; nor less than not at all.
        weight = min(max(verdict.weight, 0.0), 1.0)
        name = next((one for one in page.ids if one in self._account.said), page.ids[-1])
        before = self._account.said.get(name)
        if before is not None and before.weight > weight:
            return  # what was said plainly is not overruled by a guess
        self._account.said[name] = Said(verdict.timestamp, verdict.right, weight, page.about)
        self._now = None

    def forget(self, at: float) -> None:
        """Drop what has faded."""
        account, old = self._account, at - KEEP_SECONDS
        if account.pages and account.pages[0].at < old:
            account.pages = [one for one in account.pages if one.at >= old]
        if any(one.at < old for one in account.said.values()):
            account.said = {name: one for name, one in account.said.items() if one.at >= old}
            self._now = None

    def wealth(self, at: float) -> float:
        """False pages that the week from `at` may bring."""
        said = [(max(at - one.at, 0.0), one.right, one.weight) for _, one in sorted(self._account.said.items())]
        return budget.wealth(self.pages_per_week, said)

    def judged(self, rule: str, at: float) -> Judged:
        """Verdicts on a rule's pages, faded."""
        found = [one for _, one in sorted(self._account.said.items()) if any(name == rule for name, _, _ in one.about)]
        false, right = (
            sum(one.weight * _fade(one.at, at) for one in found if one.right is wanted) for wanted in (False, True)
        )
        return Judged(false, right)

    def _tests(self) -> dict[str, float]:
        total: dict[str, float] = {}
        for _, tests in sorted(self._account.tests.items()):
            for rule, count in sorted(tests.items()):
                if rule in self._stated:
                    total[rule] = total.get(rule, 0.0) + count
        return total

    def _derived(self, at: float) -> _Derived:
        found = self._now  # read from several threads: taken and replaced as a whole
        if found is None or found.at != at:
            rules = sorted({name for one in self._account.said.values() for name, _, _ in one.about})
            offsets = {rule: budget.offset(self.judged(rule, at)) for rule in rules}
            common = budget.common(self._tests(), offsets, self.wealth(at))
            self._now = found = _Derived(at, common, offsets, self._noisy(at))
        return found

    def _noisy(self, at: float) -> dict[Place, tuple[float, float]]:
        """Series that paged falsely: the largest surprise that did, and how fresh it is."""
        found: dict[Place, tuple[float, float]] = {}
        for _, one in sorted(self._account.said.items()):
            for rule, fingerprint, surprise in one.about if not one.right else ():
                known = found.get((rule, fingerprint), (0.0, 0.0))
                fade = one.weight * _fade(one.at, at)
                found[rule, fingerprint] = max(known, (surprise, fade), key=lambda pair: pair[0] * pair[1])
        return found

    def thresholds(self, at: float) -> dict[str, float]:
        """Rule -> what a series of it that never paged falsely must pass, for the rules that share the budget."""
        now = self._derived(at)
        return {
            rule: round(max(self._stated[rule], now.common + now.offsets.get(rule, 0.0)), 3) for rule in self._tests()
        }

    def expected(self, at: float) -> float:
        """False pages a week that chance alone brings at today's thresholds."""
        return budget.expected(self._tests(), self.thresholds(at))

    def estimate(self, at: float) -> Estimate:
        """False pages a week as they are: what chance brings, corrected by what people judged."""
        since = self._account.since
        span = min(max(at - since, 0.0), SPAN_SECONDS) if since is not None else 0.0
        pages, false, right = self.counts(at - span, at)
        share = (false + right) / pages if pages else 1.0
        # What chance would bring had nobody said anything: what people say is counted, not assumed twice.
        tests = self._tests()
        common = budget.common(tests, {}, self.pages_per_week)
        model = budget.expected(tests, {rule: max(self._stated[rule], common) for rule in tests})
        return budget.estimate(model, false, share, span / budget.WEEK_SECONDS)

    def counts(self, begin: float, end: float) -> tuple[int, int, int]:
        """Pages between two event times; how many of them were judged false, and how many right."""
        pages = [one for one in self._account.pages if begin <= one.at <= end]
        said = [self._account.said[name] for one in pages for name in one.ids if name in self._account.said]
        false = sum(not one.right for one in said)
        return len(pages), false, len(said) - false

    def left(self, share: float, begin: float, end: float) -> int:
        """How many of the pages between two event times `share` of the budget would have left."""
        more, asked = -math.log10(share), self.thresholds(end)
        pages = [one for one in self._account.pages if begin <= one.at <= end]
        # What has no share in the budget pages whatever it is.
        return sum(any(odd >= asked.get(rule, -math.inf) + more for rule, _, odd in one.about) for one in pages)

    def noisiest(self, begin: float, end: float) -> list[tuple[str, int, int]]:
        """Rules by pages between two event times: (rule, pages, judged false), the worst first."""
        rules: dict[str, tuple[int, int]] = {}
        for page in (one for one in self._account.pages if begin <= one.at <= end):
            false = any(name in self._account.said and not self._account.said[name].right for name in page.ids)
            for rule in {name for name, _, _ in page.about}:
                pages, wrong = rules.get(rule, (0, 0))
                rules[rule] = (pages + 1, wrong + false)
        return sorted(((rule, *counts) for rule, counts in rules.items()), key=lambda one: (-one[2], -one[1], one[0]))

    def document(self, at: float) -> Json:
        """For `aiops explain` and the pages: what is asked of each rule, and why."""
        tests, thresholds, now, found = self._tests(), self.thresholds(at), self._derived(at), self.estimate(at)
        account = self._account
        return {
            "at": at,
            "false_pages_per_week": self.pages_per_week,
            "wealth": round(self.wealth(at), 4),
            "estimate": {"mean": found.mean, "lower": found.lower, "upper": found.upper},
            "rules": {
                rule: {
                    "stated": self._stated[rule],
                    "threshold": thresholds[rule],
                    "tests_per_week": tests[rule],
                    "feedback": round(now.offsets.get(rule, 0.0), 3),
                }
                for rule in tests
            },
            "verdicts": [
                {"timestamp": one.at, "incident": name, "right": one.right, "weight": one.weight}
                for name, one in sorted(account.said.items(), key=lambda pair: (pair[1].at, pair[0]))
            ],
            "series": [
                {"rule": rule, "fingerprint": fingerprint, "surprise": surprise, "fade": round(fade, 3)}
                for (rule, fingerprint), (surprise, fade) in sorted(now.series.items())
            ],
        }

    def snapshot(self) -> bytes:
        return msgspec.json.encode(self._account)

    def restore(self, data: bytes) -> None:
        self._account, self._now = msgspec.json.decode(data, type=Account), None


def _fade(said_at: float, at: float) -> float:
    return math.pow(0.5, max(at - said_at, 0.0) / budget.FORGET_SECONDS)
