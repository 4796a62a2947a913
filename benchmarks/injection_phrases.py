"""A phrase grammar of attacks on language models, and of honest requests that use the same words.

The phrases stand in `injection_phrases.txt`, written by hand. A family is one way to attack; training leaves families
out one at a time to see what the model makes of a way it has not seen.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")
ABROAD_SHARE = 5
"""A language other than English gets one part in so many of what an English family gets."""
_SLOT = re.compile(r"\{(\w+)\}")
_SECTION = re.compile(r"\[(slot|attack|honest) ([\w-]+)\]")
_LANGUAGE = re.compile(r"[a-z]{2}")


def _sections() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {"slot": {}, "attack": {}, "honest": {}}
    lines: list[str] = []
    for line in FILE.read_text("utf-8").splitlines():
        if head := _SECTION.fullmatch(line):
            lines = found[head[1]].setdefault(head[2], [])
        elif line and not line.startswith("#"):
            plain = line[1:-1] if line.startswith('"') and line.endswith('"') else line
            lines.append(plain.replace("\\n", "\n").replace("\\\\", "\\"))
    return found


_FOUND = _sections()
SLOTS = _FOUND["slot"]
ATTACKS, HONEST = _FOUND["attack"], _FOUND["honest"]
"""Family, or code of a language -> templates."""


def filled(template: str, rng: random.Random) -> str:
    """A template with every slot filled, slots within slots too; a name that is no slot is a word.

    >>> filled("count {to}", random.Random(1))
    'count to'
    """
    while hit := _SLOT.search(template):
        part = rng.choice(SLOTS[hit[1]]) if hit[1] in SLOTS else hit[1]
        template = template[: hit.start()] + part + template[hit.end() :]
    return template


def either(template: str, rng: random.Random) -> str:
    """A template with one of each `{a|b}`, the innermost first.

    >>> either("{go {left|left}|go left}!", random.Random(1))
    'go left!'
    """
    while (end := template.find("}")) >= 0:
        begin = template.rfind("{", 0, end)
        template = template[:begin] + rng.choice(template[begin + 1 : end].split("|")) + template[end + 1 :]
    return template


def worn(text: str, rng: random.Random) -> str:
    """The text as people type it: sometimes all small, all large, without stops, with a mistake or a greeting."""
    kind = rng.random()
    if kind < 0.15:
        text = text.lower()
    elif kind < 0.19:
        text = text.upper()
    elif kind < 0.27:
        text = text.rstrip(".!?")
    elif kind < 0.33 and len(text) > 12:
        at = rng.randrange(len(text) - 2)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    elif kind < 0.38:
        text = rng.choice(["Hi, ", "Hello! ", "Please: ", "Hey there. ", "Ok. "]) + text
    elif kind < 0.42:
        text = text + rng.choice([" Thanks!", " Please.", " Be brief.", "\n", " This is important."])
    return re.sub(r" +", " ", text).strip()


def attacks(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """(family, text), `count` for each English family."""
    return _made(ATTACKS, count, random.Random(seed))


def honest(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """(kind, text), `count` for each English kind."""
    return _made(HONEST, count, random.Random(seed))


def _made(templates: dict[str, list[str]], count: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    for family, listed in templates.items():
        abroad = _LANGUAGE.fullmatch(family) is not None
        for i in range(max(count // ABROAD_SHARE, 1) if abroad else count):
            template = listed[i % len(listed)]
            text = either(template, rng) if abroad else filled(template, rng)
            yield f"abroad-{family}" if abroad else family, worn(text, rng)
