"""`aiops record`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from aiops.cli.option import config_option, progress


@click.command()
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--for", "duration", default="1h", show_default=True, help="How long, such as 10m; Ctrl-C ends it sooner."
)
@config_option
def command(target: Path, duration: str, config_path: Path) -> None:
    """Capture the configured sources into a recording, which `aiops replay` plays.

    Example: aiops record friday --for 10m
    """
    from aiops.config import load, seconds
    from aiops.daemon.capture import Capture
    from aiops.telemetry import configure_logging

    configure_logging(json_lines=False, level="WARNING")
    try:
        length = seconds(duration)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    capture = Capture(load(config_path), target)
    with progress("record", length=1000) as shown:
        capture.run(length, stop.is_set, lambda share: shown.update(round(share * 1000) - shown.pos))
    refused = f", {capture.refused} refused" if capture.refused else ""
    click.echo(f"{target}: {capture.samples} samples, {capture.events} events{refused}")
