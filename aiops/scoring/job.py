"""One file's way: read, score, write. Files know nothing of each other, so any number of processes gives the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from aiops.canvas import places
from aiops.errors import ConfigError, PermanentError
from aiops.scoring.plot import draw
from aiops.scoring.score import Asked, score
from aiops.scoring.table import SUFFIXES, read
from aiops.scoring.write import write


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job has to say, empty if nothing, and whether its file could not be read or written."""

    note: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """Where one table comes from, where its scores and its picture go, and what was asked for."""

    source: Path
    target: Path
    asked: Asked
    picture: Path | None = None

    def run(self) -> str:
        """Carry it out; return what the user should know, empty if nothing.

        Raises
        ------
        ConfigError : a file cannot be read or written.
        """
        table = read(self.source)
        if not table.names:
            raise ConfigError("holds no column of numbers (columns are parted by commas)", file=str(self.source))
        scores = score(table, self.asked)
        write(self.target, table, scores, expected=self.asked.expected)
        if self.picture is not None:
            draw(self.picture, table, scores, self.source.name)
        return "; ".join(f"{self.source}: {note}" for note in table.notes)

    def attempt(self) -> Outcome:
        """`run`, with a fault of the file as an outcome: one bad file stops no others."""
        try:
            return Outcome(self.run())
        except ConfigError as error:
            return Outcome(str(error), failed=True)


def run(jobs: Sequence[Job], processes: int = 1) -> Iterator[Outcome]:
    """Carry out jobs, yielding the outcome of each in their order.

    Raises
    ------
    PermanentError : a process died.
    """
    if processes == 1 or len(jobs) < 2:
        yield from map(Job.attempt, jobs)
        return
    # Spawned: a forked child would inherit numba's and pyarrow's threads in whatever state they are.
    with ProcessPoolExecutor(min(processes, len(jobs)), get_context("spawn")) as pool:
        try:
            yield from pool.map(Job.attempt, jobs)
        except BrokenProcessPool:
            raise PermanentError("a process died while scoring (out of memory?); try fewer --jobs") from None
        finally:
            pool.shutdown(cancel_futures=True)


def pairs(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """(input, output) of a file, or of every table in a folder, names kept.

    Raises
    ------
    ConfigError : nothing is there, or the input would be written over.
    """
    found = [source] if source.is_file() else sorted(one for one in source.rglob("*") if one.suffix in SUFFIXES)
    if not found:
        raise ConfigError("holds no .csv or .parquet file", file=str(source))
    for one in found:
        out = target if one == source else target / one.relative_to(source)
        if out.exists() and out.samefile(one):
            raise ConfigError("is the input; name another place for the output", file=str(out))
        yield one, out


def plan(source: Path, target: Path, asked: Asked, picture: Path | None = None) -> list[Job]:
    """A job for every table; of a folder, pictures go to a folder and are named after their tables.

    Raises
    ------
    ConfigError : matplotlib is not installed, or the place fits no picture; and as `pairs`.
    """
    if picture is None:
        return [Job(one, out, asked) for one, out in pairs(source, target)]
    todo = list(pairs(source, target))
    # The whole name: a.csv and a.parquet are two tables.
    names = [one.relative_to(source) for one, _ in todo] if source.is_dir() else [Path(source.name)]
    drawn = places(picture, names, several=source.is_dir())
    return [Job(one, out, asked, place) for (one, out), place in zip(todo, drawn, strict=True)]
