"""JSON as it is stored: what a document looks like in a text column."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np

_decode = msgspec.json.Decoder().decode


def _plain(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not JSON")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


def encode(document: object) -> str:
    """Compact JSON; NaN and infinities become null, a lone surrogate stays an escape.

    Raises
    ------
    TypeError : if something in it is not JSON.
    """
    try:
        return _encoder.encode(document).decode()
    except UnicodeEncodeError:  # a log line may hold half a character; msgspec writes UTF-8 only
        return json.dumps(document, separators=(",", ":"), default=_plain)


def decode(text: str) -> Any:
    """The inverse; a lone surrogate comes back as U+FFFD, so that what is read can always be sent on."""
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return _clean(json.loads(text))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value
