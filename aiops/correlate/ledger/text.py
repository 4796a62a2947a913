"""Words that a change shares with the fault, weighed by how rare they are among the changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from aiops.correlate.ledger.departure import new_lines
from aiops.correlate.ledger.diff import Diff, parse
from aiops.correlate.ledger.fault import Fault, is_alarming, is_bad
from aiops.correlate.ledger.words import words
from aiops.types import Change

CHANGED, NAMED, AROUND = 1.0, 0.7, 0.3
"""Worth of a word in a changed line, in a summary or file name, and in the lines around."""
MOST, EXPECTED = 5.0, 1.0
"""Nats: what shared words can be worth at most, and what a change of no concern shares with any fault."""
SHOWN = 4


class FaultText:
    """The words of a fault.

    Parameters
    ----------
    fault : its new log lines, alerts, failing spans and deviating metrics are read.
    changes : the ledger; words that many of them hold tell little.
    """

    def __init__(self, fault: Fault, changes: Sequence[Change]) -> None:
        self._held = {one.id: _held(one) for one in changes}
        self._rarity = _rarity(list(self._held.values()))
        names = words(" ".join(sorted(fault.entities)))
        first = fault.first
        usual = {
            word
            for text in {one.body for one in fault.lines if one.timestamp < first and not is_bad(one)}
            for word in words(text)
        }
        said = list(_said(fault))
        # Names of metrics are no words of the fault's own: that none is shared tells nothing.
        self._said = bool(said)
        texts = [*said, *(one.metric for one in fault.departures)]
        self._words = {word for text in texts for word in words(text)} - usual - names

    def shared(self, change: Change) -> tuple[float, tuple[str, ...]]:
        """What a change has in common with the fault.

        Returns
        -------
        nats for (above 0) or against it, and the rarest shared words.
        """
        held = self._held.get(change.id) or _held(change)
        weighed = sorted(
            ((share * self._rarity.get(word, 0.0), word) for word, share in held.items() if word in self._words),
            key=lambda one: (-one[0], one[1]),
        )
        # Words of one phrase come together: each further one is worth half of the one before.
        total = math.fsum(weight * 0.5**i for i, (weight, _) in enumerate(weighed))
        expected = EXPECTED * _known(change) if self._said else 0.0
        return min(MOST, total - expected), tuple(word for weight, word in weighed[:SHOWN] if weight > 0)


def _said(fault: Fault) -> Iterable[str]:
    yield from fault.quoted
    for some in new_lines(fault.lines, float("inf")):
        yield some[0].body + (f" {some[0].severity}" if not is_bad(some[0]) else "")
    for alert in fault.alerts:
        if is_alarming(alert):
            yield alert.name
    for span in fault.spans:
        if span.status == "error":
            yield " ".join([span.name, *(str(value) for _, value in sorted(span.attributes.items()))])


def _held(change: Change) -> dict[str, float]:
    """Words of a change, each with the worth of the best place it stands in."""
    diff: Diff = parse(change.diff)
    found: dict[str, float] = {}
    for share, texts in (
        (AROUND, diff.context),
        (NAMED, (change.summary, *change.files)),
        (CHANGED, (*diff.removed, *diff.added, change.before, change.after if change.kind != "deploy" else "")),
    ):
        found |= {word: share for text in texts for word in words(text)}
    return found


def _known(change: Change) -> float:
    """How much of a change the ledger can compare: of a bare deploy nothing, of a flag its name."""
    if change.diff:
        return CHANGED
    return 0.0 if change.kind == "deploy" else NAMED


def _rarity(held: Sequence[dict[str, float]]) -> dict[str, float]:
    """ln(changes / changes that hold the word), by word."""
    counts = Counter(word for one in held for word in one)
    return {word: math.log((len(held) + 1) / count) for word, count in counts.items()}
