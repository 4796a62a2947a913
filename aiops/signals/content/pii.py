"""Personal data and secrets in a text: which kinds there are, never what they say.

Each kind is told by its form and by what makes it true: an e-mail address by a domain that is no file name, a card by
issuer, length, grouping and Luhn's digit, an IBAN by its country's length and ISO 7064, an address by its octets and by
not being a version, a telephone number by its country or its trunk code, a JSON web token by a head that decodes, a
secret by its maker's prefix or by the word that announces it, and by entropy. What was recognised is masked before the
next kind is looked for, so that an IBAN with a wrong digit is no telephone number either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from aiops.signals.content.pii_kernel import AT, COLONS, DIGITS, DOTTED, IBAN, KINDS, TAILS, TOKEN, Masks, candidates
from aiops.signals.content.secret import jwts, secrets
from aiops.signals.content.text import Texts

NAMES = ("email", "phone", "iban", "credit_card", "ip", "jwt", "secret_key")
"""Kinds, in order of their bits."""
EMAIL, PHONE, IBAN_, CARD, ADDRESS, JWT, SECRET = (1 << i for i in range(7))

_EMAIL = re.compile(
    r"(?<![\w.+/-])[\w+-][\w.%+'-]{0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}([a-z]{2,24})(?![\w@-])(?!:[\w/])",
    re.I,
)
_NO_DOMAIN = frozenset(
    [
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "ico",
        "css",
        "js",
        "ts",
        "py",
        "rs",
        "go",
        "md",
        "txt",
        "json",
        "xml",
        "html",
        "pdf",
        "zip",
        "gz",
    ]
)
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_SPENT = re.compile(
    r"(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])"  # UUID
    r"|(?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?(?!\d)"  # moment
    r"|\bISBN(?:-1[03])?:? ?[\d -]{9,16}[\dX]"
    r"|(?<![\w.])[+-]?\d+[.,]\d{7,}(?![\w.])"  # a long fraction
    r"|(?<![\d,])\d{1,3}(?:,\d{3}){2,}(?![\d,])",  # thousands
    re.I,
)
_CARD = re.compile(r"(?<![\w.+-])(?<!\d )\d(?:[ -]?\d){12,18}(?![\w-])(?! \d)(?!\.\d)")
_GROUPS = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d+")
_OTHERWISE = re.compile(
    r"\b(?:order|invoice|ticket|part|serial|sku|item|model|tracking|shipment|parcel|batch|lot|issue|isbn|ean|gtin|upc|imei|"
    r"timestamp|bestellung|rechnung|auftrag|artikel|sendung|commande|facture|colis|pedido|factura|ordine|fattura)\b[.:#]?"
    r"\s*(?:(?:number|no|nr|id|code)\b[.:#]?\s*)?$",
    re.I,
)
"""Words before a number without groups that say what it is, and it is no card."""
_COUNTED = re.compile(
    r"\s?(?:satoshis?|sats?|g?wei|[kmgt]?i?b|bytes?|bits?|[nµum]s|(?:nano|micro|milli)?seconds?|"
    r"tokens?|rows?|records?|times|units?|pieces?)\b",
    re.I,
)
"""What is counted in such numbers, behind one."""
_FOUR = re.compile(r"(?<![\w.])(?<!\d[-/])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\w)")
_SIX = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.I)
_NUMBERED = re.compile(
    r"(?:\b(?:version|release|build|firmware|rev(?:ision)?|section|chapter|clause|paragraph|figure|table|step|v)\.?|§|"
    r"[<>=~^]=?)\s*$",
    re.I,
)

LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SD": 18,
    "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an IBAN by country, from the SWIFT registry."""


def names(mask: int) -> list[str]:
    """The kinds that bits stand for.

    >>> names(EMAIL | JWT)
    ['email', 'jwt']
    """
    return [name for i, name in enumerate(NAMES) if mask >> i & 1]


def scan(texts: Texts, originals: Sequence[str]) -> Masks:
    """Kinds in each text.

    Parameters
    ----------
    texts : the texts in lower case.
    originals : the same texts as they are.

    Returns
    -------
    shape (n,), bits in order of `NAMES`.
    """
    possible = candidates(texts.data, texts.bound, KINDS, TAILS)
    found = np.zeros(len(originals), np.uint8)
    for i in np.flatnonzero(possible).tolist():
        found[i] = kinds_of(originals[i], int(possible[i]))
    return found


def kinds_of(text: str, possible: int = 255) -> int:
    """Kinds in one text, as bits.

    Parameters
    ----------
    possible : what is worth looking for, as `pii_kernel.candidates` tells.

    >>> names(kinds_of("Write to ann@mail.example.org or call +44 20 7946 0958"))
    ['email', 'phone']
    """
    from aiops.signals.content.phone import phones

    found = 0
    if possible & (TOKEN | AT):
        found, text = _masked(found, JWT, text, jwts)
        found, text = _masked(found, SECRET, text, secrets)
    if possible & AT:
        found, text = _masked(found, EMAIL, text, _emails)
    if possible & (DOTTED | COLONS):
        found, text = _masked(found, ADDRESS, text, _addresses)
    if possible & IBAN:
        found, text = _masked(found, IBAN_, text, _accounts)
    if possible & DIGITS:
        text = _SPENT.sub(_MASK, text)
        found, text = _masked(found, CARD, text, _cards)
        found |= PHONE if phones(text) else 0
    return found


