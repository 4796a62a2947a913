"""`aiops backtest`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiops.cli.option import format_option, moment, print_json_lines, progress

if TYPE_CHECKING:  # it would load numpy for `--help`
    from aiops.daemon.backtest import Difference
    from aiops.daemon.trial import Trial

DEFAULTS = "the default configuration"
CHANGES = ("added", "removed", "delayed", "earlier", "changed")


@click.command()
@click.argument("recording", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "-c", "--config", "configs", type=click.Path(path_type=Path), multiple=True, required=True,
    help="A configuration; the first is what the others are compared with, a single one is compared with the defaults.",
)  # fmt: skip
@format_option
def command(recording: Path, configs: tuple[Path, ...], form: str) -> None:
    """What other configurations would have paged on a recording, and which gate makes each difference; nothing is sent.

    Example: aiops backtest recordings/friday --config aiops.yaml --config stricter.yaml
    """
    from tempfile import TemporaryDirectory

    from aiops.config import Config, load
    from aiops.daemon.backtest import compare
    from aiops.daemon.trial import Trial

    tried = [(str(path), load(path)) for path in configs]
    if len(tried) == 1:
        tried.insert(0, (DEFAULTS, Config()))
    with TemporaryDirectory(prefix="aiops-backtest-") as folder:
        trials = []
        for i, (name, config) in enumerate(tried):
            with progress(name, length=1000) as shown:
                trials.append(Trial(name, config, recording, Path(folder, str(i)), _follower(shown)))
        for trial in trials[1:]:
            _tell(trials[0], trial, compare(trials[0], trial), form)


def _follower(shown: Any) -> Callable[[float], None]:
    """Move a bar of a thousand to a share."""
    return lambda share: shown.update(max(0, round(share * 1000) - shown.pos))


def _tell(before: Trial, after: Trial, found: list[Difference], form: str) -> None:
    counts = {change: sum(one.change == change for one in found) for change in CHANGES}
    summary = {"pages": len(after.pages), "before": len(before.pages), "held_back": len(after.held), **counts}
    if form == "json":
        names = {"config": after.name, "against": before.name}
        print_json_lines({**names, **one.document()} for one in found)
        print_json_lines([{**names, "change": "summary", **summary}])
        return
    click.echo(f"{before.name} -> {after.name}: {len(before.pages)} pages -> {len(after.pages)}")
    for one in found:
        click.echo("\n".join(_lines(one)))
    told = ", ".join(f"{count} {change}" for change, count in counts.items() if count)
    click.echo(told or "the same pages at the same times")


def _lines(one: Difference) -> list[str]:
    said = one.document()
    shift = f" by {abs(one.page.at - one.was.at):.0f} s" if one.was and one.change in ("delayed", "earlier") else ""
    lines = [f"\n{one.change}{shift}  {moment(one.page.at)}  {said['incident']}  {said['title']}"]
    lines += [
        f"  {name}: {pair['before'] or 'none'} -> {pair['after'] or 'none'}" for name, pair in said["fields"].items()
    ]
    return lines + [f"  {reason['gate']}: {reason['text']}" for reason in said["reasons"]]
