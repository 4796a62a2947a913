"""`aiops logs`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path), help="CSV of line (from 1) and template_id.")
@click.option("--templates", type=click.Path(path_type=Path), help="CSV of template_id, count and template.")
@click.option(
    "--format-regex", "form", help="A line's form, with a group `content`; without it the head of lines is recognised."
)
def command(source: Path, out: Path | None, templates: Path | None, form: str | None) -> None:
    """Learn the templates of a log file: what its lines have in common, `<*>` where they differ.

    Without --out and --templates the templates are printed, the most frequent first.

    Example: aiops logs /var/log/syslog --out lines.csv --templates templates.csv
    """
    from aiops.logfile.parse import line_form, parse
    from aiops.logfile.write import listed, write_lines, write_templates

    parsed = parse(source, line_form(form) if form else None)
    if out is not None:
        write_lines(out, parsed)
    if templates is not None:
        write_templates(templates, parsed)
    if out is None and templates is None:
        from aiops.cli.option import print_table

        rows = [[name, str(count), _shown(text)] for name, count, text in listed(parsed)]
        print_table(rows, ["ID", "LINES", "TEMPLATE"])


def _shown(text: str) -> str:
    """Without what would move the cursor or colour the terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
