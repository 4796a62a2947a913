"""What a table shows of a whole file: counts and sums, and the lines that are worth a look."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from aiops.llmfile.judge import Verdict
from aiops.signals.llm.signal import APART
from aiops.signals.prices import metered
from aiops.types import LlmCall

SURE = 0.5
"""From here on a probability counts as yes."""
SHOWN = 5
"""Lines named of each kind."""


@dataclass(slots=True)
class Summary:
    """Adds up verdicts; holds no text of any call."""

    calls: int = 0
    attacks: list[tuple[float, int]] = field(default_factory=list)
    yes: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[int]] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    dollars: dict[str, float] = field(default_factory=dict)
    unpriced: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    apart: Counter[str] = field(default_factory=Counter)
    grounded: float = 0.0
    with_context: int = 0

    def add(self, verdicts: Iterable[tuple[Verdict, LlmCall]]) -> None:
        """Take in a batch."""
        for verdict, call in verdicts:
            self.calls += 1
            if verdict.injection >= SURE:
                self.yes["injection"] += 1
                self._keep(verdict)
            for name in self._said(verdict):
                self.yes[name] += 1
                lines = self.first.setdefault(name, [])
                if len(lines) < SHOWN:
                    lines.append(verdict.line)
            self.languages[verdict.language or "unknown"] += 1
            if verdict.groundedness is not None:
                self.with_context += 1
                self.grounded += verdict.groundedness
            self._book(verdict, call)

    def _book(self, verdict: Verdict, call: LlmCall) -> None:
        if call.operation in APART:
            self.apart[call.operation] += 1
            return
        model = call.model or "(none)"
        self.models[model] += 1
        if verdict.cost_usd is None:
            self.unpriced[model] += 1
            self.unknown[_why(verdict, call)] += 1
        else:
            self.dollars[model] = self.dollars.get(model, 0.0) + verdict.cost_usd

    def _keep(self, verdict: Verdict) -> None:
        heapq.heappush(self.attacks, (verdict.injection, -verdict.line))
        if len(self.attacks) > SHOWN:
            heapq.heappop(self.attacks)

    @staticmethod
    def _said(verdict: Verdict) -> Iterator[str]:
        if verdict.refusal >= SURE:
            yield "refusal"
        yield from (f"pii: {kind}" for kind in verdict.pii)
        if verdict.truncated:
            yield "truncated"
        if verdict.loop:
            yield "loop"

    def signals(self) -> list[list[str]]:
        """Rows of signal, calls, share, lines: the likeliest attacks, of all else the first, in order of the file."""
        rows = []
        first = self.first | {"injection": sorted(-line for _, line in self.attacks)}
        kinds = sorted(name for name in self.yes if name.startswith("pii: "))
        for name in ("injection", "refusal", *kinds, "truncated", "loop"):
            count = self.yes[name]
            lines = ", ".join(map(str, first.get(name, ()))) + (", ..." if count > SHOWN else "")
            rows.append([name, str(count), f"{count / max(self.calls, 1):.1%}", lines])
        return rows

    def costs(self) -> list[list[str]]:
        """Rows of model, calls, dollars and calls without a price; the most used model first."""
        ranked = sorted(self.models.items(), key=lambda item: (-item[1], item[0]))
        return [
            [
                model,
                str(calls),
                _usd(self.dollars[model]) if model in self.dollars else "-",
                str(self.unpriced[model]),
            ]
            for model, calls in ranked
        ]

    def notes(self) -> Iterator[str]:
        """Sentences below the tables."""
        told = ", ".join(
            f"{code} {count}" for code, count in sorted(self.languages.items(), key=lambda x: (-x[1], x[0]))
        )
        yield f"languages: {told or '-'}"
        if any(count > SHOWN for count in self.yes.values()):
            yield f"lines: of injections the {SHOWN} likeliest, else the first {SHOWN}; --format json has every call"
        if self.with_context:
            mean = self.grounded / self.with_context
            yield f"groundedness: {mean:.2f} on average of {self.with_context} calls with context"
        if self.apart:
            told = ", ".join(f"{operation} {count}" for operation, count in sorted(self.apart.items()))
            yield f"without a cost of their own, it is that of the calls inside them: {told}"
        for reason, count in sorted(self.unknown.items()):
            yield f"calls {reason}: {count}; their cost is unknown, not 0"


def _why(verdict: Verdict, call: LlmCall) -> str:
    """Why a cost is not known."""
    if not verdict.priced:
        return "without a price"
    return "of a tier without a price" if metered(call) else "that do not tell their tokens"


def _usd(dollars: float) -> str:
    """Four decimals, of small sums as many as three significant digits take.

    >>> _usd(12.5), _usd(0.0000123)
    ('12.5000', '0.0000123')
    """
    return f"{dollars:.{max(4, 2 - math.floor(math.log10(dollars)))}f}" if dollars > 0 else f"{dollars:.4f}"
