"""The cells of a table as the reference wants them: numbers, categories by number, and what fits neither.

Which column is what was decided on the reference (`Plan`); a window is forced into that form, and what resists is
counted: it is a matter of quality, not of distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow
import pyarrow.compute as compute

from aiops.drift import vector
from aiops.drift.column import Ignored, Kind, as_text, classify, is_text, numbers
from aiops.drift.spelling import BOOLEANS, lists
from aiops.drift.table import DICTIONARY, Table
from aiops.errors import ConfigError
from aiops.types import Floats, Ints
from detectors.projection import PROJECTIONS, Vocabulary


@dataclass(frozen=True, slots=True)
class Roles:
    """Columns that are more than features; "" = there is none."""

    prediction: str = ""
    label: str = ""
    group: str = ""

    def named(self) -> dict[str, str]:
        """Role -> column, of those that were given."""
        roles = {"prediction": self.prediction, "label": self.label, "group": self.group}
        return {role: name for role, name in roles.items() if name}


@dataclass(frozen=True, slots=True)
class Plan:
    """How each column is compared, decided on the reference.

    Attributes
    ----------
    kinds : compared columns in the order of the file.
    ignored : the others, and why they are not compared.
    widths : dimensions of embeddings.
    vocabularies : words of the texts, hashed.
    ordered : whether rows stand in order of time, as a column of times or of row numbers shows.
    flags : categories that are booleans.
    """

    kinds: dict[str, Kind]
    ignored: dict[str, str]
    widths: dict[str, int]
    roles: Roles
    ordered: bool
    flags: frozenset[str]
    vocabularies: dict[str, Vocabulary]

    @classmethod
    def of(cls, table: Table, roles: Roles) -> Plan:
        """Decide.

        Raises
        ------
        ConfigError : a role's column is absent or cannot be compared, or no column can.
        """
        for role, name in roles.named().items():
            if name not in table.columns:
                raise ConfigError(f"is no column of {table.file}; it has {_some(table)}", path=f"--{role}", value=name)
        kinds: dict[str, Kind] = {}
        ignored: dict[str, str] = {}
        ordered = False
        for name, column in table.columns.items():
            found = classify(column)
            if isinstance(found, Ignored):
                ignored[name] = found.reason
                ordered |= found.rises
            else:
                kinds[name] = found
        for role, name in roles.named().items():
            if name in ignored or kinds[name] is Kind.EMBEDDING:
                why = ignored.get(name, "it is an embedding")
                raise ConfigError(f"cannot be a {role}: {why}", file=table.file, path=f"--{role}", value=name)
        if not kinds:
            raise ConfigError(f"has no column that can be compared: {_some(table)}", file=table.file)
        widths = {name: vector.width_of(table.columns[name]) for name, kind in kinds.items() if kind is Kind.EMBEDDING}
        if roles.group:
            kinds[roles.group] = Kind.CATEGORICAL
        flags = frozenset(name for name in kinds if pyarrow.types.is_boolean(table.columns[name].type))
        texts = [name for name, kind in kinds.items() if kind is Kind.TEXT]
        vocabularies = {name: vector.vocabulary_of(table.columns[name]) for name in texts}
        return cls(kinds, ignored, widths, roles, ordered, flags, vocabularies)

    @property
    def words(self) -> list[str]:
        """Columns that are text whatever they look like."""
        texts = (Kind.CATEGORICAL, Kind.TEXT)
        return [name for name, kind in self.kinds.items() if kind in texts and name not in self.flags]


def _some(table: Table) -> str:
    names = list(table.columns)
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


@dataclass(frozen=True, slots=True)
class Words:
    """A categorical column: codes of shape (rows,), -1 = missing, and the values they are of."""

    codes: Ints
    values: list[str]

    def onto(self, known: Mapping[str, int], other: int) -> Ints:
        """Codes among known values, shape (rows,); `other` = not among them, -1 = missing."""
        place = np.array([known.get(value, other) for value in self.values] + [-1], np.int64)
        return np.asarray(place[self.codes], np.int64)


@dataclass(frozen=True, slots=True)
class Cells:
    """One table in the reference's form.

    Attributes
    ----------
    numbers : shape (rows,) for a number, (rows, k) for text and embeddings; NaN = none.
    words : categorical columns.
    missing, alien : cells that hold nothing, and cells that hold something of another kind.
    infinite : cells that hold an infinity, of the columns of numbers that have some.
    """

    rows: int
    numbers: dict[str, Floats] = field(default_factory=dict)
    words: dict[str, Words] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    alien: dict[str, int] = field(default_factory=dict)
    infinite: dict[str, int] = field(default_factory=dict)


def extract(plan: Plan, table: Table, *, teaching: bool = False) -> Cells:
    """The compared columns that the table has; `teaching` = it is the reference."""
    cells = Cells(table.rows)
    for name, kind in plan.kinds.items():
        if name not in table.columns:
            continue
        column = table.columns[name]
        alien = 0
        if kind is Kind.NUMERIC:
            found = numbers(column)
            cells.numbers[name], missing, alien = found.values, found.missing, found.alien
            if found.infinite:
                cells.infinite[name] = found.infinite
        elif kind is Kind.CATEGORICAL:
            cells.words[name] = _flags(column) if name in plan.flags else _words(column)
            missing = int(np.count_nonzero(cells.words[name].codes < 0))
        elif kind is Kind.TEXT:
            text = vector.of_text(column, plan.vocabularies[name], own=teaching)
            cells.numbers[name], missing = text, column.null_count
        else:
            cells.numbers[name], missing, alien = _embedded(column, plan.widths[name])
        cells.missing[name], cells.alien[name] = missing, alien
    return cells


def _embedded(column: pyarrow.ChunkedArray, width: int) -> tuple[Floats, int, int]:
    missing, broken = column.null_count, 0
    if is_text(column.type):
        column, broken = lists(column)
    if classify(column) is not Kind.EMBEDDING:
        return np.full((len(column), 1 + PROJECTIONS), np.nan), missing, len(column) - missing
    found, alien = vector.of_embedding(column, width)
    return found, missing, alien + broken


def _flags(column: pyarrow.ChunkedArray) -> Words:
    """Booleans however they are written: another file says `True`, 1 or `TRUE`."""
    found = _words(column)
    return Words(found.codes, [BOOLEANS.get(value.strip().lower(), value) for value in found.values])


def _words(column: pyarrow.ChunkedArray) -> Words:
    if column.type != DICTIONARY:
        column = as_text(column).dictionary_encode()
    column = column.unify_dictionaries()
    if not column.num_chunks:
        return Words(np.zeros(0, np.int64), [])
    codes = [np.asarray(compute.fill_null(chunk.indices, -1), np.int64) for chunk in column.chunks]
    values = column.chunk(0).dictionary.to_pylist()
    return Words(np.concatenate(codes), [str(value) for value in values])
