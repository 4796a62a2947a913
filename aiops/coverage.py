"""Which series each rule watches in the running system, and which nothing watches: from the explain record.

A rule covers a series if its signal reads it and it has a slot that the series is part of. *Covered* means that a
rule which may page reads it; a series that only rules of severity `info` read can tell why, and wakes nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aiops.detect.expression import Expression, Matcher, parse
from aiops.detect.rule import Rule
from aiops.store.ring import Ring
from aiops.types import Json, Labels

LEVELS = ("page", "evidence", "nothing")
"""Best first: a paging rule reads it, only rules for evidence do, none does."""
NAME = "__name__"


@dataclass(frozen=True, slots=True)
class Watched:
    """One series: its labels, and the ids of the rules that read it, in the order of the catalogue."""

    labels: Labels
    level: str
    rules: tuple[str, ...]


@dataclass(slots=True)
class Coverage:
    """What is watched in all partitions.

    Attributes
    ----------
    of : rule -> number of series it reads.
    series : every series, in the order of the record.
    at : event time of the newest column; None = nothing is kept.
    """

    at: float | None = None
    of: Counter[str] = field(default_factory=Counter)
    series: list[Watched] = field(default_factory=list)

    @property
    def levels(self) -> Mapping[str, int]:
        """Level -> number of series."""
        found = Counter(one.level for one in self.series)
        return {level: found[level] for level in LEVELS}

    def add(self, series: Sequence[Labels], slots: Iterable[Json], rules: Sequence[Rule]) -> None:
        """Take in one partition.

        Parameters
        ----------
        slots : documents `{"rule": ..., "labels": {...}}` of the rule slots it has.
        """
        reading: dict[int, list[Rule]] = defaultdict(list)
        places, by_metric = _places(slots), _by_metric(series)
        for rule in rules:
            if rule.id in places:
                for i in _read(rule, series, by_metric):
                    if _part(series[i], places[rule.id]):
                        reading[i].append(rule)
        for i, labels in enumerate(series):
            mine = reading.get(i, [])
            self.of.update(rule.id for rule in mine)
            level = "page" if any(rule.severity == "page" for rule in mine) else "evidence" if mine else "nothing"
            self.series.append(Watched(labels, level, tuple(rule.id for rule in mine)))

    def poorer(self) -> list[tuple[str, str, int, tuple[str, ...]]]:
        """What no paging rule reads, by metric: (metric, level, series, rules that read some of it)."""
        counts: Counter[tuple[str, str]] = Counter()
        rules: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for one in self.series:
            if one.level != "page":
                counts[one.labels.metric, one.level] += 1
                rules[one.labels.metric, one.level] |= dict.fromkeys(one.rules)
        order = sorted(counts, key=lambda key: (-LEVELS.index(key[1]), key[0]))
        return [(*key, counts[key], tuple(rules[key])) for key in order]


def kept(partitions: Iterable[str], ring: Ring, rules: Sequence[Rule]) -> Coverage:
    """What the newest columns of the explain record say; those about ourselves (`_...`) are no series of the user."""
    found = Coverage()
    for name in partitions:
        frame = None if name.startswith("_") else ring.newest(name)
        if frame is not None:
            found.add(frame.series_labels[: len(frame.series)], frame.slot_labels[: len(frame.slots)], rules)
            found.at = frame.at if found.at is None else max(found.at, frame.at)
    return found


def selectors(rule: Rule) -> list[tuple[Matcher, ...]]:
    """Matchers of every selector in a rule's signal and total."""
    texts = [text for text in (rule.signal, rule.total) if text]
    return [matchers for text in texts for matchers in _leaves(parse(text))]


def _leaves(node: Expression) -> Iterator[tuple[Matcher, ...]]:
    if (matchers := getattr(node, "matchers", None)) is not None:
        yield matchers
    for part in ("child", "left", "right"):
        if (child := getattr(node, part, None)) is not None:
            yield from _leaves(child)


def _by_metric(series: Sequence[Labels]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for i, labels in enumerate(series):
        found[labels.metric].append(i)
    return found


def _read(rule: Rule, series: Sequence[Labels], by_metric: Mapping[str, list[int]]) -> Iterator[int]:
    """Series that a selector of the rule matches, each once."""
    found: dict[int, None] = {}
    for matchers in selectors(rule):
        name = [one for one in matchers if one.label == NAME]
        rest = [one for one in matchers if one.label != NAME]
        # A hundred rules over a hundred thousand series: the name is asked once a metric, not once a series.
        metrics = [one for one in by_metric if all(each.matches(Labels.of(one)) for each in name)]
        for i in (i for metric in metrics for i in by_metric[metric]):
            if all(one.matches(series[i]) for one in rest):
                found[i] = None
    yield from found


def _places(slots: Iterable[Json]) -> Mapping[str, Mapping[tuple[str, ...], set[tuple[str, ...]]]]:
    """Rule -> names of labels -> values that its slots have of them."""
    found: dict[str, dict[tuple[str, ...], set[tuple[str, ...]]]] = defaultdict(lambda: defaultdict(set))
    for one in slots:
        names = tuple(sorted(one["labels"]))
        found[one["rule"]][names].add(tuple(one["labels"][name] for name in names))
    return found


def _part(labels: Labels, places: Mapping[tuple[str, ...], set[tuple[str, ...]]]) -> bool:
    have = dict(labels.pairs)
    return any(tuple(have.get(name, "") for name in names) in values for names, values in places.items())
