"""Writes a recording folder: for `aiops record`, and for tests.

The columns of metrics.csv are the labels seen so far. A new label rewrites the file with one column more, so that it is
a valid table at any moment and a single frame when compressed; that happens a few dozen times in a recording's life,
nearly all of them in its first second. Deltas are written as their running sum: the format knows cumulative counters.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec

from aiops.errors import ConfigError
from aiops.recording.rows import opened
from aiops.types import AnyEvent, Edge, Kind, Labels, Samples

COLUMNS = ("timestamp", "entity", "metric", "value")
_FILES = {
    "log": "logs",
    "span": "spans",
    "change": "changes",
    "prediction": "predictions",
    "llm": "llm",
    "alert": "alerts",
    "feedback": "feedback",
}

Compress = Literal["", "gz", "zst"]


class Writer:
    """A folder in the recording format, written in any order; a context manager.

    Parameters
    ----------
    folder : made if need be; must not hold a recording already.
    compress : `gz`, `zst` or empty.

    Raises
    ------
    ConfigError : the folder holds files of a recording.
    """

    def __init__(self, folder: Path | str, compress: Compress = "") -> None:
        self.folder, self.compress = Path(folder), compress
        self.folder.mkdir(parents=True, exist_ok=True)
        taken = sorted(one.name for name in ("metrics", *_FILES.values()) for one in self.folder.glob(f"{name}.*"))
        if taken:
            raise ConfigError(f"holds {taken[0]} already; name a new folder", file=str(folder))
        self._files: dict[str, BinaryIO] = {}
        self._names: list[str] = []
        self._text: dict[tuple[Labels, int], tuple[str, str]] = {}
        self._sums: dict[Labels, float] = {}

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def samples(self, samples: Samples, labels: Sequence[Labels], kinds: Sequence[int] = ()) -> None:
        """Append samples.

        Parameters
        ----------
        samples : their slots index `labels`.
        kinds : `Kind` of each slot; empty = no deltas among them.
        """
        used = {slot: labels[slot] for slot in dict.fromkeys(samples.series.tolist())}
        self._widen({name for one in used.values() for name, _ in one.pairs if name != "__name__"})
        rows = []
        for slot, time, value in zip(
            samples.series.tolist(), samples.timestamp.tolist(), samples.value.tolist(), strict=True
        ):
            one = used[slot]
            if len(kinds) and kinds[slot] == Kind.DELTA:
                value = self._sums[one] = self._sums.get(one, 0.0) + (value if value == value else 0.0)
            head, tail = self._row(one)
            rows.append(f"{time!r},{head},{value!r}{tail}\n")
        if rows:
            self._files["metrics.csv"].write("".join(rows).encode())

    def events(self, events: Iterable[AnyEvent]) -> None:
        """Append logs, spans, changes, predictions, LLM calls and alerts to the file of each."""
        for event in events:
            tag = str(type(event).__struct_config__.tag)
            line = msgspec.json.encode(event)
            # The file's name says the type.
            self._open(f"{_FILES[tag]}.ndjson").write(b"{" + line.partition(b",")[2] + b"\n")

    def edges(self, edges: Iterable[Edge]) -> None:
        """Write topology.csv anew."""
        with (self.folder / "topology.csv").open("w", encoding="utf-8", newline="") as file:
            rows = [(edge.source, edge.target, edge.kind) for edge in edges]
            csv.writer(file, lineterminator="\n").writerows([("source", "target", "kind"), *rows])

    def flush(self) -> None:
        """Give what is buffered to the system; a compressed file may keep the last block until `close`."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """End all files; safe to call twice."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _row(self, labels: Labels) -> tuple[str, str]:
        key = (labels, len(self._names))
        if key not in self._text:
            values = labels.as_dict()
            head = _line((labels.entity, labels.metric))
            tail = _line(tuple(values.get(name, "") for name in self._names))
            self._text[key] = (head, f",{tail}" if self._names else "")
        return self._text[key]

    def _widen(self, names: set[str]) -> None:
        """See to it that metrics.csv has a column for each of `names`."""
        new = sorted(names.difference(self._names))
        if not new and "metrics.csv" in self._files:
            return
        self._names += new
        self._text.clear()
        before = self._path("metrics.csv")
        header = f"{_line((*COLUMNS, *self._names))}\n".encode()
        if "metrics.csv" not in self._files:
            self._open("metrics.csv").write(header)
            return
        self._files.pop("metrics.csv").close()
        old = before.rename(before.with_name(f".{before.name}"))
        with opened(old) as rows:
            wider = self._open("metrics.csv")
            wider.write(header)
            _pad(rows, wider, b"," * len(new))
        old.unlink()

    def _path(self, name: str) -> Path:
        return self.folder / (f"{name}.{self.compress}" if self.compress else name)

    def _open(self, name: str) -> BinaryIO:
        if name not in self._files:
            self._files[name] = self._created(self._path(name))
        return self._files[name]

    def _created(self, path: Path) -> BinaryIO:
        if self.compress == "gz":
            return cast(BinaryIO, gzip.open(path, "wb", compresslevel=6))
        if self.compress == "zst":
            import zstandard

            return cast(BinaryIO, zstandard.ZstdCompressor().stream_writer(path.open("wb")))
        return path.open("wb")


def _line(fields: Sequence[str]) -> str:
    # A line end inside a field would make two lines of the rows that `_pad` lengthens.
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([field.replace("\n", "\\n").replace("\r", "\\r") for field in fields])
    return text.getvalue()


def _pad(rows: BinaryIO, wider: BinaryIO, commas: bytes) -> None:
    """Copy all rows but the header, each with so many empty fields more."""
    buffered = io.BufferedReader(cast(io.RawIOBase, rows), 2**20)
    buffered.readline()
    while lines := buffered.readlines(2**20):
        wider.write(b"".join(line[:-1] + commas + b"\n" for line in lines))
