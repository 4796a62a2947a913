"""Whether users ask about something else than before: a two-sample test over hashed words, 64 questions at a time.

The statistic is the squared distance between the mean of the latest questions and that of a reference of 256 (maximum
mean discrepancy; words that are rare among both weigh more). Its null distribution comes from drawing the same
questions anew into two groups, so that it needs no assumption about words, and questions are the unit, not words: one
long question cannot raise it. Of a conversation one question counts, since the later ones speak of the same.

Told is the lesser of the latest two windows' -log10 p. Beyond `x` it is a false alarm in at most 10^-x of the windows,
and in far fewer (10^-2x) as long as windows are independent. Topics that come and go with the hours must have been
seen: the full reference changes by no more than a sixteenth of a window an hour, and not while the questions are new.

References
----------
Gretton et al. (2012), JMLR 13:723; Josse et al. (2008), CSDA 53:82 (Pearson type III tail of a permutation test).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import msgspec
import numpy as np
import xxhash
from scipy.stats import gamma

from aiops.signals.content.sketch import rows
from aiops.signals.emitted import Key, key
from aiops.types import Floats, LlmCall

WINDOW, REFERENCE, DRAWS = 64, 256, 200
REST_SECONDS, LESSON_SECONDS = 300.0, 3_600.0
"""Least time between two windows, and between two lessons of the reference."""
LESSON = 4
"""Questions of a window that take the place of others in a full reference."""
NEW = 2.0
"""-log10 p from which a window teaches nothing."""
PATIENCE = 200
"""New windows in a row after which the new is taken in as if it were usual."""
LEAST_WORDS = 3
MOST_ENTITIES = 100


class _Topics(msgspec.Struct):
    reference: list[bytes] = []
    window: list[bytes] = []
    conversations: list[int] = []
    tested: float = -1e18
    taught: float = -1e18
    lessons: int = 0
    new: int = 0
    """Windows in a row that were unlike the reference."""
    told: list[float] = []
    """-log10 p of the latest two windows."""


class Topics:
    """Reference and latest questions of each application."""

    def __init__(self) -> None:
        self._known: dict[str, _Topics] = {}

    def close(self, step: float, calls: Sequence[LlmCall]) -> dict[Key, float]:
        """Take in the step's questions, in order; evidence of applications whose window is full."""
        for call in calls:
            if call.said is not None and len(call.said.sketch) >= 2 * LEAST_WORDS:
                self._ask(call, call.said.sketch)
        gauges: dict[Key, float] = {}
        for entity in sorted({call.entity for call in calls} & self._known.keys()):
            one = self._known[entity]
            if len(one.window) == WINDOW and step - one.tested >= REST_SECONDS:
                _judge(one, step)
            if len(one.told) == 2:
                gauges[key("llm_topic_drift", {"service_name": entity})] = min(one.told)
        return gauges

    def _ask(self, call: LlmCall, sketch: bytes) -> None:
        one = self._known.get(call.entity)
        if one is None:
            if len(self._known) >= MOST_ENTITIES:
                return
            one = self._known[call.entity] = _Topics()
        if len(one.window) == WINDOW:
            return
        if call.conversation_id:
            name = xxhash.xxh3_64_intdigest(call.conversation_id.encode("utf-8", "surrogatepass"))
            if name in one.conversations:
                return
            one.conversations = [*one.conversations, name][-2 * WINDOW :]
        one.window.append(sketch)

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        return msgspec.msgpack.encode(sorted(self._known.items(), key=lambda one: one[0]))

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        self._known = dict(msgspec.msgpack.decode(part, type=list[tuple[str, _Topics]]))


def _judge(one: _Topics, step: float) -> None:
    """Test a full window against a full reference, learn it, begin another."""
    if len(one.reference) == REFERENCE:
        found = evidence(one.reference, one.window)
        one.told = [*one.told, found][-2:]
        one.new = one.new + 1 if found >= NEW else 0
    if step - one.taught >= LESSON_SECONDS and (one.new == 0 or one.new > PATIENCE):
        one.taught = step
        _learn(one)
    one.tested, one.window = step, []


def _learn(one: _Topics) -> None:
    one.lessons += 1
    missing = REFERENCE - len(one.reference)
    if missing:
        one.reference += one.window[:missing]
        return
    # Drawn by the number of the lesson, so that the same calls always leave the same state.
    draw = np.random.default_rng(one.lessons)
    places = draw.choice(REFERENCE, LESSON, replace=False).tolist()
    for place, new in zip(places, draw.choice(WINDOW, LESSON, replace=False).tolist(), strict=True):
        one.reference[place] = one.window[new]


def evidence(reference: Sequence[bytes], window: Sequence[bytes]) -> float:
    """-log10 p that both were drawn from the same questions, one decimal, at most 99.

    Parameters
    ----------
    reference, window : sketches.
    """
    said = rows([*reference, *window])
    said = said[:, said.any(axis=0)]
    share = said.mean(axis=0)
    said *= np.log(1.0 / (share + 1.0 / (2 * len(said)))).clip(0.0)
    said /= np.maximum(np.sqrt((said * said).sum(axis=1, keepdims=True)), 1e-9)
    alike = said @ said.T
    np.fill_diagonal(alike, 0.0)
    groups = _groups(len(reference), len(window))
    found = np.einsum("ij,ij->i", groups @ alike, groups)
    null = found[1:]
    spread = float(null.std())
    if spread <= 1e-12:
        return 0.0
    skew = max(float((((null - null.mean()) / spread) ** 3).mean()), 0.05)
    shape = 4.0 / skew**2
    at = shape + 2.0 / skew * (float(found[0]) - float(null.mean())) / spread
    if at <= 0.0:
        return 0.0
    return round(min(-float(gamma.logsf(at, shape)) / math.log(10.0), 99.0), 1)


@functools.cache
def _groups(n: int, m: int) -> Floats:
    """Signed weights of reference and window as they are, and of `DRAWS` other ways to part them."""
    weights = np.concatenate((np.full(n, -1.0 / n), np.full(m, 1.0 / m)))
    draw = np.random.default_rng(DRAWS)
    return np.stack([weights, *(draw.permutation(weights) for _ in range(DRAWS))])
