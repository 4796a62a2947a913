"""What the texts of LLM calls say, as columns: one pass over a batch of calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aiops.signals.content import grounding, injection, pii, refusal
from aiops.signals.content.language import languages
from aiops.signals.content.pii_kernel import Masks
from aiops.signals.content.text import packed
from aiops.types import Floats, LlmCall

TRUNCATED = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "token_limit"})
"""Finish reasons that say the answer was cut off, in lower case."""


@dataclass(frozen=True, slots=True)
class Content:
    """Of n calls; nothing here can be turned back into a text.

    Attributes
    ----------
    injection : shape (n,), 0 to 1; of the prompt and the context, whichever is more suspicious.
    refusal : shape (n,), 0 to 1; of the completion.
    groundedness : shape (n,), 0 to 1; NaN = there is no context, or it cannot be compared.
    pii : shape (n,), bits in order of `pii.NAMES`; of prompt and completion.
    truncated : shape (n,).
    language : ISO 639-1 of the completion (of the prompt when there is none), None = cannot be told.
    """

    injection: Floats
    refusal: Floats
    groundedness: Floats
    pii: Masks
    truncated: npt.NDArray[np.bool_]
    language: list[str | None]


def features(calls: Sequence[LlmCall]) -> Content:
    """Read the texts of calls; each call is read by itself, so neither order nor batch can be seen in the result."""
    prompts, answers = [call.prompt for call in calls], [call.completion for call in calls]
    read, said = packed(prompts), packed(answers)
    suspicion = injection.scan(read, prompts)
    given = [(i, text) for i, call in enumerate(calls) for text in call.context]
    if given:
        texts = [text for _, text in given]
        np.maximum.at(suspicion, [i for i, _ in given], injection.scan(packed(texts), texts))
    told = languages(said)
    silent = [i for i, answer in enumerate(answers) if not answer.strip()]
    if silent:
        for i, code in zip(silent, languages(packed([prompts[i] for i in silent])), strict=True):
            told[i] = code
    return Content(
        injection=suspicion,
        refusal=refusal.scan(said, answers),
        groundedness=grounding.scan(answers, [call.context for call in calls]),
        pii=pii.scan(read, prompts) | pii.scan(said, answers),
        truncated=np.array([call.finish_reason.lower() in TRUNCATED for call in calls], np.bool_),
        language=told,
    )
