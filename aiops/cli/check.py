"""`aiops check`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from aiops.cli.option import config_option

PATIENCE = 2
"""How often a source that has a problem is asked again, two seconds later."""


@click.command()
@config_option
@click.option("--send", is_flag=True, help="Send one test notification to every receiver.")
def command(config_path: Path, send: bool) -> None:
    """Validate configuration, rules and runbooks; connect to every source and receiver; say how to mend what is wrong.

    Exit status 1: something is wrong. Example: aiops check -c aiops.yaml --send
    """
    from aiops.config import load
    from aiops.daemon.warm import prepare, warm

    config = load(config_path)
    prepare(lambda note: click.echo(f"      {note}"))
    from aiops.daemon.assemble import load_runbooks, settings_of, stated_edges
    from aiops.detect.rule import load_rules
    from aiops.respond.egress import Egress

    Egress.of(config.egress.allow)
    rules, edges, runbooks = load_rules(config.rules), stated_edges(config), load_runbooks(config)
    click.echo(f"ok    {config_path}: {len(rules)} rules, {len(runbooks)} runbooks, {len(edges)} stated edges")
    warm(settings_of(config, rules))
    click.echo("ok    kernels are compiled")
    problems = _state_dir(config.state_dir)
    problems += sum(_source(config, name, settings) for name, settings in config.sources.items())
    problems += sum(_receiver(name, settings, send) for name, settings in config.receivers.items())
    if not config.sources:
        click.echo("note  no sources: only what is pushed over HTTP will be seen")
    if not config.receivers:
        click.echo("note  no receivers: incidents show on the pages alone")
    sys.exit(1 if problems else 0)


def _state_dir(folder: Path) -> int:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    good = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return _tell(f"state_dir {folder}", [] if good else [f"{there} is no folder that this user may write to"])


def _source(config: Any, name: str, settings: dict[str, Any]) -> int:
    from aiops.config import component
    from aiops.ingest.source import SourceContext

    kind, checked = component("aiops.sources", settings, path=f"sources.{name}")
    with tempfile.TemporaryDirectory() as folder:
        source = kind(name, checked, SourceContext(Path(folder), config.step, clock=time.time))
        found = source.check()
        # A server that has come up this moment has nothing to show yet.
        for _ in range(PATIENCE if found else 0):
            time.sleep(2.0)
            if not (found := source.check()):
                break
    return _tell(f"source {name}", found)


def _receiver(name: str, settings: dict[str, Any], send: bool) -> int:
    from aiops.config import component
    from aiops.errors import AiopsError
    from aiops.respond.message import Message

    kind, checked = component("aiops.notifiers", settings, path=f"receivers.{name}")
    receiver, now = kind(checked), time.time()
    try:
        click.echo(f"ok    receiver {name}: {receiver.check()}")
        if send:
            test = Message(
                reference=f"test-{now:.0f}", incident_id="test", status="resolved", severity="info",
                headline="aiops check --send: this is a test, nothing is wrong", started=now, detected=now,
            )  # fmt: skip
            receiver.send(test, "open", None)
            click.echo(f"ok    receiver {name}: test notification sent")
    except AiopsError as error:
        return _tell(f"receiver {name}", [str(error)])
    finally:
        receiver.close()
    return 0


def _tell(what: str, problems: list[str]) -> int:
    for problem in problems:
        click.echo(f"FAIL  {what}: {problem}")
    if not problems:
        click.echo(f"ok    {what}")
    return len(problems)
