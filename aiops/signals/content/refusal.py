"""How likely an answer refuses: a grammar of how one says no, over the opening of the answer.

A refusal is the speaker's own (I, we, my guidelines, your request), says inability, unwillingness or a rule, and is
about doing something for the asker. So "I can't recommend it enough", "I can't find an error", "the court declined"
and whatever stands in quotation marks are none, and an apology that is followed by help is half of one. The evidence
is added up as log odds; `refusal.txt` holds the phrases of each language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from aiops.signals.content.refusal_phrase import grammar
from aiops.signals.content.text import Texts
from aiops.signals.content.word_kernel import marks
from aiops.types import Floats

OPENING = 400
"""Characters of an answer that are read: who refuses says so at once."""
QUIET = 0.01
"""Of an answer without any word that refusals are made of."""
_BIAS = -3.0
_HELP_WEIGHT, _LONG_WEIGHT, _LATE_WEIGHT = -3.4, -1.0, -1.2
_LATE = 180
_LONG = 700
_QUOTED = re.compile(
    r"\"[^\"\n]{2,300}\"|“[^”\n]{2,300}”|«[^»\n]{2,300}»|「[^」]{2,300}」|```.*?(?:```|$)|`[^`\n]+`"
    r"|(?<!\w)'[^'\n]{0,200}(?:'\w[^'\n]{0,200}){0,3}'(?!\w)",
    re.S,
)


def scan(texts: Texts, originals: Sequence[str]) -> Floats:
    """How likely each answer refuses.

    Parameters
    ----------
    texts : answers in lower case.
    originals : the same answers as they are.

    Returns
    -------
    shape (n,), 0 to 1.
    """
    words = grammar().words
    seen = marks(texts.data, texts.bound, OPENING, words.keys, words.values)
    out = np.full(len(originals), QUIET)
    for i in np.flatnonzero(seen).tolist():
        out[i] = refusal(originals[i], int(seen[i]))
    return out


def refusal(answer: str, languages: int = -1) -> float:
    """How likely one answer refuses, 0 to 1.

    Parameters
    ----------
    languages : bits of the languages whose words it has; all of them by default.

    >>> refusal("I'm sorry, but I can't help with that.") > 0.9
    True
    >>> refusal("I can't recommend this book enough: read it.") < 0.2
    True
    """
    known = grammar()
    opening = answer[:OPENING].lower().replace("’", "'").replace("‘", "'").replace("\u00a0", " ")
    opening = known.detour.sub(" ", _QUOTED.sub(" ", opening))
    odds, first = 0.0, len(opening)
    for bit, phrases in enumerate(known.languages):
        for weight, form in phrases if languages >> bit & 1 else ():
            if hit := form.search(opening):
                odds += weight
                first = min(first, hit.start())
    if odds == 0.0:
        return QUIET
    odds += sum(weight for weight, form in known.sorry if form.search(opening))
    odds += _BIAS + (_HELP_WEIGHT if known.help.search(opening) else 0.0)
    odds += (_LONG_WEIGHT if len(answer) > _LONG else 0.0) + (_LATE_WEIGHT if first > _LATE else 0.0)
    return max(QUIET, 1.0 / (1.0 + math.exp(-odds)))
