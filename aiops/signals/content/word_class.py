"""Classes of words that instructions to a model are made of, across languages: the vocabulary of the phrase rules.

That an attack says "ignore - previous - instructions" is the same in any language once its words are classes. The
classes are written by hand (`word_class.txt`); which of their sequences tell an attack from a question is learnt.
"""

from __future__ import annotations

from aiops.signals.content.lexicon import lexicon, sections

CLASS_WORDS = sections("word_class.txt")
"""Class -> words, those with an apostrophe without it. A word can be in several classes."""
TABLE = lexicon(dict(enumerate(CLASS_WORDS.values())))
