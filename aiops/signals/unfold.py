"""Texts among the features of scored rows, as numbers: a length and projections, which are watched as any others.

A value of several words is a text, whatever its column holds besides; a shorter one is a category. It is replaced
before the row waits for its step, so that no text is ever saved. Nor is one word that is longer than any category, as a
picture in base64 is: its hash stands for it. Embeddings became numbers when they were read (`decode.tensor`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import xxhash

from aiops.signals.reference import Value
from aiops.types import AnyEvent, Floats, Prediction
from detectors import projection

LEAST_CHARACTERS, LEAST_WORDS = 20, 4
MOST_CHARACTERS = 200
"""Of a category."""
KEPT = 8
"""Projections of a text, of those there are."""
PARTS = ("length", *(f"content{j}" for j in range(1, KEPT + 1)))


def is_text(value: object) -> bool:
    """Whether a value is rather a text than a category.

    >>> is_text("the parcel never came"), is_text("United Kingdom of"), is_text(3.0)
    (True, False, False)
    """
    return (
        isinstance(value, str) and len(value) >= LEAST_CHARACTERS and len(value.split(None, LEAST_WORDS)) >= LEAST_WORDS
    )


def category(value: Value) -> Value:
    """A value as it is remembered.

    >>> category("red"), category("x" * 10_000)
    ('red', 'xxh3:cb763e2ccd065fab')
    """
    if not isinstance(value, str) or len(value) <= MOST_CHARACTERS:
        return value
    return f"xxh3:{xxhash.xxh3_64_hexdigest(value.encode('utf-8', 'replace'))}"


def unfolded(events: list[tuple[int, AnyEvent]]) -> list[tuple[int, AnyEvent]]:
    """The events of a batch, scored rows without texts."""
    rows = [(i, event) for i, (_, event) in enumerate(events) if isinstance(event, Prediction) and _says(event)]
    if not rows:
        return events
    found = list(events)
    texts = [(i, name, value) for i, event in rows for name, value in event.features.items() if is_text(value)]
    numbers = projected([str(text) for _, _, text in texts]) if texts else ()
    made: dict[int, dict[str, Value]] = {i: {} for i, _ in rows}
    for (i, name, _), some in zip(texts, numbers, strict=True):
        made[i] |= parts(name, some)
    for i, event in rows:
        kept = {name: category(value) for name, value in event.features.items() if not is_text(value)}
        found[i] = events[i][0], msgspec.structs.replace(event, features=kept | made[i])
    return found


def _says(event: Prediction) -> bool:
    """Whether a row holds a text, or a word that is too long for a category."""
    return any(isinstance(value, str) and len(value) >= LEAST_CHARACTERS for value in event.features.values())


def unfolded_column(name: str, values: Sequence[Value]) -> dict[str, list[Value]]:
    """A column as `unfolded` would leave it: what is no text, and texts as numbers."""
    texts = [i for i, value in enumerate(values) if is_text(value)]
    rest = [category(value) for value in values]
    if not texts:
        return {name: rest}
    made: dict[str, list[Value]] = {f"{name}:{part}": [None] * len(values) for part in PARTS}
    for i, numbers in zip(texts, projected([str(values[i]) for i in texts]), strict=True):
        rest[i] = None
        for part, value in parts(name, numbers).items():
            made[part][i] = value
    return made if all(value is None for value in rest) else {name: rest, **made}


def projected(texts: Iterable[str]) -> Floats:
    """Shape (texts, parts)."""
    bodies = [text.lower().encode("utf-8", "replace") for text in texts]
    lengths = np.array([len(body) for body in bodies], np.int64)
    return projection.of_texts(np.frombuffer(b"".join(bodies), np.uint8), lengths)[:, : len(PARTS)]


def parts(name: str, numbers: Floats) -> dict[str, Value]:
    """The features that stand for one text."""
    return {f"{name}:{part}": value for part, value in zip(PARTS, numbers.tolist(), strict=True)}
