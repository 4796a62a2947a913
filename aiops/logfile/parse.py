"""A log file as template numbers: cut into lines, heads taken off, what is left given to the miner.

The file is read piece by piece; neither the size of a piece nor where it ends can be seen in the result. Lines end in
LF or CRLF, bytes of any kind are taken, and an empty line is a line. Of lines of JSON only the message is read. A byte
order mark is none of the first line, and one of UTF-16 (SQL Server, PowerShell) is obeyed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aiops.errors import ConfigError
from aiops.logfile.header import SAMPLE, Header, recognise
from aiops.logfile.header_kernel import ends
from aiops.logfile.json_lines import is_json, messages
from aiops.recording.rows import unpacked
from aiops.signals.templates import Miner
from aiops.types import Ints, Slots

PIECE = 16 << 20
"""Bytes read at a time."""
CONTENT = "content"
_FIELD = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The miner as it is at the end, and the template number of each line, shape (lines,), none of them joined away."""

    miner: Miner
    numbers: Slots


def parse(path: Path, form: re.Pattern[bytes] | None = None, piece: int = PIECE) -> Parsed:
    """Learn the templates of a file.

    Parameters
    ----------
    form : with a group `content`; a line that does not match is its own content. None = the head is recognised.
    piece : bytes read at a time, at least.

    Raises
    ------
    ConfigError : the file cannot be read.
    """
    miner = Miner()
    numbers: list[Slots] = [np.empty(0, np.int32)]
    header: Header | None = None
    as_json: bool | None = None
    try:
        for buffer in _pieces(path, piece):
            start, stop = _lines(buffer)
            if as_json is None:
                as_json = form is None and is_json(buffer, start, stop)
            if as_json:
                buffer, begin, stop = messages(buffer, start, stop)
            elif form is None:
                # The first piece holds the whole sample, however small pieces are.
                header = header or recognise(buffer, start, stop)
                begin = header.contents(buffer, start, stop)
            else:
                begin, stop = _matched(form, buffer, start, stop)
            numbers.append(miner.learn_buffer(buffer, begin, stop))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=str(path)) from None
    return Parsed(miner, miner.resolve(np.concatenate(numbers)))


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    """The file in pieces that end with a line; the first one has at least `SAMPLE` lines that are not empty."""
    with unpacked(path) as source:
        left, enough, more = b"", False, source.read(max(size, 4))
        if (decoder := _decoder(more)) is None:
            more = more.removeprefix(codecs.BOM_UTF8)
        while more:
            left += more if decoder is None else decoder.decode(more).encode()
            cut = left.rfind(b"\n") + 1
            enough = enough or sum(1 for line in left[:cut].split(b"\n") if line.strip()) >= SAMPLE
            if cut and enough:
                yield left[:cut]
                left = left[cut:]
            more = source.read(size)
        if left:
            yield left


def _decoder(begin: bytes) -> codecs.IncrementalDecoder | None:
    """Of a file in UTF-16, as its mark says; None = of any other, its bytes are taken as they are."""
    marked = begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return codecs.getincrementaldecoder("utf-16")("replace") if marked else None


def _lines(buffer: bytes) -> tuple[Ints, Ints]:
    """Where lines begin and end, line ends left out."""
    data = np.frombuffer(buffer, np.uint8)
    stop = ends(data)
    start = np.empty(len(stop), np.int64)
    start[0], start[1:] = 0, stop[:-1] + 1
    carried = (stop > start) & (data[stop - 1] == 13)
    return start, stop - carried


def _matched(form: re.Pattern[bytes], buffer: bytes, start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    begin, end = start.copy(), stop.copy()
    for i, (a, b) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
        if found := form.fullmatch(buffer, a, b):
            begin[i], end[i] = found.span(CONTENT)
    # A group that took no part in the match has the place -1.
    lost = begin < 0
    return np.where(lost, start, begin), np.where(lost, stop, end)


def line_form(text: str) -> re.Pattern[bytes]:
    """Compile a regular expression, or a format as loghub writes it: `<Date> <Time> <Level> <Content>`.

    In the latter a blank stands for any number of them, and names in angle brackets for anything up to what follows.

    Raises
    ------
    ConfigError : it cannot be compiled, or names no content.

    >>> line_form("<Date> <Time>, <Content>").fullmatch(b"2024-05-01  10:00, disk full")["content"]
    b'disk full'
    """
    if "(?P<" not in text and _FIELD.search(text):
        parts = _FIELD.split(text)
        spaced = [re.sub(r"(?:\\ )+", r"\\s+", re.escape(gap)) for gap in parts[::2]]
        fields = [f"(?P<{CONTENT}>.*)" if name.lower() == CONTENT else "(?:.*?)" for name in parts[1::2]]
        text = spaced[0] + "".join(field + gap for field, gap in zip(fields, spaced[1:], strict=True))
    try:
        form = re.compile(text.replace("(?P<Content>", f"(?P<{CONTENT}>").encode())
    except re.error as error:
        raise ConfigError(f"is no regular expression: {error}", path="--format-regex", value=text) from None
    if CONTENT not in form.groupindex:
        raise ConfigError("names no group `content`", path="--format-regex", value=text)
    return form
