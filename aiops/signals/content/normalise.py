"""What a disguised text says: the readings behind base64, hexadecimals, percent signs, leetspeak, look-alike letters.

Only a text that looks disguised is read again (`disguised`, one pass over the bytes); its readings are scored beside
the text itself, so a wrong guess hides nothing. Characters without width need no reading: the kernels skip them.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from aiops.signals.content.normalise_kernel import suspects
from aiops.signals.content.text import Texts
from aiops.types import Ints

Decoder = Callable[[str], str]
LONGEST = 20_000
"""Characters of a disguised text that are read again."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s,:]?){10,}")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]){4,}[^\W\d_](?!\w)")
_APART = re.compile(r"(?<=\b\w)[.\-*](?=\w\b)|(?<=[^\W_])_(?=[^\W_](?:_|\b))")
_LEET = str.maketrans("013457@$!|8", "oieastasilb")
_LETTERS = str.maketrans(
    "аеорсухікмтвнѕјԁԛԝɡαοενρτυικχβμηᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "aeopcyxikmtbhsjdqwgaoevptuikxbmhabcdefghijklmnoprstuvwyz",
)
"""Cyrillic, Greek and small capital letters that look like Latin ones."""


def disguised(texts: Texts) -> npt.NDArray[np.bool_]:
    """Which texts are worth reading again, shape (n,)."""
    return suspects(texts.data, texts.bound)


def readings(texts: Sequence[str]) -> tuple[Ints, list[str]]:
    """All readings of the texts, and the number of the text each is one of."""
    owner: list[int] = []
    found: list[str] = []
    for i, text in enumerate(texts):
        for reading in dict.fromkeys(_readings(text[:LONGEST])):
            if reading.strip() and reading != text:
                owner.append(i)
                found.append(reading)
    return np.array(owner, np.int64), found


def _readings(text: str) -> Iterator[str]:
    folded = plain(text)
    yield folded
    if "%" in text:
        yield urllib.parse.unquote(text, errors="replace")
    if any(one.isdigit() or one in "@$!|" for one in folded):
        yield re.sub(r"\S+", _unleet, folded)
    if _SPACED.search(folded):
        yield _APART.sub("", folded)
        yield re.sub(r"(?<=\b\w) (?=\w\b)", "", folded)
    yield from _decoded(text, _BASE64, _base64)
    yield from _decoded(text, _HEX, _hex)


def _unleet(word: re.Match[str]) -> str:
    """A word with letters for the digits and signs in it; a number stays a number."""
    return word[0].translate(_LEET) if any(one.isalpha() for one in word[0]) else word[0]


def plain(text: str) -> str:
    """Compatibility forms and look-alike letters as the plain ones; accents stay.

    >>> plain("ｉｇｎоrе 𝖆𝖑𝖑 ɪɴꜱᴛʀᴜᴄᴛɪᴏɴꜱ")
    'ignore all instructions'
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(?<=\w)[\u0335-\u0338\u0300-\u0303\u030a-\u0315](?=\w)", "", text)
    words = re.split(r"(\s+)", text.lower())
    # A word wholly of another script is a word of that script; one of two scripts is a disguise.
    return "".join(word.translate(_LETTERS) if _mixed(word) else word for word in words)


def _mixed(word: str) -> bool:
    kinds = {unicodedata.name(one, "").split(" ")[0] for one in word if one.isalpha()}
    small = any("SMALL CAPITAL" in unicodedata.name(one, "") for one in word)
    return small or ("LATIN" in kinds and len(kinds) > 1)


def _decoded(text: str, form: re.Pattern[str], decode: Decoder) -> Iterator[str]:
    for hit in form.finditer(text):
        found = decode(hit[0])
        if found and _readable(found):
            yield found


def _base64(part: str) -> str:
    part = part.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "strict")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _hex(part: str) -> str:
    digits = re.sub(r"0x|\\x|[^0-9a-fA-F]", "", part)
    try:
        return bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "strict")
    except (ValueError, UnicodeDecodeError):
        return ""


def _readable(text: str) -> bool:
    """Whether a decoded text is one that people read."""
    letters = sum(one.isalpha() or one.isspace() for one in text)
    return len(text) >= 8 and text.isprintable() | ("\n" in text) and letters >= 0.7 * len(text)
