"""Conversations and runs of agents: their cost so far, their depth, and whether they still get anywhere.

A conversation is known by its id, a run of an agent that tells none by its trace. `LIMIT` are followed at a time; for a
newcomer the one that was silent longest is let go and counted. One that ended (silent for half an hour) teaches what a
conversation usually costs.

It runs away when eight tool calls in a row brought nothing new, or when it costs eight times what ninety-five in a
hundred cost: that is told while it still runs, long before a budget of the day is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import xxhash

from aiops.signals.emitted import Key, key
from aiops.signals.llm import conversation_kernel as kernel
from aiops.signals.llm.usual import Usual
from aiops.signals.quantile import RecentQuantiles
from aiops.types import Floats, LlmCall

LIMIT = 4_096
IDLE_SECONDS, PRESENT_SECONDS = 1_800.0, 300.0
STANDSTILL = 8
FLAGS = {
    kernel.REPEATED: "llm_agent_repeats", kernel.ALTERNATING: "llm_agent_alternations",
    kernel.STALLED: "llm_agent_stalls", kernel.BOUNCED: "llm_agent_handoff_loops",
}  # fmt: skip
KINDS = {"execute_tool": kernel.TOOL, "tool": kernel.TOOL, "invoke_agent": kernel.AGENT}
COLUMNS = ("begun", "last", "cost", "turns", "looped")
FORMAT = 1
LATEST, LONGEST = 5, 60
"""Tools of a conversation that are named, and characters of a name."""


class Conversations:
    """State of the conversations of one partition, as columns.

    Parameters
    ----------
    step_seconds : length of a step.
    limit : conversations followed at a time.
    """

    def __init__(self, step_seconds: float, limit: int = LIMIT) -> None:
        self._limit = limit
        self._slot: dict[tuple[str, str], int] = {}
        self._quantiles = RecentQuantiles(step_seconds)
        self._usual = Usual()
        self._encoded: bytes | None = None
        self._float = {name: np.zeros(limit) for name in COLUMNS}
        self._rings = {name: np.zeros((limit, kernel.RING), np.uint64) for name in ("tools", "results", "agents")}
        self._count = np.zeros((limit, 3), np.int64)
        self._did: dict[int, list[str]] = {}
        self._free = list(range(limit - 1, -1, -1))
        self._silent: list[tuple[float, tuple[str, str]]] | None = None

    def close(
        self, step: float, calls: Sequence[LlmCall], dollars: Sequence[float], counts: dict[Key, float]
    ) -> dict[Key, float]:
        """Follow the step's calls in order; loops go into `counts`, the rest is returned as gauges.

        Parameters
        ----------
        dollars : what each call cost, 0 = nothing or not known.
        """
        self._end(step)
        followed = [i for i, call in enumerate(calls) if call.conversation_id or _runs(call)]
        if followed:
            self._follow(step, [calls[i] for i in followed], [dollars[i] for i in followed], counts)
        return self._gauges(step)

    def _follow(
        self, step: float, calls: Sequence[LlmCall], dollars: Sequence[float], counts: dict[Key, float]
    ) -> None:
        self._encoded = None
        self._silent = None
        taken = [self._take(step, call, counts) for call in calls]
        calls = [call for call, slot in zip(calls, taken, strict=True) if slot is not None]
        dollars = [cost for cost, slot in zip(dollars, taken, strict=True) if slot is not None]
        slots = np.array([slot for slot in taken if slot is not None], np.int64)
        kinds = np.array([KINDS.get(call.operation, kernel.MODEL) for call in calls], np.int64)
        asked, result, agent = np.array([_hashes(call) for call in calls], np.uint64).T.copy()
        tools, results, agents = self._rings.values()
        flags = kernel.follow(slots, kinds, asked, result, agent, tools, results, agents, self._count)
        np.add.at(self._float["cost"], slots, np.asarray(dollars))
        np.add.at(self._float["turns"], slots, 1.0)
        self._float["looped"][slots[flags > 0]] = step
        for call, slot in zip(calls, slots.tolist(), strict=True):
            if KINDS.get(call.operation) == kernel.TOOL:
                did = f"{call.tool[:LONGEST]} (failed)" if call.error else call.tool[:LONGEST]
                self._did[slot] = [*self._did.get(slot, ()), did][-LATEST:]
        for call, flag in zip(calls, flags.tolist(), strict=True):
            for bit, metric in FLAGS.items() if kinds.any() else ():
                counts[key(metric, {"service_name": call.entity})] += bool(flag & bit)

    def _take(self, step: float, call: LlmCall, counts: dict[Key, float]) -> int | None:
        """Where a call's conversation is followed; None = nowhere, as more than the limit speak within the step."""
        name = _name(call)
        slot = self._slot.get(name)
        if slot is None and not self._free:
            counts[key("llm_conversations_evicted", {"service_name": call.entity})] += 1
            if not self._make_room(step):
                return None
        if slot is None:
            slot = self._slot[name] = self._free.pop()
            self._float["begun"][slot] = step
            counts[key("llm_conversations", {"service_name": call.entity})] += 1
        self._float["last"][slot] = step
        return slot

    def _make_room(self, step: float) -> bool:
        """Let the one go that was silent longest; False = all have spoken in this step."""
        last = self._float["last"]
        if self._silent is None:
            self._silent = sorted(((last[slot], name) for name, slot in self._slot.items()), reverse=True)
        while self._silent:
            at, name = self._silent.pop()
            # Who has spoken since the list was made is not silent any more.
            if at < step and last[self._slot[name]] == at:
                self._let_go(name)
                return True
        return False

    def _end(self, step: float) -> None:
        """Let go of the silent ones, and learn what they cost."""
        last = self._float["last"]
        for name in sorted(one for one, slot in self._slot.items() if step - last[slot] > IDLE_SECONDS):
            self._usual.learn(name[0], float(self._float["cost"][self._slot[name]]))
            self._let_go(name)

    def _let_go(self, name: tuple[str, str]) -> None:
        self._encoded = None
        slot = self._slot.pop(name)
        self._did.pop(slot, None)
        for column in (*self._float.values(), *self._rings.values(), self._count):
            column[slot] = 0
        self._free.append(slot)

    def _gauges(self, step: float) -> dict[Key, float]:
        by_entity: dict[str, list[int]] = {}
        for (entity, _), slot in sorted(self._slot.items()):
            if step - self._float["last"][slot] < PRESENT_SECONDS:
                by_entity.setdefault(entity, []).append(slot)
        gauges: dict[Key, float] = {}
        costs: dict[tuple[str, ...], list[float]] = {}
        for entity, slots in by_entity.items():
            where = {"service_name": entity}
            turns, cost = self._float["turns"][slots], self._float["cost"][slots]
            looping = step - self._float["looped"][slots] < PRESENT_SECONDS
            gauges[key("llm_conversation_depth_max", where)] = float(turns.max())
            gauges[key("llm_looping_conversations", where)] = float(looping.sum())
            gauges[key("llm_runaway_conversations", where)] = float(self._away(entity, slots).sum())
            now = self._float["last"][slots] == step
            if (paying := now & (cost > 0)).any():
                costs["llm_conversation_cost_usd", entity] = cost[paying].tolist()
                # How steeply it climbs: a call that carries all before it costs more each time.
                costs["llm_conversation_step_usd", entity] = (cost[paying] / turns[paying]).tolist()
        for (metric, entity), (half, most) in self._quantiles.close(step, costs, (0.5, 0.95)):
            gauges[key(f"{metric}_p50", {"service_name": entity})] = half
            gauges[key(f"{metric}_p95", {"service_name": entity})] = most
        return gauges

    def _away(self, entity: str, slots: Sequence[int]) -> Floats:
        stuck = self._count[slots, 2] >= STANDSTILL
        return np.asarray(stuck | (self._float["cost"][slots] > self._usual.limit(entity)), np.float64)

    def example(self, entity: str) -> str:
        """The worst present conversation of an entity in words, empty = it has none that loops or runs away."""
        mine = [(name[1], slot) for name, slot in sorted(self._slot.items()) if name[0] == entity]
        away = self._away(entity, [slot for _, slot in mine])
        bad = [one for one, far in zip(mine, away.tolist(), strict=True) if far or self._float["looped"][one[1]] > 0]
        if not bad:
            return ""
        name, slot = max(bad, key=lambda one: (self._count[one[1], 2], self._float["cost"][one[1]], one[0]))
        tools, stale, cost = int(self._count[slot, 0]), int(self._count[slot, 2]), float(self._float["cost"][slot])
        latest = "; the latest: " + ", ".join(did) if (did := self._did.get(slot)) else ""
        return f"conversation {name}: {tools} tool calls, {stale} in a row without news, {cost:.2f} USD so far{latest}"

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts, only slots in use; what did not change is the same object as last time."""
        if self._encoded is None:
            self._encoded = self._encode()
        return {"conversations": self._encoded, "conversation-costs": self._quantiles.snapshot()}

    def _encode(self) -> bytes:
        names = sorted(self._slot)
        slots = [self._slot[name] for name in names]
        columns = [self._float[name][slots].astype("<f8").tobytes() for name in COLUMNS]
        rings = [ring[slots].astype("<u8").tobytes() for ring in self._rings.values()]
        count = self._count[slots].astype("<i8").tobytes()
        did = [self._did.get(slot, []) for slot in slots]
        held = (FORMAT, names, columns, rings, count, sorted(self._usual.known.items()), did)
        return msgspec.msgpack.encode(held)

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken.

        Raises
        ------
        ValueError : when a part is of another format.
        """
        version, names, columns, rings, count, usual, *did = msgspec.msgpack.decode(parts["conversations"])
        if version != FORMAT:
            raise ValueError(f"conversations of format {version}; this version reads {FORMAT}")
        # Earlier versions kept no names of tools.
        self._did = {i: latest for i, latest in enumerate(did[0]) if latest} if did else {}
        n = len(names)
        self._slot = {(entity, name): i for i, (entity, name) in enumerate(names)}
        self._free = list(range(self._limit - 1, n - 1, -1))
        for name, body in zip(COLUMNS, columns, strict=True):
            self._float[name][:n] = np.frombuffer(body, "<f8")
        for ring, body in zip(self._rings.values(), rings, strict=True):
            ring[:n] = np.frombuffer(body, "<u8").reshape(n, kernel.RING)
        self._count[:n] = np.frombuffer(count, "<i8").reshape(n, 3)
        self._usual.known = {entity: (mean, variance, seen) for entity, (mean, variance, seen) in usual}
        self._encoded = parts["conversations"]
        self._quantiles.restore(parts["conversation-costs"])


def _runs(call: LlmCall) -> bool:
    """Whether a call belongs to an agent's run that only its trace holds together."""
    return bool(call.trace_id) and (call.operation in KINDS or bool(call.agent))


def _name(call: LlmCall) -> tuple[str, str]:
    return call.entity, call.conversation_id or f"trace {call.trace_id}"


def _hashes(call: LlmCall) -> tuple[int, int, int]:
    """Of what a tool was asked, of what it returned, and of the agent; 0 = not told."""
    agent = xxhash.xxh3_64_intdigest(call.agent.encode("utf-8", "surrogatepass")) if call.agent else 0
    if KINDS.get(call.operation) != kernel.TOOL:
        return 0, 0, agent
    arguments, result = (call.said.arguments, call.said.result) if call.said else (0, 0)
    # Without its arguments nobody knows whether a tool is asked the same.
    asked = xxhash.xxh3_64_intdigest(f"{call.tool}\xff{arguments}".encode("utf-8", "surrogatepass")) if arguments else 0
    return asked, result, agent
