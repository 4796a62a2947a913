"""`aiops replay`."""

from __future__ import annotations

from pathlib import Path

import click

from aiops.cli.incident import described, public
from aiops.cli.option import config_option, config_or_defaults, format_option, print_json_lines, progress


@click.command()
@click.argument("recording", type=click.Path(path_type=Path, exists=True, file_okay=False))
@format_option
@config_option
def command(recording: Path, form: str, config_path: Path) -> None:
    """The whole pipeline over a recording, on its own time; nothing is sent. One incident a line with --format json.

    Without a configuration file the defaults hold. Example: aiops replay recordings/friday --format json
    """
    from aiops.daemon.playback import play

    config = config_or_defaults(config_path)
    with progress("replay", length=1000) as shown:
        playback = play(recording, config, lambda share: shown.update(max(0, round(share * 1000) - shown.pos)))
    incidents = [public(one) for one in playback.incidents()]
    if form == "json":
        print_json_lines(incidents)
        return
    for incident in incidents:
        click.echo("\n".join(described(incident)) + "\n")
    dropped = ", ".join(f"{count} {reason}" for reason, count in sorted(playback.dropped.items()))
    many = "1 incident" if len(incidents) == 1 else f"{len(incidents)} incidents"
    click.echo(many + (f"; dropped: {dropped}" if dropped else ""))
