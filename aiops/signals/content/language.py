"""The language a text is written in, ISO 639-1: by its script, and within a script by its common words.

The words are the fifty or so that every text of a language uses, and letters that few languages have. It is meant for
"does the answer come in another language than usual", not for telling Danish from Norwegian in five words. A text
without letters, or without anything that tells, has no language; plain Latin letters without a known word count as
unknown.
"""

from __future__ import annotations

import numpy as np

from aiops.signals.content.language_kernel import (
    ARABIC,
    ARMENIAN,
    BENGALI,
    CYRILLIC,
    DEVANAGARI,
    GEORGIAN,
    GREEK,
    HAN,
    HANGUL,
    HEBREW,
    KANA,
    LATIN,
    SCRIPTS,
    TAMIL,
    THAI,
    tally,
)
from aiops.signals.content.lexicon import lexicon, sections
from aiops.signals.content.text import Texts

LIMIT = 600
"""Bytes of a text that are looked at."""
WORDS = sections("language.txt")
"""Common words by language."""
SCRIPT_LANGUAGE = {GREEK: "el", HEBREW: "he", DEVANAGARI: "hi", THAI: "th", HANGUL: "ko", ARMENIAN: "hy",
                   GEORGIAN: "ka", BENGALI: "bn", TAMIL: "ta"}  # fmt: skip
CODES = list(WORDS)
_TABLE = lexicon(dict(enumerate(WORDS.values())))
_OF_SCRIPT = {"ru": CYRILLIC, "uk": CYRILLIC, "bg": CYRILLIC, "sr": CYRILLIC, "ar": ARABIC, "fa": ARABIC, "ur": ARABIC}
_USUAL = {CYRILLIC: "ru", ARABIC: "ar"}
_AMONG = np.array([[_OF_SCRIPT.get(code, LATIN) == script for code in CODES] for script in range(SCRIPTS)])
_WEIGHT = np.where(np.isin(np.arange(SCRIPTS), (HAN, HANGUL, KANA)), 3.0, 1.0)


def languages(texts: Texts) -> list[str | None]:
    """ISO 639-1 code of each text in lower case, None when nothing tells it.

    >>> from aiops.signals.content.text import packed
    >>> languages(packed(["das wetter ist heute schön", "今日は天気がいい", "今天天气很好", "42"]))
    ['de', 'ja', 'zh', None]
    """
    counts = np.zeros((len(texts.bound) - 1, 64 + SCRIPTS))
    tally(texts.data, texts.bound, LIMIT, _TABLE.keys, _TABLE.values, counts)
    words, scripts = counts[:, : len(CODES)], counts[:, 64:]
    # A character of these scripts says as much as a word of three letters.
    script = (scripts * _WEIGHT).argmax(axis=1)
    best = np.where(_AMONG[script], words, -1.0).argmax(axis=1)
    known = np.where(words[np.arange(len(words)), best] > 0, best, -1)
    japanese = scripts[:, KANA] > 0.1 * (scripts[:, HAN] + scripts[:, KANA])
    silent = scripts.sum(axis=1) == 0
    told = zip(script.tolist(), known.tolist(), japanese.tolist(), silent.tolist(), strict=True)
    return [None if quiet else _code(which, word, kana) for which, word, kana, quiet in told]


def _code(script: int, word: int, kana: bool) -> str | None:
    if script in (HAN, KANA):
        return "ja" if kana else "zh"
    return SCRIPT_LANGUAGE.get(script) or (CODES[word] if word >= 0 else _USUAL.get(script))
