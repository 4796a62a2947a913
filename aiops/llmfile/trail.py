"""The audit trail of tools: who called which tool when, with what outcome, and whether it was a loop.

What a tool was asked and what it returned are hashes: equal ones were equal, and nothing else is told. (Short arguments
can be guessed and compared; keep a trail as you would keep a log of access.)
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import xxhash

from aiops.llmfile.loop import TOOLS, Loops
from aiops.llmfile.read import CallFile
from aiops.signals.llm.amount import kind_of_error
from aiops.types import LlmCall


class Use(msgspec.Struct, gc=False):
    """One call of a tool, in the order in which it is printed."""

    line: int
    timestamp: float | None
    entity: str
    conversation_id: str
    agent: str
    tool: str
    arguments: str
    result: str
    error: str
    loop: bool


def uses(file: CallFile) -> Iterator[list[Use]]:
    """Batch by batch, in the order of the file.

    Raises
    ------
    ConfigError : the file cannot be read.
    """
    loops = Loops()
    for numbers, calls in file.batches():
        looping = loops.see(calls)
        yield [_use(numbers[i], call, looping[i]) for i, call in enumerate(calls) if call.operation in TOOLS]


def _use(line: int, call: LlmCall, loop: bool) -> Use:
    return Use(
        line=line,
        timestamp=call.timestamp or None,
        entity=call.entity,
        conversation_id=call.conversation_id,
        agent=call.agent,
        tool=call.tool,
        arguments=_hash(call.prompt),
        result=_hash(call.completion),
        error=kind_of_error(call.error) if call.error else "",
        loop=loop,
    )


def _hash(text: str) -> str:
    return xxhash.xxh3_64_hexdigest(text.encode("utf-8", "surrogatepass")) if text else ""
