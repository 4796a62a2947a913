"""An `llm.ndjson` (`.gz`, `.zst`) as batches of calls with their line numbers.

A line of our own format is read by itself, one of any other (`dialect`) as it would be live, and may hold several
calls; so may an array. A line that is no call, or has a field that cannot be what it should, is counted under its
reason and gives none; an empty line is nothing. A prompt or completion may be a text or a list of messages; of messages
only those that came from outside are kept, since the operator's own are instructions by right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from aiops.decode.sink import Refused
from aiops.errors import ConfigError
from aiops.recording.rows import Rows, stamp
from aiops.types import LlmCall

BATCH = 2000
"""Calls of a batch."""
NEXT = (
    "Nothing could be read: a line is one JSON object that tells of a call (docs/llm.md lists fields and dialects); "
    "`jq -c . FILE` puts an object that spans many lines on one, a file that was cut off has to be copied again."
)
"""What to do about a file that holds no call."""
OWN_ROLES = frozenset({"system", "developer"})
_TEXT = ("content", "text", "parts", "result", "response", "output")
_NONE = (None,) * 4
UNKNOWN = -1
"""Tokens that a line does not tell."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)


class _Line(msgspec.Struct):
    type: Any = None
    timestamp: Any = None
    entity: str | None = None
    model: str | None = None
    provider: str | None = None
    operation: str | None = None
    prompt: Any = None
    completion: Any = None
    context: Any = None
    input_tokens: float | None = None
    output_tokens: float | None = None
    cache_read_tokens: float | None = None
    cache_write_tokens: float | None = None
    tier: str | None = None
    finish_reason: str | None = None
    error: Any = None
    conversation_id: str | int | None = None
    tool: str | None = None
    agent: Any = None
    cost_usd: float | None = None
    messages: Any = None
    finish_reasons: Any = None
    stop_reason: Any = None
    cached_tokens: Any = None

    def whole(self) -> bool:
        """Whether it is of our own format beyond doubt, and says all that a price needs."""
        told = self.model is not None and self.input_tokens is not None and self.output_tokens is not None
        other = (self.messages, self.finish_reasons, self.stop_reason, self.cached_tokens)
        return told and other == _NONE and (self.type is None or self.type == "llm")


