"""How a text table is written: its encoding, what stands between its fields, and its decimal mark.

Spreadsheets write `;`, tabs and UTF-16 where others write commas and UTF-8; the header and the first rows tell.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass

from aiops.errors import ConfigError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SAMPLE = 65_536
SAMPLE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Form:
    """How fields are told apart, and numbers are written."""

    delimiter: str = ","
    decimal: str = "."

    @property
    def notes(self) -> tuple[str, ...]:
        """What is other than usual."""
        if self == Form():
            return ()
        decimal = ", with decimal commas" if self.decimal == "," else ""
        return (f"was read as separated by {DELIMITERS[self.delimiter]}{decimal}",)


def utf8(content: bytes, file: str) -> tuple[bytes, tuple[str, ...]]:
    """Text in any encoding as UTF-8 without a mark, and what is to be said of it.

    Raises
    ------
    ConfigError : it is no text.
    """
    if content.startswith(codecs.BOM_UTF8):
        return content.removeprefix(codecs.BOM_UTF8), ()
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), _unmarked(content))
    try:
        if encoding:
            return content.decode(encoding).encode(), (f"was read as {encoding.upper()}",)
        if b"\0" in content[:SAMPLE]:
            raise ConfigError("is no text: want CSV, NDJSON (.ndjson) or Parquet (.parquet)", file=file)
        content.decode()
    except UnicodeDecodeError as error:
        if encoding:
            raise ConfigError(f"is not {encoding.upper()} throughout: {error.reason}", file=file) from error
        return content.decode("latin-1").encode(), ("is not UTF-8 and was read as Latin-1",)
    return content, ()


def _unmarked(content: bytes) -> str:
    """UTF-16 without its mark, which shows in every other byte of a header being zero."""
    header = content[:64]
    if len(header) < 8 or b"\0" not in header:
        return ""
    low, high = header[::2], header[1::2]
    if high.count(0) >= 0.9 * len(high) and not low.count(0):
        return "utf-16-le"
    return "utf-16-be" if low.count(0) >= 0.9 * len(low) and not high.count(0) else ""


def form_of(content: bytes) -> Form:
    """Tell the form from the header and the first rows of UTF-8 text; commas where nothing speaks for another one."""
    text = content[:SAMPLE].decode(errors="ignore")
    fields = {delimiter: len(rows[0]) for delimiter in DELIMITERS if (rows := _rows(text, delimiter, 2))
              and (delimiter == "," or len(rows[0]) == len(rows[-1]))}  # fmt: skip
    delimiter = max(fields, key=lambda one: fields[one], default=",")
    if delimiter == ",":
        return Form()
    cells = [cell.strip() for row in _rows(text, delimiter, SAMPLE_ROWS)[1:] for cell in row]
    comma, point = (any(re.fullmatch(rf"[+-]?\d+{mark}\d+", cell) for cell in cells) for mark in (",", r"\."))
    return Form(delimiter, "," if comma and not point else ".")


def _rows(text: str, delimiter: str, most: int) -> list[list[str]]:
    """The first rows that are not empty."""
    found: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                found.append(row)
            if len(found) == most:
                break
    except csv.Error:  # a field beyond the reader's limit, a stray line end
        return found
    return found
