"""Secrets in a text: JSON web tokens, keys with their maker's prefix, and what a word like `password` announces."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter

import msgspec

_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*(?:\.[\w-]+){0,2}(?![\w-])")
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{50,255}|"
    r"glpat-[\w-]{20,64}|xox[abeprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{20,200}|"
    r"sk-(?:ant-|proj-|svcacct-|or-)?[\w-]{20,250}|(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{20,250}|"
    r"AIza[\w-]{35}|ya29\.[\w-]{20,250}|GOCSPX-[\w-]{20,40}|SG\.[\w-]{16,32}\.[\w-]{16,64}|npm_[A-Za-z0-9]{36}|"
    r"pypi-[\w-]{50,250}|hf_[A-Za-z0-9]{30,60}|gsk_[A-Za-z0-9]{40,60}|do[opr]_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-f0-9]{32}|"
    r"dapi[a-f0-9]{32}|hv[sb]\.[\w-]{24,250}|eyJrIjoi[\w=-]{20,250}|AGE-SECRET-KEY-1[A-Z0-9]{58}|r8_[A-Za-z0-9]{37}|"
    r"lin_api_[A-Za-z0-9]{40}|dckr_pat_[\w-]{27}|NRAK-[A-Z0-9]{27}|key-[0-9a-f]{32}|AC[0-9a-f]{32}|"
    r"\d{8,10}:AA[\w-]{33})(?![A-Za-z0-9])"
)
_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_IN_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,64}:([^\s/@]{3,128})@[\w.-]+", re.I)
_ANNOUNCED = re.compile(
    r"(?:\b|_)(?:api[_ -]?key|apikey|secret(?:[_ -]?(?:access)?[_ -]?key)?|access[_ -]?(?:key|token)|auth[_ -]?token|"
    r"client[_ -]?secret|private[_ -]?key|account[_ -]?key|token|password|passwd|pwd|bearer)"
    r"[\"']?(?:\s{0,3}(?:[:=]|is\s)\s{0,3}|\s(?=[A-Za-z0-9+/_=-]{24,}))(?:bearer\s)?[\"']?([^\s\"'<>{}()\[\],;]{8,200})",
    re.I,
)
_PLACEHOLDER = re.compile(
    r"^(?:[*x.•_-]+|your[_-].*|my[_-].*|.*(?:example|placeholder|changeme|redacted).*|\$.*|%.*|https?:.*|(?:os|process|env)\..*)$",
    re.I,
)
_HEX = re.compile(r"^[0-9a-fA-F-]+$")
Spans = list[tuple[int, int]]
ENOUGH_BITS = 2.5
"""Entropy of a character, below which a string of the form of a key is an example of one."""
LIKE_RANDOM_BITS = 3.0


def entropy(text: str) -> float:
    """Bits a character, from the counts of characters of the text itself.

    >>> round(entropy("aabb"), 1), round(entropy("aaaa"), 1)
    (1.0, 0.0)
    """
    return sum(n / len(text) * math.log2(len(text) / n) for n in Counter(text).values())


def jwts(text: str) -> tuple[bool, Spans]:
    """Whether there is a JSON web token (RFC 7519), and where."""
    hits = [hit.span() for hit in _JWT.finditer(text) if _heads(hit[0].partition(".")[0])]
    return bool(hits), hits


def _heads(part: str) -> bool:
    """Whether a part decodes to the head of a token: an object that names an algorithm or a type."""
    try:
        head = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
        return False
    return isinstance(head, dict) and bool(head.keys() & {"alg", "typ", "enc", "kid"})


def secrets(text: str) -> tuple[bool, Spans]:
    """Whether there is a key, a token or a password, and where."""
    spans = [hit.span() for hit in _PREFIXED.finditer(text) if entropy(hit[0][4:]) >= ENOUGH_BITS]
    spans += [hit.span() for hit in _PEM.finditer(text)]
    spans += [hit.span(1) for hit in _IN_URL.finditer(text) if not _PLACEHOLDER.match(hit[1])]
    spans += [hit.span(1) for hit in _ANNOUNCED.finditer(text) if _random(hit[1])]
    spans.sort()
    apart = [span for i, span in enumerate(spans) if i == 0 or span[0] >= spans[i - 1][1]]
    return bool(spans), apart


def _random(value: str) -> bool:
    """Whether what follows `password` is no word of the sentence: characters of several kinds, in no order."""
    value = value.rstrip(".!?:`")
    if len(value) < 8 or _PLACEHOLDER.match(value):
        return False
    kinds = (
        any(one.isdigit() for one in value) + any(one.isupper() for one in value) + any(one.islower() for one in value)
    )
    kinds += any(not one.isalnum() and one not in "._-/" for one in value)
    if _HEX.match(value):
        return len(value) >= 32 and entropy(value) >= LIKE_RANDOM_BITS
    return any(one.isdigit() for one in value) and kinds >= 2 and entropy(value) >= ENOUGH_BITS
