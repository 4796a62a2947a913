"""Where the time of a call went, as far as its span says: queue, prefill, decode, gateway, and the first token.

vLLM tells the three parts of its own, LiteLLM its overhead, clients when the first token came: seconds in most
dialects, milliseconds in some, the moment itself in Langfuse. A first token after the end is in
milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from aiops.decode.gen_ai.read import Attributes, finite, number, structure, text

TTFT = ("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token",
        "gen_ai.latency.time_to_first_token", "gen_ai.client.response.time_to_first_token",
        "gen_ai.response.time_to_first_token")  # fmt: skip
TTFT_MILLISECONDS = ("ai.response.msToFirstChunk", "ai.response.msToFirstToken")
FIRST_AT = ("langfuse.observation.completion_start_time",)
QUEUE = ("gen_ai.latency.time_in_queue",)
PREFILL = ("gen_ai.latency.time_in_model_prefill", "gen_ai.latency.time_in_model.prefill")
DECODE = ("gen_ai.latency.time_in_model_decode", "gen_ai.latency.time_in_model.decode")
OVERHEAD_MILLISECONDS = ("litellm_overhead_time_ms", "litellm.overhead_time_ms", "metadata.litellm_overhead_time_ms")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds; None = not told."""

    first: float | None = None
    queue: float | None = None
    prefill: float | None = None
    decode: float | None = None
    gateway: float | None = None


def pace(told: Attributes, begun: float, duration: float) -> Pace:
    """Read what a span says of its time.

    Parameters
    ----------
    begun : when it began, epoch seconds.
    duration : seconds.
    """
    hidden = structure(told.get("hidden_params"))
    overhead = number(told, OVERHEAD_MILLISECONDS)
    if overhead is None and isinstance(hidden, dict):
        overhead = finite(hidden.get("litellm_overhead_time_ms"))
    return Pace(
        first=_first_token(told, begun, duration),
        queue=_positive(number(told, QUEUE)),
        prefill=_positive(number(told, PREFILL)),
        decode=_positive(number(told, DECODE)),
        gateway=_positive(None if overhead is None else overhead / 1e3),
    )


def _first_token(told: Attributes, begun: float, duration: float) -> float | None:
    seconds = number(told, TTFT)
    if seconds is None and (milliseconds := number(told, TTFT_MILLISECONDS)) is not None:
        seconds = milliseconds / 1e3
    elif seconds is None and (moment := text(told, FIRST_AT)):
        seconds = _moment(moment, begun)
    if seconds is not None and seconds > duration > 0 and seconds / 1e3 <= duration:
        seconds /= 1e3
    return _positive(seconds)


def _moment(said: str, begun: float) -> float | None:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - begun, 6)


def _positive(seconds: float | None) -> float | None:
    return seconds if seconds is not None and seconds >= 0 else None
