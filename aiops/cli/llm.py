"""`aiops llm`."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiops.cli.option import config_option, config_or_defaults, format_option, moment, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiops.llmfile.judge import Verdict
    from aiops.llmfile.read import CallFile
    from aiops.signals.prices import PriceBook
    from aiops.types import LlmCall


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--benign",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Calls of your own that are no attacks: an injection of .5 is then what one in a hundred of them reaches.",
)
@click.option(
    "--tools", is_flag=True, help="The audit trail of tools instead: who called which, hashes, errors, loops."
)
@config_option
@format_option
def command(source: Path, benign: Path | None, tools: bool, config_path: Path, form: str) -> None:
    """Text signals of recorded LLM calls: injection, refusal, personal data, language, grounding, loops, cost.

    FILE holds one JSON object a line: our llm.ndjson, OTLP or printed spans, what LiteLLM logs; `.gz` and `.zst` are
    allowed. One line per call with --format json; a line that is no call prints nothing and is counted on stderr. No
    text of a call is printed. `prices` of the configuration come before the shipped ones.

    Example: aiops llm recordings/friday/llm.ndjson --format json
    """
    from aiops.llmfile.judge import bar_of, verdicts
    from aiops.llmfile.read import CallFile

    file, at = CallFile(source), 0.0
    if benign is not None:
        own = CallFile(benign)
        at, known = bar_of(own)
        _tell_bad(own)
        click.echo(
            f"aiops: {known} benign calls of {benign}: {_likely(at):.2f} of the shipped scale is now .5", err=True
        )
    if tools:
        _trail(file, form)
    else:
        (_lines if form == "json" else _tables)(verdicts(file, at, _prices(config_path)))
    _tell_bad(file)


def _likely(at: float) -> float:
    """Probability of log odds."""
    return 1.0 / (1.0 + math.exp(-at))


def _tell_bad(file: CallFile) -> None:
    if said := file.losses():
        click.echo(f"aiops: {file.path}: {said}", err=True)


def _prices(config: Path) -> PriceBook | None:
    """The shipped prices and before them those of the configuration, None = it states none."""
    stated = config_or_defaults(config)
    if not stated.prices:
        return None
    from aiops.daemon.assemble import prices_of

    return prices_of(stated)


def _lines(batches: Iterator[list[tuple[Verdict, LlmCall]]]) -> None:
    import msgspec

    encoder = msgspec.json.Encoder()
    out = sys.stdout.buffer
    for batch in batches:
        out.write(encoder.encode_lines([verdict for verdict, _ in batch]))
    out.flush()


def _trail(file: CallFile, form: str) -> None:
    import msgspec

    from aiops.llmfile.trail import uses

    if form == "json":
        encoder = msgspec.json.Encoder()
        for batch in uses(file):
            sys.stdout.buffer.write(encoder.encode_lines(batch))
        sys.stdout.buffer.flush()
        return
    rows = [
        [str(one.line), moment(one.timestamp), one.entity, one.conversation_id, one.agent, one.tool, one.arguments,
         one.result, one.error, "loop" if one.loop else ""]
        for batch in uses(file)
        for one in batch
    ]  # fmt: skip
    header = ["LINE", "TIME", "ENTITY", "CONVERSATION", "AGENT", "TOOL", "ARGUMENTS", "RESULT", "ERROR", ""]
    print_table([[cell or "-" for cell in row[:-1]] + row[-1:] for row in rows], header)


def _tables(batches: Iterator[list[tuple[Verdict, LlmCall]]]) -> None:
    from aiops.llmfile.summary import Summary

    found = Summary()
    for batch in batches:
        found.add(batch)
    click.echo(f"{found.calls} calls")
    print_table(found.signals(), ["SIGNAL", "CALLS", "SHARE", "LINES"])
    click.echo()
    print_table(found.costs(), ["MODEL", "CALLS", "USD", "UNPRICED"])
    for note in found.notes():
        click.echo(note)
