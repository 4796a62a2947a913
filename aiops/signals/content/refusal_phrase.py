"""The phrases of refusal, read from `refusal.txt`: by language, each with the log odds it adds.

Written by hand from how refusals are built: (speaker) + (inability, unwillingness or a rule) + (what one does for an
asker).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from aiops.signals.content.lexicon import Lexicon, lexicon

SORRY, DETOUR, HELP = "sorry", "detour", "help"
"""Sections that are no language."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What refusals are made of.

    Attributes
    ----------
    words : table of the words without which nothing is a refusal; bit i for `languages[i]`.
    languages : (log odds, pattern) of the phrases of each.
    sorry, detour, help : what is said beside a refusal, what only sounds like one, and help that follows after all.
    """

    words: Lexicon
    languages: tuple[tuple[tuple[float, re.Pattern[str]], ...], ...]
    sorry: tuple[tuple[float, re.Pattern[str]], ...]
    detour: re.Pattern[str]
    help: re.Pattern[str]


@functools.cache
def grammar() -> Grammar:
    """The grammar that is shipped."""
    text = resources.files("aiops.signals.content").joinpath("refusal.txt").read_text("utf-8")
    macros: dict[str, str] = {}
    sections: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("@"):
            name, _, macro = line[1:].partition(" ")
            macros[name] = _expanded(macro, macros)
        elif line.startswith("[") and line.endswith("]"):
            rows = sections.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            rows.append(_expanded(line, macros))
    detour, help_, sorry = (sections.pop(name) for name in (DETOUR, HELP, SORRY))
    triggers = {bit: rows[0].removeprefix("words ").split(", ") for bit, rows in enumerate(sections.values())}
    return Grammar(
        words=lexicon(triggers),
        languages=tuple(_phrases(rows[1:]) for rows in sections.values()),
        sorry=_phrases(sorry),
        detour=re.compile("|".join(detour)),
        help=re.compile("|".join(help_)),
    )


def _expanded(line: str, macros: dict[str, str]) -> str:
    for name, macro in macros.items():
        line = line.replace("{" + name + "}", macro)
    return line


def _phrases(rows: Iterable[str]) -> tuple[tuple[float, re.Pattern[str]], ...]:
    """Patterns of a phrase joined; a phrase ends with a line of `-`, or with the section."""
    found: list[tuple[float, re.Pattern[str]]] = []
    weight, parts = 0.0, list[str]()
    for row in (*rows, "-"):
        if row == "-":
            if parts:
                found.append((weight, re.compile("|".join(parts))))
            parts = []
            continue
        said, _, pattern = row.partition(" ")
        weight = float(said)
        parts.append(pattern)
    return tuple(found)
