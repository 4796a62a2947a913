"""`aiops drift`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiops.cli.option import format_option, print_json_lines, print_table, progress

if TYPE_CHECKING:
    from aiops.drift.reference import Reference, Window
    from aiops.drift.verdict import Verdict

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("reference", metavar="REFERENCE", type=FILE)
@click.argument("current", metavar="CURRENT...", nargs=-1, required=True, type=FILE)
@click.option("--prediction", default="", metavar="COLUMN", help="What the model said: class, number or probability.")
@click.option("--label", default="", metavar="COLUMN", help="What was true; CURRENT may lack it, wholly or in part.")
@click.option("--group", default="", metavar="COLUMN", help="Groups that should be treated alike.")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a report with histograms.")
@format_option
def command(reference: Path, current: tuple[Path, ...], page: Path | None, form: str, **roles: str) -> None:
    """Compare tables (CSV, Parquet, NDJSON) with a reference; several are consecutive windows.

    Ends with 1 if a window alerts, with 0 if none does, with 2 if a file or an option cannot be used.

    Example: aiops drift january.parquet week1.parquet week2.parquet --prediction score --label paid --html report.html
    """
    from aiops.drift.cells import Roles
    from aiops.drift.job import compare, learn

    known, notes = learn(reference, Roles(**roles))
    _tell(reference, notes)
    verdicts: list[Verdict] = []
    seen: tuple[Verdict, Window] | None = None
    with progress("drift", None, len(current)) as bar:
        for verdict, window in compare(known, current):
            bar.update(1)
            _tell(Path(verdict.file), window.table.notes)
            verdicts.append(verdict)
            if seen is None or verdict.alert or not seen[0].alert:
                seen = verdict, window
            if form == "json":
                print_json_lines([verdict.document()])
    if seen is not None:
        _report(known, verdicts, seen, page, form)
    raise SystemExit(int(any(verdict.alert for verdict in verdicts)))


def _tell(file: Path, notes: tuple[str, ...]) -> None:
    for note in notes:
        click.echo(f"aiops: {file}: {note}", err=True)


def _report(
    reference: Reference, verdicts: list[Verdict], seen: tuple[Verdict, Window], page: Path | None, form: str
) -> None:
    """The table, unless JSON was asked for, and the page."""
    from aiops.drift.consequence import consequences
    from aiops.drift.report import HEADER, details, overview, place, quiet, sentences

    if form == "json" and page is None:
        return
    worth = consequences(reference, seen[1])
    if form == "text":
        print_table(overview(verdicts), ["WINDOW", "ROWS", "P", "ALERT", "WHY"])
        which = place(verdicts, seen[0])
        click.echo(f"\n{seen[0].file}{f' ({which})' if which else ''}:")
        if lines := details(seen[0], worth):
            print_table(lines, [name.upper() for name in HEADER])
        click.echo("\n".join(sentences(seen[0]) or ["" if lines else quiet(seen[0])]))
    if page is not None:
        from aiops.drift.page import write

        write(page, reference, verdicts, seen, worth)
        click.echo(f"aiops: wrote {page}", err=True)
