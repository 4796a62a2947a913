"""What a series had to pass to page, read back from the durable document of `Allowance`: for `aiops explain`."""

from __future__ import annotations

from aiops.correlate.allowance import ABOVE, MOST_ABOVE, Asked
from aiops.detect.bank import fingerprint
from aiops.types import Json, Labels

STORED = "budget"
"""Name of the document in the store."""


def read_back(document: Json | None, rule: str, labels: Labels) -> Asked | None:
    """Threshold of a slot at the last commit; None = it is the one that the rule states."""
    known = (document or {}).get("rules", {}).get(rule)
    if document is None or known is None:
        return None
    threshold, by = known["threshold"], "feedback" if known["feedback"] > 0.0 else "budget"
    mine = fingerprint(rule, labels)
    for one in document["series"]:
        if (one["rule"], one["fingerprint"]) == (rule, mine) and one["surprise"] + ABOVE > threshold:
            threshold += one["fade"] * min(one["surprise"] + ABOVE - threshold, MOST_ABOVE)
            by = "feedback"
    return Asked(threshold, by) if threshold > known["stated"] else None


def reason(asked: Asked, document: Json) -> str:
    """Where a threshold above the rule's own comes from."""
    budget = f"the budget of {document['false_pages_per_week']:g} false pages a week asks for"
    why = "pages of it or of its rule that people judged false ask for" if asked.by == "feedback" else budget
    return f"{why} {asked.threshold:.3g}"
