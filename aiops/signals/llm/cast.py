"""Names that become labels, kept few: the first of a kind, and `other` for the rest.

Teams, routes, prompt versions and tools are the sender's to invent. A name that was silent for a day gives its place
to a newcomer; until then newcomers beyond the limit are counted together.
"""

from __future__ import annotations

import msgspec

OTHER = "other"
FORGET_SECONDS = 86_400.0
MOST_KINDS = 2_000


class Cast:
    """Admitted names per (entity, label).

    Parameters
    ----------
    limit : names of one kind.
    """

    def __init__(self, limit: int = 30) -> None:
        self._limit = limit
        self._seen: dict[tuple[str, str], dict[str, float]] = {}

    def name(self, step: float, entity: str, label: str, said: str) -> str:
        """The label's value for what was said; empty stays empty."""
        if not said:
            return ""
        known = self._seen.get((entity, label))
        if known is None:
            if len(self._seen) >= MOST_KINDS:
                return OTHER
            known = self._seen[entity, label] = {}
        if said not in known and len(known) >= self._limit:
            oldest = min(known, key=lambda one: (known[one], one))
            if step - known[oldest] < FORGET_SECONDS:
                return OTHER
            del known[oldest]
        known[said] = step
        return said

    def snapshot(self) -> bytes:
        """MessagePack, sorted."""
        return msgspec.msgpack.encode([(kind, sorted(names.items())) for kind, names in sorted(self._seen.items())])

    def restore(self, part: bytes) -> None:
        """Take over what `snapshot` gave."""
        read = msgspec.msgpack.decode(part, type=list[tuple[tuple[str, str], list[tuple[str, float]]]])
        self._seen = {kind: dict(names) for kind, names in read}
