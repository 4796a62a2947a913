"""Whether a conversation of a file goes round in circles, by the kernel that follows conversations live.

Tool calls are judged exactly as live (`signals.llm.conversation_kernel`): the same call with the same result three
times of eight, the same call five times of eight whatever its results, or two calls in turn, three times over. Asking
a tool anew while its answers change is no loop for a while: that is how one waits. Chat turns are judged by themselves
and only by repetition; calls without a conversation cannot be told apart and never count. Repetition is precise and
finds few failures: a tripwire.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import xxhash

from aiops.signals.llm import conversation_kernel as kernel
from aiops.types import LlmCall

LIMIT = 10_000
"""Conversations remembered; the one that was silent longest is forgotten first."""
TOOLS = frozenset({"execute_tool", "tool"})
Name = tuple[str, str, bool]


class Loops:
    """The latest calls of each conversation, as columns; tools and turns apart.

    Parameters
    ----------
    limit : conversations remembered.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._slot: OrderedDict[Name, int] = OrderedDict()
        self._free = list(range(limit - 1, -1, -1))
        self._tools, self._results, self._agents = (np.zeros((limit, kernel.RING), np.uint64) for _ in range(3))
        self._count = np.zeros((limit, 3), np.int64)

    def see(self, calls: Sequence[LlmCall]) -> list[bool]:
        """Take note of calls, in order of time; whether the conversation of each is in a loop by then."""
        found = [False] * len(calls)
        waiting: list[tuple[int, int]] = []
        for i, call in enumerate(calls):
            if not call.conversation_id or not (call.prompt or call.tool):
                continue
            name = (call.entity, call.conversation_id, call.operation in TOOLS)
            if name not in self._slot and not self._free:
                # Whom it concerns may still have calls that wait.
                self._follow(calls, waiting, found)
                waiting = []
                self._forget()
            slot = self._slot[name] if name in self._slot else self._slot.setdefault(name, self._free.pop())
            self._slot.move_to_end(name)
            waiting.append((i, slot))
        self._follow(calls, waiting, found)
        return found

    def _follow(self, calls: Sequence[LlmCall], waiting: Sequence[tuple[int, int]], found: list[bool]) -> None:
        if not waiting:
            return
        some = [calls[i] for i, _ in waiting]
        slots, n = np.array([slot for _, slot in waiting], np.int64), len(waiting)
        asked = np.array([_hash(call.operation, call.tool, call.prompt) for call in some], np.uint64)
        result = np.array([_hash(call.completion or call.error) for call in some], np.uint64)
        kinds = np.full(n, kernel.TOOL)
        nobody, tools, results = np.zeros(n, np.uint64), self._tools, self._results
        flags = kernel.follow(slots, kinds, asked, result, nobody, tools, results, self._agents, self._count)
        for (i, _), call, flag in zip(waiting, some, flags.tolist(), strict=True):
            bits = kernel.REPEATED | (kernel.ALTERNATING if call.operation in TOOLS else 0)
            found[i] = bool(flag & bits)

    def _forget(self) -> None:
        _, slot = self._slot.popitem(last=False)
        for column in (self._tools, self._results, self._agents, self._count):
            column[slot] = 0
        self._free.append(slot)


def _hash(*texts: str) -> int:
    return xxhash.xxh3_64_intdigest("\0".join(texts).encode("utf-8", "surrogatepass"))
