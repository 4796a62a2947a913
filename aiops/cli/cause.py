"""`aiops cause`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiops.cli.option import format_option, moment, print_json_lines, progress

if TYPE_CHECKING:
    from aiops.diagnosis.job import Study


@click.command()
@click.argument("recordings", metavar="RECORDING...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path),
    help="Draw the cause graph (.png, .svg, .pdf); of several recordings, a folder.",
)
@format_option
def command(recordings: tuple[Path, ...], picture: Path | None, form: str) -> None:
    """Rank root causes of recorded incidents, without thresholds or state. One line per recording with --format json.

    Example: aiops cause recordings/friday --format json --plot friday.svg
    """
    from aiops.diagnosis.job import study
    from aiops.diagnosis.picture import draw, places
    from aiops.errors import ConfigError

    drawn = places(picture, recordings) if picture else [None] * len(recordings)
    failed = 0
    with progress("cause", zip(recordings, drawn, strict=True), len(recordings)) as shown:
        for path, place in shown:
            try:
                done = study(path)
            except ConfigError as error:
                if len(recordings) == 1:
                    raise
                failed += 1
                click.echo(f"aiops: {error}", err=True)
                continue
            for note in done.answer.notes:
                click.echo(f"aiops: {path}: {note}", err=True)
            if form == "json":
                print_json_lines([done.answer.document()])
            else:
                click.echo("\n".join(_lines(done)))
            if place:
                draw(place, done)
    if failed:
        raise ConfigError(f"{failed} of {len(recordings)} recordings could not be judged")


def _lines(done: Study) -> Iterator[str]:
    answer, summary = done.answer, {one.id: one.summary for one in done.case.changes}
    if answer.causes:
        yield f"{answer.recording}: onset {moment(answer.onset)}"
    else:
        yield f"{answer.recording}: nothing unusual: nothing that was recorded has moved for good"
    for place, one in enumerate(answer.causes, 1):
        yield f"  {place}. {one.entity}  {one.probability:.0%}"
        yield from (f"       {sentence}" for sentence in one.evidence)
    for change in answer.changes:
        yield f"  change {change.id}  {change.probability:.0%}  {summary.get(change.id, '')}".rstrip()
        yield from (f"       {sentence}" for sentence in change.evidence)
    yield f"  none of the recorded changes  {answer.none:.0%}" if answer.changes else "  no change was recorded"
