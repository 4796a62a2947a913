"""`aiops run`."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

import click

from aiops.cli.option import config_option


@click.command()
@config_option
@click.option("--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), default="INFO")
def command(config_path: Path, log_level: str) -> None:
    """Watch the configured sources, page, and run approved runbooks, until SIGTERM.

    SIGHUP reloads rules, runbooks and routes. A second daemon on the same state directory exits 75.

    Example: aiops run -c /etc/aiops/aiops.yaml
    """
    import structlog

    from aiops.config import load
    from aiops.daemon.warm import prepare
    from aiops.telemetry import configure_logging

    config = load(config_path)
    configure_logging(json_lines=not sys.stderr.isatty(), level=log_level)
    prepare(lambda note: structlog.get_logger().info("preparing_kernels", part="daemon", note=note))
    from aiops.daemon.host import Host

    host = Host(config, config_path, time.time)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: host.stop())
    signal.signal(signal.SIGHUP, lambda *_: host.reload())
    threading.current_thread().name = "main"
    host.run()
