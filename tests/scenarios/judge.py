"""Compares what people saw with what an experienced engineer would want to have seen: every fault as a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from aiops.types import Json
from tests.scenarios.road import Seen, documents
from tests.scenarios.trouble import Expected, Scenario

BLAMED = 0.5
"""A change is blamed from this probability on; `none` likewise."""


def faults(scenario: Scenario, seen: Seen) -> list[str]:
    """What is wrong with what people saw; empty = nothing."""
    found = list(_faults(scenario, seen))
    return [*found, documents(seen)] if found else []


def _faults(scenario: Scenario, seen: Seen) -> Iterator[str]:
    if len(seen.incidents) != len(scenario.pages):
        yield f"{len(seen.incidents)} pages instead of {len(scenario.pages)}"
    if seen.sent != len(scenario.pages):
        yield f"{seen.sent} messages instead of {len(scenario.pages)}"
    left = list(seen.incidents)
    for page in scenario.pages:
        # Each expectation is held against the incident that names its root best.
        left.sort(
            key=lambda one: min((i for i, c in enumerate(one["causes"]) if c["entity"] in page.roots), default=99)
        )
        if left:
            yield from _page(page, left.pop(0), seen)


def _page(page: Expected, incident: Json, seen: Seen) -> Iterator[str]:
    roots, identity = " or ".join(sorted(page.roots)), incident["id"]
    first = incident["causes"][0]["entity"] if incident["causes"] else "nothing"
    if first not in page.roots:
        yield f"{first} is named first instead of {roots}"
    if first in page.never:
        yield f"{first} only suffers"
    shown = {
        "Slack": first_in_slack(seen.posts[identity]),
        "the page": first_on_page(seen.pages[identity]),
        "explain": first_explained(seen.explained[identity]),
    }
    yield from (f"{where} shows {one} first, not {first}" for where, one in shown.items() if one != first)
    if not page.worlds <= set(incident["worlds"]):
        yield f"it touches {sorted(page.worlds)}, not only {incident['worlds']}"
    yield from _change(page, incident)
    text = re.sub(r"<[^>]+>", " ", unescape(seen.pages[identity]))
    yield from (f"the page does not say {one!r}" for one in page.says if not re.search(one, text))


def _change(page: Expected, incident: Json) -> Iterator[str]:
    blamed = [one for one in incident["changes"] if one["probability"] >= BLAMED]
    named = blamed[0]["id"] if blamed else ""
    if named != page.change:
        yield f"{named or 'no change'} is blamed instead of {page.change or 'none'}"


def first_in_slack(shown: str) -> str:
    """The entity that Slack's message names first as the cause."""
    found = re.search(r"\*Probable cause\*\\n\*([^*]+)\*", shown)
    return found[1] if found else "nothing"


def first_on_page(page: str) -> str:
    """The entity that the incident's page names first as the cause."""
    found = re.search(r'<ol class="causes">.*?<b>([^<]+)</b>', page, re.DOTALL)
    return unescape(found[1]).strip() if found else "nothing"


def first_explained(told: str) -> str:
    """The entity that `aiops explain` names first as the cause."""
    found = re.search(r"^Causes\n\s*[\d.]+%\s+(\S+)", told, re.MULTILINE)
    return found[1] if found else "nothing"
