"""What one transaction holds.

A value: the daemon collects it during a commit interval, the store writes all of it or nothing. It
knows no SQL, so rooms that only build commits import nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from aiops.types import Edge, Json

EXCERPT_BYTES = 65_536
DEAD_LETTERS_PER_PARTITION = 1_000


class DeadLetter(NamedTuple):
    """A record that could not be used, kept so that a person can look at it.

    Attributes
    ----------
    offset : what names the record in its source (Kafka offset, line number).
    reason : `lower_snake_case`, the label of `aiops_dropped_total`.
    excerpt : the first bytes of the record; the store cuts it at 64 kB.
    """

    partition: str
    offset: int
    reason: str
    detail: str
    excerpt: bytes


@dataclass
class Commit:
    """Everything that becomes durable together.

    Attributes
    ----------
    chunks : partition -> key -> bytes of a changed state chunk, None = the chunk is gone.
    positions : partition -> JSON, where the source goes on. State chunks of a partition come with its position;
        only names that start with `_` (`_correlate`) are state that no source feeds, without a position.
    findings : documents, upserted by (partition, rule_id, fingerprint, started); `ended` is null while open.
    incidents : documents, upserted by `id`; need `status` and `started`. `former_ids` (optional list) are
        answered by `Store.incident` as well.
    removed_incidents : ids that are gone because the incident has a new id now.
    outbox : entries, upserted by `key`. `removed_outbox`: keys to forget.
    journal : documents, appended in order; `run_id` (optional) makes them findable.
    runs, silences : documents, upserted by `id`.
    dead_letters : appended; the newest 1,000 of a partition are kept.
    meta : name -> bytes, None = remove it.
    edges : learnt dependencies, upserted.
    forget_findings_before : findings that ended before this event time are deleted.
    """

    chunks: dict[str, dict[str, bytes | None]] = field(default_factory=dict)
    positions: dict[str, Any] = field(default_factory=dict)
    findings: list[Json] = field(default_factory=list)
    incidents: list[Json] = field(default_factory=list)
    removed_incidents: list[str] = field(default_factory=list)
    outbox: list[Json] = field(default_factory=list)
    removed_outbox: list[str] = field(default_factory=list)
    journal: list[Json] = field(default_factory=list)
    runs: list[Json] = field(default_factory=list)
    silences: list[Json] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    meta: dict[str, bytes | None] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    forget_findings_before: float | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return any(getattr(self, item.name) not in (None, [], {}) for item in fields(self))
