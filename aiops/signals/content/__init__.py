"""What the texts of LLM calls say, as numbers: the only place that reads them, and none of them gets out of it.

    found = features(calls)        # columns: injection, refusal, groundedness, pii, truncated, language
    names(int(found.pii[0]))       # ["email", "phone"]: kinds only

Functions over batches of texts, without clock, network or randomness. A call costs some tens of microseconds. `text`
packs a batch into one buffer, `word_kernel` cuts it into words of any script, and each signal has a module:
`injection` (over `word_class`, `normalise`), `refusal` (over `refusal_phrase`), `pii` (over `phone`, `secret`),
`language`, `grounding`, `loop`; `calibration` puts injection on the scale of one application.
"""

from __future__ import annotations

from aiops.signals.content.features import TRUNCATED, Content, features
from aiops.signals.content.pii import NAMES, names

__all__ = ["NAMES", "TRUNCATED", "Content", "features", "names"]
