"""Which prompts are hits, on each application's own scale, and which hits are unlike all before.

The bar of an application follows what its own prompts reach (`signals.content.calibration`), so that about one in a
hundred of them is a hit, whoever asks. Who wants to raise it by a wave of attacks has three limits against him: nothing
is learnt while hits come in numbers (for a day; what lasts longer is how people ask here), the bar moves by no more
than `MOVE` in log odds a day, and it never passes `MOST_BAR`.

A hit is new when it shares less than half of its words with each of the latest hits: a form that is filled in again and
again is new once.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from aiops.signals.content.calibration import BINS, bar, histogram, log_odds
from aiops.signals.content.sketch import BUCKETS, Bits, bits, likeness
from aiops.types import Floats, LlmCall

MEMORY = 5_000.0
"""Prompts after which the histogram has forgotten two thirds."""
LEAST_PROMPTS = 200.0
MOVE, DAY = 1.0, 86_400.0
RECENT, LEAST_HITS, WAVE, OVER = 64.0, 5.0, 0.1, 0.03
"""Prompts that count as recent; hits among them, and their share, from which and until which it is a wave."""
HITS = 256
ALIKE = 0.5
MOST_ENTITIES = 200
FORMAT = 1
QUIET, HIT, NEW_HIT = 0, 1, 2
"""What is said of a prompt."""


class _Own(msgspec.Struct):
    """What is usual in one application."""

    scores: Floats
    begun: float
    """The latest step with prompts, whether the bar moved or not."""
    bar: float = 0.0
    hits: float = 0.0
    prompts: float = 0.0
    wave: float | None = None
    """Since when hits have come in numbers."""
    seen: Bits = msgspec.field(default_factory=lambda: np.zeros((0, BUCKETS // 64), np.uint64))
    """Sketches of the latest hits, the newest last."""


class Suspicion:
    """Bars and latest hits per application."""

    def __init__(self) -> None:
        self._known: dict[str, _Own] = {}

    def see(self, step: float, calls: Sequence[LlmCall]) -> list[int]:
        """`QUIET`, `HIT` or `NEW_HIT` of each of the step's calls, by the bar of before the step; then learn."""
        asked: dict[str, list[int]] = {}
        for i, call in enumerate(calls):
            if call.said is not None and call.said.asked:
                asked.setdefault(call.entity, []).append(i)
        found = [QUIET] * len(calls)
        for entity in sorted(asked):
            own = self._of(entity, step)
            kept = entity in self._known
            said = [one for i in asked[entity] if (one := calls[i].said) is not None]
            likely = np.array([one.injection for one in said])
            over = log_odds(likely) >= own.bar
            for place in np.flatnonzero(over).tolist():
                # Where nothing is kept nobody can say what is new.
                found[asked[entity][place]] = NEW_HIT if kept and _is_new(own, said[place].sketch) else HIT
            if kept:
                _learn(own, step, likely[likely > 0.0], float(over.sum()))
        return found

    def _of(self, entity: str, step: float) -> _Own:
        """What is known of it; it takes the place of the longest silent, if that was silent for a day."""
        own = self._known.get(entity)
        if own is not None:
            return own
        own = _Own(np.zeros(BINS), step)
        if len(self._known) >= MOST_ENTITIES:
            since, silent = min((one.begun, name) for name, one in self._known.items())
            if step - since < DAY:
                return own
            del self._known[silent]
        self._known[entity] = own
        return own

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        held = [
            (
                entity,
                own.scores.astype("<f8").tobytes(),
                own.begun,
                own.bar,
                own.hits,
                own.prompts,
                own.wave,
                own.seen.astype("<u8").tobytes(),
            )
            for entity, own in sorted(self._known.items())
        ]
        return msgspec.msgpack.encode((FORMAT, held))

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave.

        Raises
        ------
        ValueError : when it is of another format.
        """
        version, held = msgspec.msgpack.decode(part)
        if version != FORMAT:
            raise ValueError(f"bars of injections of format {version}; this version reads {FORMAT}")
        self._known = {}
        for entity, scores, begun, at, hits, prompts, wave, seen in held:
            sketches = np.frombuffer(seen, "<u8").reshape(-1, BUCKETS // 64)
            self._known[entity] = _Own(np.frombuffer(scores, "<f8"), begun, at, hits, prompts, wave, sketches)


def _is_new(own: _Own, sketch: bytes) -> bool:
    """Whether a hit is unlike the latest ones; it is one of them from now on."""
    this = bits(sketch)
    if sketch and len(own.seen) and float(likeness(own.seen, this).max()) >= ALIKE:
        return False
    own.seen = np.concatenate((own.seen, this[None]))[-HITS:]
    return True


def _learn(own: _Own, step: float, likely: Floats, hits: float) -> None:
    """Take in the scores of a step, unless a wave is on, and let the bar follow."""
    keep = (1.0 - 1.0 / RECENT) ** len(likely)
    own.hits, own.prompts = own.hits * keep + hits, own.prompts * keep + len(likely)
    share = own.hits / max(own.prompts, 1.0)
    if own.wave is None and own.hits >= LEAST_HITS and share >= WAVE:
        own.wave = step
    elif own.wave is not None and share < OVER:
        own.wave = None
    elapsed, own.begun = min(step - own.begun, DAY), step
    if own.wave is not None and step - own.wave < DAY:
        return
    own.scores = own.scores * (1.0 - 1.0 / MEMORY) ** len(likely) + histogram(likely)
    if own.scores.sum() >= LEAST_PROMPTS:
        far = MOVE * elapsed / DAY
        own.bar += min(far, max(-far, bar(own.scores) - own.bar))
