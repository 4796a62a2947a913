"""Lines of one file of a recording, in blocks, each with its event time.

Only the time of a row is looked at, so that rows can be put in order; whether the rest can be used is for decode.
A row without a readable time is counted. A compressed file that was cut off gives what it holds.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
import numpy as np

from aiops.errors import ConfigError
from aiops.types import Floats, Ints

BLOCK_BYTES = 4 * 2**20
BOM = b"\xef\xbb\xbf"
"""What some editors put before UTF-8."""
KEPT_TIMES = 100_000
NEEDED = ("timestamp", "metric", "value")


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows that have a time.

    Attributes
    ----------
    lines : n rows without their line ends.
    times : shape (n,), epoch seconds.
    numbers : shape (n,), line numbers in the file, from 1.
    """

    lines: list[bytes]
    times: Floats
    numbers: Ints


def stamp(text: str | float) -> float:
    """Epoch seconds or ISO 8601 (without a zone: UTC) -> epoch seconds; NaN = neither.

    >>> stamp("2026-06-01T00:00:15Z"), stamp("1780272015.0"), stamp("soon")
    (1780272015.0, 1780272015.0, nan)
    """
    try:
        return _finite(float(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(str(text).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def _finite(value: float) -> float:
    return value if abs(value) < 1e12 else math.nan


def opened(path: Path) -> BinaryIO:
    """Open for reading, unpacking `.gz` and `.zst`.

    Raises
    ------
    ConfigError : it cannot be read.
    """
    try:
        if path.suffix == ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        if path.suffix == ".zst":
            import zstandard

            reader = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True)
            return cast(BinaryIO, reader)
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(path)) from error


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """As `opened`, for who reads the whole of a file and can do nothing with a part of it.

    Raises
    ------
    ConfigError : it cannot be read, or what it holds cannot be unpacked.
    """
    faults: tuple[type[Exception], ...] = (EOFError, gzip.BadGzipFile, zlib.error)
    if path.suffix == ".zst":
        import zstandard

        faults += (zstandard.ZstdError,)
    try:
        with opened(path) as stream:
            yield stream
    except faults as error:
        raise ConfigError(f"cannot be unpacked: {error}", file=str(path)) from error


class Rows:
    """One file of rows.

    Attributes
    ----------
    bad : reason -> rows refused since the last time `blocks` was begun.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bad: Counter[str] = Counter()

    def blocks(self) -> Iterator[Block]:
        """Read the file from its start."""
        self.bad.clear()
        number = self._first()
        for lines in self._lines():
            times = np.array(self._times(lines), np.float64)
            numbers = np.arange(number, number + len(lines))
            number += len(lines)
            good = ~np.isnan(times)
            if not good.all():
                self.bad["invalid_time"] += int(
                    np.count_nonzero(~good & np.array([bool(line.strip()) for line in lines]))
                )
                lines = [line for line, ok in zip(lines, good.tolist(), strict=True) if ok]
                times, numbers = times[good], numbers[good]
            if lines:
                yield Block(lines, times, numbers)

    def _first(self) -> int:
        return 1

    def _times(self, lines: list[bytes]) -> list[float]:
        raise TypeError("a file of rows says how it tells the time")

    def _chunks(self) -> Iterator[bytes]:
        """Bytes of the file, in pieces of any size."""
        import zstandard

        held, size = [], 0
        with opened(self.path) as file:
            try:
                # `read` would throw away what it unpacked before the place where the file was cut off.
                while chunk := cast(io.BufferedReader, file).read1(BLOCK_BYTES):
                    held.append(chunk)
                    size += len(chunk)
                    if size >= BLOCK_BYTES:
                        yield b"".join(held)
                        held, size = [], 0
            except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError):
                self.bad["cut_off"] += 1
        if held:
            yield b"".join(held)

    def _lines(self) -> Iterator[list[bytes]]:
        rest, mark = b"", BOM
        for chunk in self._chunks():
            lines = (rest + chunk.removeprefix(mark)).split(b"\n")
            mark = b""
            rest = lines.pop()
            yield lines
        if rest:
            yield [rest]


class _Stamp(msgspec.Struct):
    timestamp: Any
    type: str = ""


class JsonRows(Rows):
    """An .ndjson file; each line is given the `type` of the agent's own JSON."""

    def __init__(self, path: Path, tag: str) -> None:
        super().__init__(path)
        self._prefix = b'{"type":"%s",' % tag.encode()
        self._decoder = msgspec.json.Decoder(_Stamp)

    def _times(self, lines: list[bytes]) -> list[float]:
        return [self._time(lines, i) for i in range(len(lines))]

    def _time(self, lines: list[bytes], i: int) -> float:
        try:
            found = self._decoder.decode(lines[i])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return math.nan
        if not found.type:
            lines[i] = self._prefix + lines[i].lstrip()[1:]
        time = found.timestamp
        if type(time) is float:
            return _finite(time)
        return stamp(time) if isinstance(time, str | int) and not isinstance(time, bool) else math.nan


class CsvRows(Rows):
    """metrics.csv. Fields may be quoted and hold line ends.

    Attributes
    ----------
    header : the first line, with its line end.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.header = self._read_header()
        names = _fields(self.header)
        missing = [name for name in NEEDED if name not in names]
        if missing:
            raise ConfigError(f"lacks the column {missing[0]!r}; it has: {', '.join(names)}", file=str(path))
        self._column = names.index("timestamp")
        self._known: dict[bytes, float] = {}

    def _read_header(self) -> bytes:
        import zstandard

        try:
            with opened(self.path) as file:
                first = file.read(65_536).partition(b"\n")[0]
        except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            raise ConfigError(f"cannot be unpacked: {error}", file=str(self.path)) from error
        return first.removeprefix(BOM).rstrip(b"\r") + b"\n"

    def _first(self) -> int:
        return 2

    def _lines(self) -> Iterator[list[bytes]]:
        rest: list[bytes] = []
        header = True
        for lines in super()._lines():
            if header:
                lines, header = lines[1:], False
            if rest or any(b'"' in line for line in lines):
                lines, rest = _whole([*rest, *lines])
            yield lines
        if rest:
            yield [b"\n".join(rest)]

    def _times(self, lines: list[bytes]) -> list[float]:
        texts = [line.partition(b",")[0] for line in lines] if self._column == 0 else [self._text(one) for one in lines]
        known = self._known
        if len(known) > KEPT_TIMES:
            known.clear()
        for text in set(texts).difference(known):
            known[text] = stamp(text.decode("ascii", "replace").strip('" '))
        return [known[text] for text in texts]

    def _text(self, line: bytes) -> bytes:
        if b'"' in line:
            fields = _fields(line)
            return fields[self._column].encode() if len(fields) > self._column else b""
        parts = line.split(b",", self._column + 1)
        return parts[self._column] if len(parts) > self._column else b""


def _whole(lines: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Join lines that a quoted field spans; what is still open comes back as the second part."""
    found: list[bytes] = []
    begun: list[bytes] = []
    for line in lines:
        odd = line.count(b'"') % 2 == 1
        if not begun and not odd:
            found.append(line)
            continue
        begun.append(line)
        if odd and len(begun) > 1:
            found.append(b"\n".join(begun))
            begun = []
    return found, begun


def _fields(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8", "replace").rstrip("\r\n")]), [])
    except csv.Error:
        return []


class ParquetRows(CsvRows):
    """metrics.parquet, as the CSV it could have been."""

    def _read_header(self) -> bytes:
        return _csv([[str(name) for name in self._parquet().schema_arrow.names]])

    def _parquet(self) -> Any:
        import pyarrow.parquet

        try:
            return pyarrow.parquet.ParquetFile(self.path)
        except (OSError, pyarrow.ArrowException) as error:
            raise ConfigError(f"no readable Parquet: {error}", file=str(self.path)) from error

    def _chunks(self) -> Iterator[bytes]:
        import pyarrow
        import pyarrow.csv

        yield self.header
        for batch in self._parquet().iter_batches(65_536):
            at = batch.schema.get_field_index("timestamp")
            if pyarrow.types.is_timestamp(batch.schema.field(at).type):
                # Nanoseconds since the epoch, whatever zone the column names.
                moments = batch.column(at).cast(pyarrow.timestamp("ns", batch.schema.field(at).type.tz))
                seconds = np.asarray(moments.cast(pyarrow.int64())) / 1e9
                batch = batch.set_column(at, "timestamp", pyarrow.array(seconds))
            sink = io.BytesIO()
            pyarrow.csv.write_csv(batch, sink, pyarrow.csv.WriteOptions(include_header=False))
            yield sink.getvalue()


def _csv(rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
