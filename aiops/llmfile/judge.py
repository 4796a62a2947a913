"""The signals of a batch of calls: its texts read, its tokens priced, its conversations followed."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from aiops.errors import ConfigError
from aiops.llmfile.loop import Loops
from aiops.llmfile.read import CallFile
from aiops.signals.content import features, names
from aiops.signals.content.calibration import BINS, LEAST_TEXTS, bar, calibrated, histogram
from aiops.signals.content.language import languages
from aiops.signals.content.text import packed
from aiops.signals.llm.signal import APART
from aiops.signals.prices import PriceBook, book, told
from aiops.types import LlmCall

DIGITS = 6
"""Decimals of a probability."""


class Verdict(msgspec.Struct, gc=False):
    """What is said of one call, in the order in which it is printed."""

    line: int
    injection: float
    refusal: float
    groundedness: float | None
    pii: list[str]
    truncated: bool
    language: str | None
    cost_usd: float | None
    priced: bool
    loop: bool


def bar_of(benign: CallFile) -> tuple[float, int]:
    """Log odds from which a call is suspicious, by what the benign calls of a file reach; and how many there are.

    Raises
    ------
    ConfigError : the file cannot be read, or holds too few calls with words.
    """
    known = np.zeros(BINS)
    for _, calls in benign.batches():
        likely = features(calls).injection
        known += histogram(likely[likely > 0.0])
    found = int(known.sum())
    if found < LEAST_TEXTS:
        said = f"holds {found} calls with a text; at least {LEAST_TEXTS} benign ones are needed"
        raise ConfigError(said, file=str(benign.path))
    return bar(known), found


def verdicts(
    file: CallFile, at: float = 0.0, prices: PriceBook | None = None
) -> Iterator[list[tuple[Verdict, LlmCall]]]:
    """Batch by batch; a conversation's calls are taken in the order of the file.

    Parameters
    ----------
    at : log odds of an injection that are told as one half.
    prices : what models cost; the shipped ones by default.

    Raises
    ------
    ConfigError : the file cannot be read.
    """
    loops, prices = Loops(), prices or book()
    for numbers, calls in file.batches():
        yield list(zip(_judged(numbers, calls, loops, at, prices), calls, strict=True))


def _judged(numbers: list[int], calls: list[LlmCall], loops: Loops, at: float, prices: PriceBook) -> list[Verdict]:
    found = features(calls)
    injection = calibrated(found.injection, at) if at else found.injection
    injection, refusal = injection.round(DIGITS).tolist(), found.refusal.round(DIGITS).tolist()
    grounded = [None if value != value else value for value in found.groundedness.round(DIGITS).tolist()]
    looping = loops.see(calls)
    pii, truncated, language = found.pii.tolist(), found.truncated.tolist(), _languages(found.language, calls)
    return [
        Verdict(
            line=numbers[i],
            injection=injection[i],
            refusal=refusal[i],
            groundedness=grounded[i],
            pii=names(pii[i]) if pii[i] else [],
            truncated=truncated[i],
            language=language[i],
            # The tokens of tools, retrievals and agents are those of the calls inside them.
            cost_usd=told(call) if call.operation in APART else prices.cost(call),
            priced=prices.price(call.model, call.provider) is not None,
            loop=looping[i],
        )
        for i, call in enumerate(calls)
    ]


def _languages(told: list[str | None], calls: list[LlmCall]) -> list[str | None]:
    """Languages of the answers; where one is too short to tell, that of the question."""
    short = [i for i, code in enumerate(told) if code is None and calls[i].completion.strip()]
    if not short:
        return told
    of_prompts = dict(zip(short, languages(packed([calls[i].prompt for i in short])), strict=True))
    return [of_prompts.get(i, code) for i, code in enumerate(told)]
