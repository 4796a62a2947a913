"""Streaming log template mining: a line in, the number of its template out.

Our own, because a log line is the most frequent event there is and the usual miner spends 25 us on one.
Most lines repeat a shape that is known: their variables are told by token class alone, so that a hash of
the masked line finds the template in one look (`template_kernel`). Only an unknown shape goes to a tree after
Drain's (He et al., ICWS 2017), where positions that show enough different words become `<*>`.

One configuration serves every system: there are no masks to write. State is arrays; nothing is pickled.
It is bounded in templates, tokens and bytes of a line and known shapes, whatever the lines are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aiops.signals import line_kernel, template_kernel
from aiops.signals.template_table import CHUNK, TemplateTable
from aiops.types import Ints, Slots

OVERFLOW = 0
"""Template of lines that would need one more template than `MinerLimits` allows."""


@dataclass(frozen=True, slots=True)
class MinerLimits:
    """How much a miner may hold.

    Attributes
    ----------
    templates : more lead to the template `OVERFLOW`.
    shapes : masked lines remembered (a power of two, at least 1,024); when full, all are looked up anew.
    similarity : share of equal tokens from which lines may share a template.
    words, names : different words at a position from which it is a variable; a name is a word with digits or
        punctuation in it.
    """

    templates: int = 10_000
    shapes: int = 65_536
    similarity: float = 0.6
    words: int = 4
    names: int = 2


class Miner:
    """Templates of one stream of lines.

    >>> miner = Miner()
    >>> ids = miner.learn(["user 17 logged in", "user 4 logged in", "disk full"])
    >>> [miner.template(i) for i in ids]
    ['user <*> logged in', 'user <*> logged in', 'disk full']

    Numbers count from 1 in order of creation and never change; a template's text may become more general.
    """

    def __init__(self, limits: MinerLimits | None = None) -> None:
        self._limits = limits or MinerLimits()
        self._clear()

    def _clear(self) -> None:
        self._table = TemplateTable(self._limits.templates + 1, self._limits.shapes)
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._altered: set[int] = set()
        # Number 0 is taken by a template that no line is compared with.
        self._table.state[template_kernel.TEMPLATES] = 1
        self._table.stale.add(0)

    def __len__(self) -> int:
        """Templates, the one for overflow included."""
        return len(self._table)

    def learn(self, lines: Sequence[str] | Sequence[bytes]) -> Slots:
        """Template of each line; what was unknown is learnt.

        Parameters
        ----------
        lines : all str or all bytes. A newline inside a line counts as a space. Bytes of any kind and lines
            of any length are taken; only the first `line_kernel.MAX_BYTES` bytes are looked at.

        Returns
        -------
        shape (len(lines),), int32. Any split of the lines into calls gives the same numbers.
        """
        if not lines:
            return np.empty(0, np.int32)
        buffer = _joined(lines)
        ends = _newlines(buffer)
        if len(ends) != len(lines) - 1:
            buffer = b"\n".join(_joined((line,)).replace(b"\n", b" ") for line in lines)
            ends = _newlines(buffer)
        start, stop = np.zeros(len(lines), np.int64), np.full(len(lines), len(buffer), np.int64)
        stop[:-1] = ends
        start[1:] = ends + 1
        return self._learn(buffer, start, stop)

    def learn_buffer(self, buffer: bytes, start: Ints, stop: Ints) -> Slots:
        """As `learn`, for lines that lie in one buffer: line i is `buffer[start[i]:stop[i]]`.

        Raises
        ------
        ValueError : if a line lies outside the buffer.
        """
        if len(start) != len(stop) or not np.all((start >= 0) & (start <= stop) & (stop <= len(buffer))):
            raise ValueError("a line lies outside the buffer")
        return self._learn(buffer, start.astype(np.int64), stop.astype(np.int64))

    def _learn(self, buffer: bytes, start: Ints, stop: Ints) -> Slots:
        table = self._table
        data = np.frombuffer(buffer, np.uint8)
        out = np.empty(len(start), np.int32)
        done = 0
        while True:
            done = template_kernel.learn(
                data, start, stop, done, out, table.shapes, table.tree, table.store, table.state, line_kernel.TABLES,
                (self._limits.similarity, self._limits.words, self._limits.names),
            )  # fmt: skip
            if done == len(out):
                break
            table.grow()
        return out

    def _note(self) -> None:
        """Take down what the kernel created or altered; put off until somebody asks."""
        table = self._table
        flags = table.template[: len(table), template_kernel.ALTERED]
        if len(self._names) == len(table) and not flags.any():
            return
        for number in np.flatnonzero(flags).tolist():
            self._altered.add(number)
            self._texts.pop(number, None)
            table.stale.add(number // CHUNK)
        flags[:] = 0
        for number in range(len(self._names), len(table)):
            value = int(table.origin[number])
            while (name := f"{value:08x}") in self._numbers:
                # Two masked texts of one hash: the later one takes the next free name.
                value = (value + 1) & 0xFFFFFFFF
            self._names.append(name)
            self._numbers[name] = number

    def template(self, number: int) -> str:
        """Text of a template, `<*>` where lines differ.

        Raises
        ------
        IndexError : for a number that `learn` never gave.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"no template {number}")
        self._note()
        text = self._texts.get(number)
        if text is None:
            text = self._texts[number] = self._render(number)
        return text

    def _render(self, number: int) -> str:
        if number == OVERFLOW:
            return "<*>"
        table = self._table
        first, count = table.template[number, : template_kernel.COUNT + 1].tolist()
        pieces: list[bytes] = []
        for gap, begin, end, kind in table.text[first : first + count].tolist():
            pieces.append(table.texts[gap:begin].tobytes())
            pieces.append(b"<*>" if kind == line_kernel.ANY else table.texts[begin:end].tobytes())
        return " ".join(b"".join(pieces).decode("utf-8", "replace").split())

    def resolve(self, numbers: Slots) -> Slots:
        """The templates that now stand for earlier answers of `learn`: some were joined since."""
        alias = self._table.template[:, template_kernel.ALIAS]
        found = alias[numbers]
        while not np.array_equal(found, alias[found]):
            found = alias[found]
        return found

    def relative(self, number: int) -> int:
        """The template that was most similar when this one was created, itself when none was."""
        found = int(self._table.template[number, template_kernel.RELATIVE])
        return found if found >= 0 else number

    def name(self, number: int) -> str:
        """Stable id: 8 hex digits of the masked text the template was created from, equal on any machine."""
        self._note()
        return self._names[number]

    def number(self, name: str) -> int | None:
        """The template of a stable id, None when it is not known."""
        self._note()
        return self._numbers.get(name)

    def altered(self) -> list[int]:
        """Templates created or generalised since the last call, ascending."""
        self._note()
        found, self._altered = sorted(self._altered), set()
        return found

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts; a part that did not change is the same object as last time."""
        self._note()
        return self._table.snapshot()

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken.

        Raises
        ------
        ValueError : when the parts are of another format.
        """
        self._clear()
        self._table.state[template_kernel.TEMPLATES] = 0
        self._table.stale.clear()
        self._names.clear()
        self._numbers.clear()
        self._table.restore(parts)


def _joined(lines: Sequence[str | bytes]) -> bytes:
    """The lines with newlines between them."""
    if isinstance(lines[0], str):
        # Lone surrogates are bytes that were no UTF-8 to begin with.
        return "\n".join(lines).encode("utf-8", "surrogatepass")  # type: ignore[arg-type]
    return b"\n".join(lines)  # type: ignore[arg-type]


def _newlines(buffer: bytes) -> Ints:
    return np.flatnonzero(np.frombuffer(buffer, np.uint8) == 10)
