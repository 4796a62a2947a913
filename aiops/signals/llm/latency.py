"""The time of a call in four parts that add up to it: queue, prefill, decode, gateway.

A server tells its queue, prefill and decode, a gateway its overhead, a client only when the first token came. Where a
server's call lies inside a client's of the same trace, the client's takes over its parts; what then remains is the way
between them. Nobody can tell a queue from a prefill by the first token alone: then both are prefill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from aiops.types import LlmCall

PARTS = ("queue", "prefill", "decode", "gateway")
SLACK_SECONDS = 0.05
"""How far clocks of two hosts may be apart."""
Split = tuple[float, float, float, float]


def split(call: LlmCall, server: LlmCall | None = None) -> Split | None:
    """Seconds of queue, prefill, decode and gateway; their sum is the duration. None = nothing is told.

    Parameters
    ----------
    server : the call of the server inside this one, where it is known.

    >>> from aiops.types import LlmCall
    >>> split(LlmCall(timestamp=0.0, entity="a", model="m", duration_s=2.0, ttft_s=0.5, gateway_s=0.25))
    (0.0, 0.25, 1.5, 0.25)
    """
    total, told = call.duration_s, server or call
    if total <= 0 or all(one is None for one in (told.queue_s, told.prefill_s, told.decode_s, call.ttft_s)):
        return None
    overhead = min(call.gateway_s or 0.0, total)
    queue = told.queue_s or 0.0
    if told.prefill_s is not None and told.decode_s is not None:
        prefill, decode = told.prefill_s, told.decode_s
    else:
        first = min(call.ttft_s if call.ttft_s is not None else queue + (told.prefill_s or 0.0), total)
        decode = told.decode_s if told.decode_s is not None else max(0.0, total - max(first, overhead))
        prefill = told.prefill_s if told.prefill_s is not None else max(0.0, first - overhead - queue)
    inside = queue + prefill + decode
    if inside + overhead > total:
        # Parts that were measured by another clock, or overlap, share what there is.
        scale = (total - overhead) / inside
        queue, prefill, decode = queue * scale, prefill * scale, decode * scale
    return queue, prefill, decode, max(0.0, total - queue - prefill - decode)


def servers(calls: Sequence[LlmCall]) -> dict[int, LlmCall]:
    """Index of a call -> the server's call inside it, for calls of one step and trace."""
    by_trace: Mapping[str, list[int]] = defaultdict(list)
    for i, call in enumerate(calls):
        if call.trace_id and call.duration_s > 0:
            by_trace[call.trace_id].append(i)
    found: dict[int, LlmCall] = {}
    for among in by_trace.values():
        inner = [i for i in among if calls[i].queue_s is not None]
        for i in among if inner else ():
            if calls[i].queue_s is None and (server := _inside(calls[i], [calls[j] for j in inner])) is not None:
                found[i] = server
    return found


def _inside(outer: LlmCall, inner: Sequence[LlmCall]) -> LlmCall | None:
    """The longest call that lies within another in time."""
    within = [
        one
        for one in inner
        if one.timestamp >= outer.timestamp - SLACK_SECONDS
        and one.timestamp + one.duration_s <= outer.timestamp + outer.duration_s + SLACK_SECONDS
    ]
    return max(within, key=lambda one: (one.duration_s, -one.timestamp), default=None)
