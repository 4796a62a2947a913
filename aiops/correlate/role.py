"""The part each entity plays in an incident: what a picture of it colours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

CAUSE, SILENT, AFFECTED, APART = "cause", "silent", "affected", "apart"
MEANING = {
    CAUSE: "likely cause",
    SILENT: "silent suspect",
    AFFECTED: "symptom it explains",
    APART: "odd, not explained",
    "": "unaffected",
}
"""Role -> what a legend says, most telling first; the silent tell nothing while those who depend on them suffer."""
FEWEST_SUFFERERS = 2
"""Dependents that must suffer for somebody who was never heard of to be suspected: nearly everybody calls somebody."""


def roles(cause: str, odd: Collection[str], heard: Collection[str], links: Iterable[Sequence[str]]) -> dict[str, str]:
    """Entity -> role of all that play one.

    Parameters
    ----------
    cause : the likeliest, empty = none is known.
    odd : entities that deviate.
    heard : entities that told something themselves since it began.
    links : (source, target, ...), source depends on target.
    """
    up: dict[str, set[str]] = defaultdict(set)
    for source, target, *_ in links:
        if source != target:
            up[target].add(source)
    suffering = _above(cause, {*odd} - {cause}, up)
    found = {one: AFFECTED if one in suffering else APART for one in odd}
    for one, above in up.items():
        if one not in heard and len(above) >= FEWEST_SUFFERERS and above <= {*odd}:
            found[one] = SILENT
    found |= {one: SILENT for one in odd if one not in heard}
    if cause:
        found[cause] = CAUSE
    return found


def _above(cause: str, odd: set[str], up: dict[str, set[str]]) -> set[str]:
    """Odd entities that depend on the cause, along odd ones only."""
    found: set[str] = set()
    edge = {cause}
    while edge:
        edge = {above for one in edge for above in up[one] & odd} - found
        found |= edge
    return found
