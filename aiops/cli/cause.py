"""`aiops cause`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiops.cli.option import format_option, moment, print_json_lines, progress

if TYPE_CHECKING:
    from aiops.diagnosis.answer import Answer


@click.command()
@click.argument("recordings", metavar="RECORDING...", nargs=-1, required=True, type=click.Path(path_type=Path))
@format_option
def command(recordings: tuple[Path, ...], form: str) -> None:
    """Rank root causes of recorded incidents, without thresholds or state. One line per recording with --format json.

    Example: aiops cause recordings/friday --format json
    """
    from aiops.diagnosis.job import diagnose

    with progress("cause", recordings, len(recordings)) as shown:
        for path in shown:
            answer = diagnose(path)
            for note in answer.notes:
                click.echo(f"aiops: {path}: {note}", err=True)
            if form == "json":
                print_json_lines([answer.document()])
            else:
                click.echo("\n".join(_lines(answer)))


def _lines(answer: Answer) -> Iterator[str]:
    yield f"{answer.recording}: onset {moment(answer.onset)}"
    for place, one in enumerate(answer.causes, 1):
        yield f"  {place}. {one.entity}  {one.probability:.0%}"
        yield from (f"       {sentence}" for sentence in one.evidence)
    for change in answer.changes:
        yield f"  change {change.id}  {change.probability:.0%}"
        yield from (f"       {sentence}" for sentence in change.evidence)
    yield f"  none of the recorded changes  {answer.none:.0%}"
