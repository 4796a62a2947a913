"""What one service is known to log: how often each template, how regularly, and the lines worth quoting.

Bounded by the miner's templates; it holds no text but the one quoted line of each kind of news.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

RARE = 5.0
HALF_LIFE_SECONDS = 86_400.0
REGULAR, AWAY_SECONDS, AWAY_TIMES = 20, 300.0, 3.0
QUOTED = 300
"""Characters of a line that are quoted."""
QUOTE_SECONDS = 3600.0
"""For so long a line is quoted before a less grave one may take its place."""


class LogService(msgspec.Struct, array_like=True, gc=False):
    """Templates of one service, by number; times are steps."""

    since: float
    seen: dict[int, tuple[float, float]] = {}
    """Template -> (decayed count, step of the last line)."""
    gaps: dict[int, tuple[float, int]] = {}
    """Template -> (longest time between two steps with it, steps with it); one that is away has none."""
    examples: dict[str, tuple[float, int, str]] = {}
    """Kind of news -> (step, severity class, line)."""

    def meet(self, number: int, count: int, step: float) -> float:
        """Remember lines of a template; how many were known before, decayed."""
        before, last = self.seen.get(number, (0.0, step))
        known: float = before * 0.5 ** ((step - last) / HALF_LIFE_SECONDS)
        longest, steps = self.gaps.get(number, (0.0, 0))
        # Back after having been away: it has now been away for that long, and starts anew.
        self.gaps[number] = max(longest, step - last), steps + 1
        self.seen[number] = known + count, step
        return known

    def vanished(self, step: float) -> list[int]:
        """Templates that came regularly and are away three times as long as ever; each is told once, ascending."""
        gone = [
            number
            for number, (longest, steps) in self.gaps.items()
            if steps >= REGULAR and step - self.seen[number][1] >= max(AWAY_SECONDS, AWAY_TIMES * longest)
        ]
        for number in gone:
            del self.gaps[number]
        return sorted(gone)

    def join(self, number: int, kept: int) -> bool:
        """What was known of one template is known of another; whether anything was."""
        if number not in self.seen:
            return False
        count, last = self.seen.pop(number)
        before, later = self.seen.get(kept, (0.0, last))
        self.seen[kept] = before + count, max(last, later)
        if number in self.gaps:
            longest, steps = self.gaps.pop(number)
            others, more = self.gaps.get(kept, (0.0, 0))
            self.gaps[kept] = max(longest, others), steps + more
        return True

    def quote(self, kind: str, step: float, level: int, line: str) -> None:
        """Keep the line, unless a graver one is quoted that is not old."""
        when, grave, _ = self.examples.get(kind, (-QUOTE_SECONDS, -1, ""))
        if level >= grave or step - when >= QUOTE_SECONDS:
            self.examples[kind] = step, level, " ".join(line.split())[:QUOTED]

    def quoted(self, kind: str) -> str:
        """The line that is quoted and its time; empty = none."""
        if kind not in self.examples:
            return ""
        step, _, line = self.examples[kind]
        return f"“{line}” ({datetime.fromtimestamp(step, UTC):%H:%M:%S} UTC)"
