"""Whether a conversation goes round in circles: the same call with the same result, or the same call again and again.

Asking a tool anew while its answers change is no loop for a while: that is how one waits. What is kept of a call is
its hash. A chat turn that repeats word for word counts as well; calls without a conversation cannot be told apart and
never count. Repetition is precise and finds few failures: a tripwire.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec
import xxhash

from aiops.types import LlmCall

WINDOW = 8
"""Calls of a conversation that are looked at, the present one included."""
SAME = 3
"""Equal calls with equal results within the window that are a loop."""
AGAIN = 5
"""Equal calls within the window that are one whatever their results."""
LIMIT = 10_000
"""Conversations remembered; the one that was silent longest is forgotten first."""
Seen = tuple[int, int]


class Loops:
    """Remembers the last calls of each conversation."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._last: OrderedDict[str, list[Seen]] = OrderedDict()

    def see(self, call: LlmCall) -> bool:
        """Take note of a call, in order of time; whether the conversation now is in a loop."""
        if not call.conversation_id or not (call.prompt or call.tool):
            return False
        asked = xxhash.xxh3_64_intdigest("\0".join((call.operation, call.tool, call.prompt)).encode("utf-8", "replace"))
        here = (asked, xxhash.xxh3_64_intdigest((call.completion or call.error).encode("utf-8", "replace"), asked))
        name = f"{call.entity}\0{call.conversation_id}"
        last = self._last.setdefault(name, [])
        self._last.move_to_end(name)
        last.append(here)
        del last[:-WINDOW]
        if len(self._last) > self._limit:
            self._last.popitem(last=False)
        return last.count(here) >= SAME or sum(one[0] == asked for one in last) >= AGAIN

    def snapshot(self) -> bytes:
        """State as MessagePack, in order of the last call."""
        return msgspec.msgpack.encode(list(self._last.items()))

    def restore(self, part: bytes) -> None:
        """Go on exactly where `snapshot` was taken."""
        self._last = OrderedDict(msgspec.msgpack.decode(part, type=list[tuple[str, list[Seen]]]))
