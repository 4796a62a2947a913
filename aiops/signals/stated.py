"""What the user states of a model's reference: a file instead of the first rows, a reference for each hour of the week.

The file is frozen once, where it is read; what is kept of it is the state a version would have after those rows, so a
model that begins with a file goes on as any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiops.signals.reference import Value
from aiops.types import Floats, Prediction

ANY = "*"
"""Stands for every model that is not named."""


@dataclass(frozen=True, slots=True)
class Stated:
    """The reference of one model.

    Attributes
    ----------
    seasonal : compared with the same hour of the week.
    file : where the reference is from; empty = from the first rows.
    rows : how many the file holds.
    digest : of the file; another one is another reference.
    parts : a version's state after those rows (`version.taught`).
    """

    seasonal: bool = False
    file: str = ""
    rows: int = 0
    digest: str = ""
    parts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows of the past, column by column.

    Attributes
    ----------
    features, answers : name -> values, all of one length; of answers those that there are.
    times : epoch seconds, shape (rows,); None = not known.
    sample : some of the rows as records, for what becomes of answers.
    """

    features: Mapping[str, Sequence[Value]]
    answers: Mapping[str, Sequence[Value]]
    times: Floats | None
    sample: Sequence[Prediction]


def of_model(stated: Mapping[str, Stated], model: str) -> Stated:
    """What is stated of a model, by its name or of all."""
    return stated.get(model) or stated.get(ANY) or Stated()
