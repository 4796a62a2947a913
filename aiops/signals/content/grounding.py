"""How far an answer rests on the texts it was given: a tripwire for gross fabrication, and no more than that.

The share of the answer's content (words that say something, and numbers, which count more) that the context holds,
whole or as most of a word. Overlap of words sees an answer about other things; it cannot see a subtle untruth in the
right words (on SummEdits all lexical measures are near chance). So it is a signal to watch over many calls, never a
verdict on one. There is none without a context, and none when answer and context are in different languages, where
words cannot be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiops.signals.content.grounding_kernel import support
from aiops.signals.content.language import WORDS, languages
from aiops.signals.content.lexicon import lexicon
from aiops.signals.content.text import packed
from aiops.types import Floats

_EMPTY = lexicon({0: [word for words in WORDS.values() for word in words]})


def scan(answers: Sequence[str], contexts: Sequence[tuple[str, ...]]) -> Floats:
    """Support of each answer by its context.

    Returns
    -------
    shape (n,), 0 (nothing of it is in the context) to 1 (all); NaN where that cannot be told.

    >>> scan(["It moves 40 litres.", "It moves."], [("The pump moves 40 litres.",), ()])
    array([ 1., nan])
    """
    out = np.full(len(answers), np.nan)
    asked = [i for i, given in enumerate(contexts) if given and answers[i] and any(given)]
    if not asked:
        return out
    texts = packed([text for i in asked for text in (answers[i], *contexts[i])])
    owner = np.repeat(np.arange(len(asked)), [1 + len(contexts[i]) for i in asked])
    share = support(texts.data, texts.bound, owner, _EMPTY.keys, _EMPTY.values)
    told = languages(texts)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    for place, i in enumerate(asked):
        of_context = told[first[place] + 1 : first[place] + 1 + len(contexts[i])]
        alike = told[first[place]] is None or None in of_context or told[first[place]] in of_context
        out[i] = share[place] if alike else np.nan
    return out
