"""What was retrieved for a call, and how it was judged afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiops.decode.gen_ai.read import Attributes, finite, first, number, numbered, structure, text, whole

DOCUMENTS = ("gen_ai.retrieval.documents", "retrieval.documents")
LISTED = "retrieval.documents.{}.document."
TEXTS, SCORES, IDS = (
    ("content", "page_content", "text"),
    ("score", "relevance", "similarity"),
    ("id", "document_id", "source"),
)
QUERY_SCORES = "db.query.result.{}.score"
TOP = ("db.vector.query.top_score", "gen_ai.retrieval.top_score")
RETURNED = ("gen_ai.retrieval.documents.count", "db.response.returned_rows", "db.vector.query.returned")
EVALUATION = "gen_ai.evaluation.result."
"""Under which an evaluation's score stands once its event has joined the span: the prefix, then its name."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Passages of a retrieval; `number` None = the span does not say how many there were."""

    texts: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    ids: tuple[str, ...] = ()
    number: int | None = None


def retrieved(told: Attributes) -> Retrieved:
    """Read what came back, in the order of the span."""
    listed = structure(first(told, DOCUMENTS))
    if isinstance(listed, list):
        return _of_list([item if isinstance(item, dict) else {"content": item} for item in listed])
    texts = tuple(str(one) for one in numbered(told, LISTED + "content"))
    scores = tuple(one for value in numbered(told, LISTED + "score") if (one := finite(value)) is not None)
    ids = tuple(str(one) for one in numbered(told, LISTED + "id"))
    if texts or scores or ids:
        return Retrieved(texts, scores, ids, max(len(texts), len(scores), len(ids)))
    top = number(told, TOP)
    return Retrieved(scores=() if top is None else (top,), number=whole(number(told, RETURNED)))


def _of_list(items: list[dict[str, Any]]) -> Retrieved:
    texts = tuple(said for one in items if (said := text(one, TEXTS)))
    scores = tuple(score for one in items if (score := number(one, SCORES)) is not None)
    return Retrieved(texts, scores, tuple(name for one in items if (name := text(one, IDS))), len(items))


def evaluations(told: Attributes) -> dict[str, float]:
    """Scores by the name of what was judged."""
    found = {
        name.removeprefix(EVALUATION): score
        for name, value in told.items()
        if name.startswith(EVALUATION) and (score := finite(value)) is not None
    }
    name, score = text(told, ("gen_ai.evaluation.name",)), number(told, ("gen_ai.evaluation.score.value",))
    return found | ({name: score} if name and score is not None else {})
