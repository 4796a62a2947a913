"""That another prompt version, model or configuration of the provider answers than before, as a `Change`.

A change that somebody announces explains more than one that we merely see: where both are known, the announced one
stands (`correlate`).
"""

from __future__ import annotations

from collections.abc import Sequence

from aiops.signals.seen import Seen
from aiops.types import OBSERVED, Change, LlmCall


class Versions:
    """What each entity was seen to use."""

    def __init__(self) -> None:
        self._seen = Seen()

    def see(self, calls: Sequence[LlmCall]) -> list[Change]:
        """Changes that the step's calls, in order, are the first to show."""
        found = []
        for call in calls:
            for kind, of, value in _shown(call):
                if before := self._seen.before((call.entity, kind, of), value, call.timestamp):
                    found.append(_change(call, kind, before, value))
        return found

    def snapshot(self) -> bytes:
        return self._seen.snapshot()

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        self._seen.restore(part)


def _shown(call: LlmCall) -> list[tuple[str, str, str]]:
    """(kind, of what, value) of what a call shows."""
    shown = [("prompt", call.route, call.prompt_version)]
    # Who names another model asks for it; who names the same and gets another did not. A call that failed was answered
    # by nobody: it may name no more than who was asked.
    if call.request_model and not call.error:
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
