"""`aiops score`."""

from __future__ import annotations

from pathlib import Path

import click

from aiops.cli.option import progress


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path, exists=True))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--expected", is_flag=True, help="Add `<name>:expected` for every series.")
@click.option("--shape", is_flag=True, help="Add `<name>:shape`: how odd the recent stretch is as a whole.")
@click.option(
    "--joint", is_flag=True, help="Add `joint`: all columns of a file as one entity; with --shape, its shape."
)
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path),
    help="Draw a picture (.png, .svg, .pdf); of a folder, a folder.",
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Files scored at the same time.")
def command(source: Path, target: Path, picture: Path | None, jobs: int, **asked: bool) -> None:
    """Surprise (-log10 p) per row and series of a CSV or Parquet file, or of a folder of them. Strictly online.

    Example: aiops score metrics.csv surprise.csv --shape --expected --plot surprise.png
    """
    from aiops.errors import ConfigError
    from aiops.scoring.job import plan, run
    from aiops.scoring.score import Asked

    failed, todo = 0, plan(source, target, Asked(**asked), picture)
    with progress("score", run(todo, jobs), len(todo)) as shown:
        for outcome in shown:
            failed += outcome.failed
            if outcome.note:
                click.echo(f"aiops: {outcome.note}", err=True)
    if failed:
        raise ConfigError(f"{failed} of {len(todo)} files could not be scored")
