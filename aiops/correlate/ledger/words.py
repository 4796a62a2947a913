"""Words of code and of fault text, brought to one form so that they can be compared.

Identifiers are split at capitals, underscores and digits and kept whole as well: `ErrTokenExpired` shares `expir` with
"token is expired", and a stack trace that names a file shares the file's name with the change that touched it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

IDENTIFIER = re.compile(r"[A-Za-z0-9_]+(?:[./-][A-Za-z0-9_]+)*")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
ENDINGS = ("ations", "ation", "ings", "ing", "ions", "ion", "ies", "ied", "ers", "ed", "es", "er", "s", "e", "y")
LEAST, LEAST_STEM = 3, 4
_PLAIN = """
the and for from with that this not are was were has have had but its into onto out per now new all any too can off will
than then when while where which who how why what use used using via more less most only also after before error err
errors exception failed failure fail failing fatal warn warning info debug nil null none true false log logs logger
service services server client return func function def class var let const int string bool float struct type import
package module self http https get set put post add update com org github www svc
"""
PLAIN = frozenset(_PLAIN.split())
"""Words that stand in any text or any code; they tell nothing apart."""


def stem(word: str) -> str:
    """A word without its ending.

    >>> [stem(one) for one in ("expired", "expiry", "batching", "validation", "connections", "miss")]
    ['expir', 'expir', 'batch', 'valid', 'connect', 'miss']
    """
    lower = word.lower()
    for ending in ENDINGS:
        if lower.endswith(ending) and len(lower) - len(ending) >= LEAST_STEM and not lower.endswith("ss"):
            return lower[: -len(ending)]
    return lower


def words(text: str) -> set[str]:
    """Stems of all parts of `text`, and its compound identifiers whole.

    >>> sorted(words("panic in charge.go:118 Charge.readThreeDSResult"))
    ['charg', 'charge.go', 'charge.readthreedsresult', 'panic', 'read', 'result', 'thre']
    """
    found: set[str] = set()
    for match in IDENTIFIER.findall(text):
        parts = {part.lower() for part in PART.findall(match) if len(part) >= LEAST}
        found |= {stem(part) for part in parts if part not in PLAIN}
        if not match.isalpha() or len(PART.findall(match)) > 1:
            found |= {whole.lower() for whole in _wholes(match) if len(PART.findall(whole)) > 1}
    return found


def _wholes(match: str) -> Iterable[str]:
    """A compound as it stands, without the folders of a path."""
    yield match.rsplit("/", 1)[-1]
