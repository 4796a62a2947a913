"""That another prompt version, model or configuration of the provider answers than before, as a `Change`.

A value that an entity has never shown is told once, when it is first seen; who goes back and forth between two is told
of each once. The first value is no change. A change that somebody announces explains more than one that we merely see:
where both are known, the announced one stands (`correlate`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from aiops.types import OBSERVED, Change, LlmCall

MOST_VALUES = 20
MOST_KINDS = 2_000
LEAST_CALLS = 20
"""Calls before a new value is a change rather than the beginning."""


class _Kind(msgspec.Struct):
    """Values that were seen, the latest last, and after how many calls."""

    values: list[str] = []
    calls: int = 0


class Versions:
    """What each entity was last seen to use."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], _Kind] = {}

    def see(self, calls: Sequence[LlmCall]) -> list[Change]:
        """Changes that the step's calls, in order, are the first to show."""
        found: list[Change] = []
        for call in calls:
            for kind, of, value in _shown(call):
                name = (call.entity, kind, of)
                known = self._kinds.get(name)
                if known is None:
                    if len(self._kinds) >= MOST_KINDS:
                        continue
                    known = self._kinds[name] = _Kind()
                if value not in known.values:
                    if known.values and known.calls >= LEAST_CALLS:
                        found.append(_change(call, kind, known.values[-1], value))
                    known.values = [*known.values, value][-MOST_VALUES:]
                elif known.values[-1] != value:
                    known.values = [*(one for one in known.values if one != value), value]
                known.calls += 1
        return found

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        return msgspec.msgpack.encode(sorted(self._kinds.items(), key=lambda one: one[0]))

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        self._kinds = dict(msgspec.msgpack.decode(part, type=list[tuple[tuple[str, str, str], _Kind]]))


def _shown(call: LlmCall) -> list[tuple[str, str, str]]:
    """(kind, of what, value) of what a call shows."""
    shown = [("prompt", call.route, call.prompt_version)]
    # Who names another model asks for it; who names the same and gets another did not.
    if call.request_model:
        shown.append(("model", call.request_model, call.model))
    shown.append(("fingerprint", call.model, call.fingerprint))
    return [one for one in shown if one[2]]


def _change(call: LlmCall, kind: str, before: str, after: str) -> Change:
    what = {"prompt": "prompt version", "model": "model", "fingerprint": "provider configuration"}[kind]
    of = f" of {call.model}" if kind == "fingerprint" else ""
    return Change(
        timestamp=call.timestamp,
        kind="model" if kind == "fingerprint" else kind,
        id=f"{call.entity}-{kind}-{after}",
        entity=call.entity,
        summary=f"{call.entity}: another {what}{of} answers: {after}, {before} before",
        author=OBSERVED,
        before=before,
        after=after,
    )