_MASK = "\0"
Finder = Callable[[str], tuple[bool, list[tuple[int, int]]]]
"""Whether the kind is there, and the stretches that are spent: the kind itself, and what only looks like it."""


def _masked(found: int, bit: int, text: str, finder: Finder) -> tuple[int, str]:
    there, spans = finder(text)
    if spans:
        ends = [0, *(end for _, end in spans)]
        begins = [*(begin for begin, _ in spans), len(text)]
        text = _MASK.join(text[end:begin] for end, begin in zip(ends, begins, strict=True))
    return found | (bit if there else 0), text


def _emails(text: str) -> tuple[bool, list[tuple[int, int]]]:
    hits = [hit for hit in _EMAIL.finditer(text) if hit[1].lower() not in _NO_DOMAIN]
    return bool(hits), [hit.span() for hit in hits]


def _accounts(text: str) -> tuple[bool, list[tuple[int, int]]]:
    there, spans = False, []
    for hit in _ACCOUNT.finditer(text):
        length = LENGTHS.get(hit[0][:2])
        if length is None:
            continue
        # The pattern may have run on into the next word in capitals: the country says where the number ends.
        end, kept = hit.start(), 0
        while end < hit.end() and kept < length:
            kept += text[end] != " "
            end += 1
        if kept == length:
            spans.append((hit.start(), end))
            there = there or sound_account(text[hit.start() : end].replace(" ", ""))
        else:
            spans.append(hit.span())
    return there, spans


def sound_account(account: str) -> bool:
    """ISO 7064: the number that an IBAN spells, its head moved to its end, leaves 1 when divided by 97.

    >>> sound_account("GB82WEST12345698765432"), sound_account("GB83WEST12345698765432")
    (True, False)
    """
    return int("".join(str(int(one, 36)) for one in account[4:] + account[:4])) % 97 == 1


def _cards(text: str) -> tuple[bool, list[tuple[int, int]]]:
    there, spans = False, []
    for hit in _CARD.finditer(text):
        spans.append(hit.span())
        digits = re.sub("[ -]", "", hit[0])
        sound = bool(_GROUPS.fullmatch(hit[0])) and _issued(digits) and sound_card(digits)
        there = there or (sound and not (hit[0].isdigit() and _something_else(text, hit)))
    return there, spans


def _something_else(text: str, hit: re.Match[str]) -> bool:
    """Whether the words around a number say that it is an order, an article or an amount; one in ten passes Luhn."""
    before = _OTHERWISE.search(text, max(0, hit.start() - 32), hit.start())
    return before is not None or _COUNTED.match(text, hit.end()) is not None


def _issued(digits: str) -> bool:
    """Whether an issuer of cards uses such numbers."""
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    if len(set(digits)) < 2:
        return False
    return (
        (digits[0] == "4" and length in (13, 16, 19)) or ((51 <= two <= 55 or 2221 <= four <= 2720) and length == 16)
        or (two in (34, 37) and length == 15) or ((four == 6011 or two == 65 or 644 <= three <= 649) and length == 16)
        or (3528 <= four <= 3589 and length == 16) or ((300 <= three <= 305 or two in (36, 38, 39)) and length == 14)
        or (two == 62 and 16 <= length <= 19) or (two in (50, 56, 57, 58, 67) and length == 16)
    )  # fmt: skip


def sound_card(digits: str) -> bool:
    """Luhn's check digit.

    >>> sound_card("4111111111111111"), sound_card("4111111111111112")
    (True, False)
    """
    return sum(sum(divmod(int(one) * (1 + i % 2), 10)) for i, one in enumerate(reversed(digits))) % 10 == 0


def _addresses(text: str) -> tuple[bool, list[tuple[int, int]]]:
    there, spans = False, []
    for hit in _FOUR.finditer(text):
        spans.append(hit.span())
        octets = hit[0].split(".")
        sound = all(int(one) <= 255 and (one == "0" or one[0] != "0") for one in octets)
        # What stands for any machine or for this one is nobody's address.
        nobody = octets[0] in ("0", "127", "255")
        numbered = _NUMBERED.search(text, max(0, hit.start() - 16), hit.start())
        there = there or (sound and not nobody and not numbered)
    for hit in _SIX.finditer(text):
        groups = hit[0].split(":")
        whole = len(groups) == 8 and "" not in groups
        short = hit[0].count("::") == 1 and ":::" not in hit[0] and sum(bool(one) for one in groups) >= 3
        there = there or ((whole or short) and any(len(one) >= 3 for one in groups))
    return there, spans
