"""The answer to `aiops cause`: what is told about one recording."""

from __future__ import annotations

from dataclasses import dataclass

from aiops.types import Cause, Json, SuspectChange


@dataclass(frozen=True, slots=True)
class Answer:
    """Causes and changes best first.

    Attributes
    ----------
    onset : epoch seconds, None when nothing deviates.
    none : probability that no recorded change is to blame.
    seconds : time it took.
    notes : what could not be read, and what a reader has to know.
    """

    recording: str
    onset: float | None
    causes: tuple[Cause, ...] = ()
    changes: tuple[SuspectChange, ...] = ()
    none: float = 1.0
    first_failing: str = ""
    blast_radius: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def document(self) -> Json:
        """As INTERFACE says: one JSON object."""
        return {
            "recording": self.recording,
            "onset": self.onset,
            "causes": [
                {
                    "entity": one.entity,
                    "metric": one.metric,
                    "host": one.host,
                    "kind": one.kind,
                    "probability": one.probability,
                    "evidence": list(one.evidence),
                }
                for one in self.causes
            ],
            "changes": [
                {"id": one.id, "probability": one.probability, "evidence": list(one.evidence)} for one in self.changes
            ],
            "none": self.none,
            "first_failing": self.first_failing,
            "blast_radius": list(self.blast_radius),
            "seconds": round(self.seconds, 4),
        }
