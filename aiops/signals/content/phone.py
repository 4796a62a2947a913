"""Telephone numbers, told from all the other numbers of a text.

Three ways to be one: a plus and a country's code with the length that numbers have there; the grouping of a numbering
plan with its trunk code; or a word before it that says so. A word that says something else (an order, a part, a
version) takes the second way away.
"""

from __future__ import annotations

import re

_ABROAD = re.compile(r"(?<![\w+.,=*/-])(?:\+|00)([1-9]\d{0,3}(?:[ .\-/]{0,2}\(?\d{1,12}+\)?){0,7}+)(?![\w]|[.,]\d|-\d)")
_AMERICA = re.compile(
    r"(?<![\w.,/+=-])(?<!\d )(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d([ .-]))[2-9]\d\d(?(1)\1|[ .-])\d{4}"
    r"(?![\w-]|[ .,]\d)"
)
_TRUNK = re.compile(
    r"(?<![\w.,/+=-])(?<!\d )(?:0[1-9](?:([ .])\d\d)(?:\1\d\d){3}|\(?0[1-9]\d{1,3}\)?[ /-]{1,3}\d{3,4}[ -]?\d{3,5})"
    r"(?![\w-]|[ .,]\d)"
)
_CALLED = re.compile(
    r"(?:\b(?:tele?(?:phone|fone?|fono)?|téléphone|teléfono|telefonnummer|phone|mobile|mobil|cell(?:ular)?|móvil|handy|"
    r"call(?: me| us| him| her| them)?|ring|dial|text(?: me)?|sms|whatsapp|fax|hotline|numéro|rufnummer|celular|"
    r"portable|телефон|тел|позвоните|هاتف)\b|电话|電話|手机|携帯)"
    r"[^\d\n+]{0,18}(\(?\+?\d(?:[ .\-/()]{0,2}\d){6,14})(?![\w]|[.,]\d)",
    re.I,
)
_OTHERWISE = re.compile(
    r"(?:\b(?:order|invoice|ticket|case|part|serial|sku|item|model|ref(?:erence)?|tracking|account|version|isbn|issue|"
    r"bestellung|rechnung|auftrag|artikel|commande|facture|pedido|factura|ordine|fattura|id|no|nr|number)\b[.:#]?|#)"
    r"\s*(?:(?:number|no|nr|id)\b[.:#]?\s*)?$",
    re.I,
)
CODES = frozenset((
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62,
    63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
))  # fmt: skip
"""Countries' codes of two digits; 1 and 7 have one, and those of three begin otherwise."""


def phones(text: str) -> bool:
    """Whether there is a telephone number in the text.

    >>> phones("ring (212) 555-0187 after six"), phones("order 212-555-0187"), phones("row 1,234,567,890")
    (True, False, False)
    """
    if any(_abroad(hit) for hit in _ABROAD.finditer(text)):
        return True
    for form in (_AMERICA, _TRUNK):
        for hit in form.finditer(text):
            if 9 <= _digits(hit[0]) <= 12 and not _OTHERWISE.search(text, max(0, hit.start() - 24), hit.start()):
                return True
    return any(7 <= _digits(hit[1]) <= 15 for hit in _CALLED.finditer(text))


def _abroad(hit: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", hit[1])
    if hit[0].startswith("00") and not re.search(r"\D", hit[0]):
        return False  # an order with leading zeros rather than a number abroad, which is written in groups
    if digits[0] == "1":
        return len(digits) == 11 and digits[1] in "23456789"
    if digits[0] == "7":
        return len(digits) == 11
    return 9 <= len(digits) <= 15 and (int(digits[:2]) in CODES or digits[0] in "235689")


def _digits(text: str) -> int:
    return sum(one.isdigit() for one in text)
