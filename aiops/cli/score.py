"""`aiops score`."""

from __future__ import annotations

from pathlib import Path

import click

from aiops.cli.option import progress


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path, exists=True))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--expected", is_flag=True, help="Add `<name>:expected` for every series.")
def command(source: Path, target: Path, expected: bool) -> None:
    """Surprise (-log10 p) per row and series of a CSV file, or of a folder of them. Strictly online.

    Example: aiops score metrics.csv surprise.csv --expected
    """
    from aiops.errors import ConfigError
    from aiops.scoring import pairs, read, score, write

    todo = list(pairs(source, target))
    for one, out in todo:
        if out.exists() and out.samefile(one):
            raise ConfigError("is the input; name another place for the output", file=str(out))
    with progress("score", todo) as shown:
        for one, out in shown:
            table = read(one)
            if not table.names:
                click.echo(f"aiops: {one}: holds no column of numbers (columns are parted by commas)", err=True)
            surprise, expectation = score(table)
            try:
                out.parent.mkdir(parents=True, exist_ok=True)
                with out.open("w", newline="", encoding="utf-8") as file:
                    write(table, surprise, expectation if expected else None, file)
            except OSError as error:
                raise ConfigError(f"cannot be written: {error.strerror}", file=str(out)) from None
