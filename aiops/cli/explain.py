"""`aiops explain`: from the durable record alone, whether or not a daemon runs."""

from __future__ import annotations

import re
from pathlib import Path

import click

from aiops.cli.incident import described, public
from aiops.cli.option import config_option, format_option, parse_moment, print_json_lines


@click.command()
@click.argument("what")
@click.option(
    "--at", "at_text", help="For a series: the minute in question, ISO 8601 or epoch seconds; default the newest."
)
@format_option
@config_option
def command(what: str, at_text: str | None, form: str, config_path: Path) -> None:
    """Why it paged (WHAT is an incident's id), or why it did not (WHAT is a series or an entity).

    Example: aiops explain 'http_server_requests_total{service_name="web"}' --at 2026-11-21T03:10:00Z
    """
    from aiops.config import load
    from aiops.explain import explain_incident, explain_series
    from aiops.store.repository import Store
    from aiops.store.ring import Ring

    at = parse_moment(at_text) if at_text is not None else None
    config = load(config_path)
    with Store.open(config.state_dir, read_only=True) as store:
        # A short word is rather an entity's name than the beginning of an incident's id.
        incident = store.incident(what) if re.fullmatch(r"[0-9a-f]{4,}", what) else None
        ring = Ring(config.state_dir, config.explain.keep)
        told = explain_series(what, at, config, store, ring) if incident is None else []
        if incident is None and not told and re.fullmatch(r"[0-9a-f]{1,3}", what):
            incident = store.incident(what)
    if incident is not None:
        if form == "json":
            print_json_lines([public(incident)])
        else:
            click.echo("\n".join([*described(incident), "", *explain_incident(incident)]))
        return
    if not told:
        raise click.UsageError(f"neither a series nor how just one incident's id begins: {what!r}")
    if form == "json":
        print_json_lines(one.document for one in told)
    else:
        click.echo("\n\n".join("\n".join(one.lines) for one in told))
