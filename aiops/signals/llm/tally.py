"""What one step's calls add up to, before it becomes series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiops.signals.emitted import Key, key
from aiops.signals.llm.amount import Amount
from aiops.signals.llm.latency import PARTS, split
from aiops.types import Edge, LlmCall

Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What one step adds up to."""

    counts: dict[Key, float] = field(default_factory=lambda: defaultdict(float))
    by_call: dict[Name, dict[str, float]] = field(default_factory=dict)
    """(entity, model, host) -> metric -> amount."""
    seconds: dict[Name, list[float]] = field(default_factory=lambda: defaultdict(list))
    means: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    edges: set[Edge] = field(default_factory=set)


def add(amounts: dict[str, float], more: Iterable[Amount]) -> None:
    """Add amounts to those that are there."""
    for metric, amount in more:
        amounts[metric] = amounts.get(metric, 0.0) + amount


def paces(call: LlmCall, server: LlmCall | None, tally: Tally) -> None:
    """Time, its parts and its pace, and the length of both sides, of a call that went well."""
    name = (call.entity, call.model, call.host)
    where = {"service_name": call.entity, "model": call.model, "host_name": call.host}
    if call.duration_s > 0:
        tally.seconds["llm_duration_seconds", *name].append(call.duration_s)
    if call.ttft_s is not None and call.ttft_s >= 0:
        tally.seconds["llm_ttft_seconds", *name].append(call.ttft_s)
    if call.input_tokens > 0:
        tally.means[key("llm_input_tokens_mean", where)].append(call.input_tokens)
    if call.output_tokens > 0:
        tally.means[key("llm_output_tokens_mean", where)].append(call.output_tokens)
    if call.said is not None and call.said.groundedness is not None:
        tally.means[key("llm_groundedness_mean", where)].append(call.said.groundedness)
    if (parts := split(call, server)) is None:
        return
    for part, seconds in zip(PARTS, parts, strict=True):
        tally.means[key(f"llm_{part}_seconds_mean", where)].append(seconds)
    tally.means[key("llm_split_seconds_mean", where)].append(call.duration_s)
    if call.output_tokens > 1 and parts[2] > 0:
        tally.seconds["llm_token_seconds", *name].append(parts[2] / (call.output_tokens - 1))