class CallFile(Rows):
    """Lines of calls.

    Attributes
    ----------
    read : calls read so far.
    bad : reason -> lines that are no calls.
    first_bad : (line number, what is wrong) of the first of them.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.read = 0
        self.first_bad: tuple[int, str] | None = None
        self._decoder = msgspec.json.Decoder(_Line, strict=False)

    def batches(self) -> Iterator[tuple[list[int], list[LlmCall]]]:
        """Line numbers, from 1, and the calls they hold.

        Raises
        ------
        ConfigError : the file cannot be read, or holds no call at all.
        """
        for numbers, calls in self._batches():
            self.read += len(calls)
            yield numbers, calls
        if not self.read:
            raise ConfigError(f"{self.losses() or 'holds nothing'}. {NEXT}", file=str(self.path))

    def losses(self) -> str:
        """Which lines are no calls and why, with the first of them; empty = all are calls."""
        if not self.bad:
            return ""
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.bad.items()))
        where = f"; the first is line {self.first_bad[0]}: {self.first_bad[1]}" if self.first_bad else ""
        return f"lines that are no calls: {reasons}{where}"

    def _batches(self) -> Iterator[tuple[list[int], list[LlmCall]]]:
        numbers: list[int] = []
        calls: list[LlmCall] = []
        for number, line in enumerate(self._each(), 1):
            for call in self._calls(number, line):
                numbers.append(number)
                calls.append(call)
            if len(calls) >= BATCH:
                yield numbers, calls
                numbers, calls = [], []
        if calls:
            yield numbers, calls

    def _each(self) -> Iterator[bytes]:
        try:
            for lines in self._lines():
                yield from lines
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", file=str(self.path)) from None

    def _calls(self, number: int, line: bytes | msgspec.Raw) -> Sequence[LlmCall]:
        try:
            said = self._decoder.decode(line)
            return (_call(said),) if said.whole() else self._other(number, line, said)
        except msgspec.ValidationError as error:
            return self._misfit(number, line, error)
        except UNREADABLE as error:
            if bytes(line).strip():
                self._refuse(number, "invalid_json", str(error))
        except Refused as refusal:
            self._refuse(number, refusal.reason, refusal.detail)
        return ()

    def _misfit(self, number: int, line: bytes | msgspec.Raw, error: msgspec.ValidationError) -> Sequence[LlmCall]:
        """The calls of an array; what begins as another thing than an object need not be JSON to its end."""
        first = bytes(line).lstrip()[:1]
        try:
            if first == b"[" and (parts := _parts(line)):
                return [call for part in parts for call in self._calls(number, part)]
            self._refuse(number, "invalid_field" if first == b"{" else "no_object", str(error))
        except UNREADABLE as broken:
            self._refuse(number, "invalid_json", str(broken))
        return ()

    def _other(self, number: int, line: bytes | msgspec.Raw, said: _Line) -> Sequence[LlmCall]:
        from aiops.llmfile.dialect import calls_of

        found = calls_of(msgspec.json.decode(line))
        if found is None:
            return (_call(said),)
        calls, rejected = found
        for one in rejected:
            self._refuse(number, one.reason, one.detail, one.count)
        return calls

    def _refuse(self, number: int, reason: str, message: str, count: int = 1) -> None:
        self.bad[reason] += count
        self.first_bad = self.first_bad or (number, message)


def _parts(line: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    """Elements of an array, none where it has others than objects, or is broken."""
    try:
        parts = msgspec.json.decode(line, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return parts if all(bytes(part).lstrip().startswith(b"{") for part in parts) else []


def _call(line: _Line) -> LlmCall:
    embeds = line.operation == "embeddings"
    return LlmCall(
        timestamp=_time(line.timestamp),
        entity=line.entity or "",
        model=line.model or "",
        provider=line.provider or "",
        operation=line.operation or "chat",
        prompt=text_of(line.prompt),
        completion=text_of(line.completion),
        context=_context(line.context),
        input_tokens=_tokens(line.input_tokens, UNKNOWN),
        output_tokens=_tokens(line.output_tokens, 0 if embeds else UNKNOWN),
        cache_read_tokens=_tokens(line.cache_read_tokens),
        cache_write_tokens=_tokens(line.cache_write_tokens),
        tier=line.tier or "",
        finish_reason=line.finish_reason or "",
        error=text_of(line.error),
        conversation_id=str(line.conversation_id or ""),
        tool=line.tool or "",
        agent=text_of(line.agent),
        cost_usd=line.cost_usd,
    )


def _tokens(said: float | None, unsaid: int = 0) -> int:
    if said is None:
        return unsaid
    if not math.isfinite(said):
        raise Refused("invalid_field", f"tokens are {said}")
    return int(said)


def _time(said: Any) -> float:
    """Epoch seconds; 0 = none that can be read, which is no reason to refuse the texts."""
    at = stamp(said) if isinstance(said, str | float | int) else math.nan
    return 0.0 if math.isnan(at) else at


def text_of(value: Any) -> str:
    """What a field of text says, be it a text, messages, or any other JSON.

    >>> text_of([{"role": "system", "content": "Be kind."}, {"role": "user", "content": [{"text": "Hi"}]}])
    'Hi'
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(text for item in value if (text := text_of(item)))
    if isinstance(value, dict):
        if value.get("role") in OWN_ROLES:
            return ""
        return next((text_of(value[name]) for name in _TEXT if value.get(name)), "") or (
            "" if "role" in value else msgspec.json.encode(value).decode()
        )
    return str(value)


def _context(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    return tuple(text_of(item) for item in value) if isinstance(value, list) else (text_of(value),)
