"""LLM calls as series: calls, errors, tokens, cost, time and its parts, texts' features, tools, agents, retrievals.

A call without a price is counted as unpriced, never as free. Tool executions, retrievals, guardrails and agents count
as what they are, not as calls of a model: they have no tokens and would dilute every mean. Embeddings are calls of
their own model. Of a call that a client, a gateway and a server tell of, each tells under its own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aiops.signals.emitted import Emitted, Key, Paid, key
from aiops.signals.llm.allowance import Allowance
from aiops.signals.llm.amount import kind_of_error, of_guard, of_model, of_tool
from aiops.signals.llm.answering import Answering
from aiops.signals.llm.cast import Cast
from aiops.signals.llm.conversation import Conversations
from aiops.signals.llm.latency import servers
from aiops.signals.llm.regression import Regressions
from aiops.signals.llm.retrieval import Retrievals
from aiops.signals.llm.spending import Spending
from aiops.signals.llm.suspicion import NEW_HIT, QUIET, Suspicion
from aiops.signals.llm.tally import Tally, add, paces
from aiops.signals.llm.topic import Topics
from aiops.signals.llm.version import Versions
from aiops.signals.prices import PriceBook, book
from aiops.signals.provider import somebody
from aiops.signals.quantile import RecentQuantiles
from aiops.signals.recent import Recent
from aiops.types import Edge, LlmCall

TOOLS = frozenset({"execute_tool", "tool"})
APART = TOOLS | {"retrieval", "guardrail", "invoke_agent", "evaluate"}
Stored = Answering | Cast | Retrievals | Versions | Regressions | Suspicion | Topics
ASKS_PEOPLE = ("human", "approv", "ask_user", "escalat")
"""Parts of the names of tools that wait for somebody."""


class LlmSignal:
    """Series of one partition's LLM calls, per (entity, model) and host.

    Parameters
    ----------
    step_seconds : length of a step.
    prices : what models cost; the shipped ones by default.
    allowances : budgets that the user states.
    """

    def __init__(
        self, step_seconds: float = 15.0, prices: PriceBook | None = None, allowances: Sequence[Allowance] = ()
    ) -> None:
        self._prices = prices or book()
        self._recent = Recent()
        self._quantiles = RecentQuantiles(step_seconds)
        self._cast = Cast()
        self._answering = Answering()
        self._conversations = Conversations(step_seconds)
        self._retrievals = Retrievals()
        self._versions = Versions()
        self._regressions = Regressions()
        self._suspicion = Suspicion()
        self._topics = Topics()
        self._spending = Spending(allowances)
        self._encoded: dict[str, bytes] | None = None

    def close(self, step: float, events: Sequence[LlmCall]) -> Emitted:
        """Count the step's calls."""
        tally = Tally()
        if events:
            self._encoded = None
            events = list(self._answering.name(step, events))
        inside = servers(events) if events else {}
        calls = [one for one in events if one.operation not in APART]
        hits = iter(self._suspicion.see(step, calls))
        for i, call in enumerate(events):
            if call.operation in APART:
                self._apart(step, call, tally)
            else:
                self._model(step, call, inside.get(i), tally, next(hits))
        gauges = self._retrievals.close([one for one in events if one.operation == "retrieval"], tally.counts)
        dollars = [0.0 if one.operation in APART else self._prices.cost(one) for one in events]
        gauges |= self._conversations.close(step, events, [one or 0.0 for one in dollars], tally.counts)
        gauges |= self._spending.close(step, events, dollars)
        gauges |= self._regressions.close(calls)
        gauges |= self._topics.close(step, calls)
        return Emitted(
            values=self._values(step, tally) | gauges,
            edges=sorted(tally.edges, key=lambda edge: (edge.source, edge.target)),
            changes=self._versions.see(calls),
            paid=self._spending.told(),
        )

    def _values(self, step: float, tally: Tally) -> dict[Key, float]:
        for (entity, model, host), amounts in tally.by_call.items():
            where = {"service_name": entity, "model": model, "host_name": host}
            for metric, amount in amounts.items():
                tally.counts[key(metric, where)] += amount
        values = self._recent.fill(step, tally.counts)
        for (metric, entity, model, host), (half, most) in self._quantiles.close(step, tally.seconds, (0.5, 0.95)):
            where = {"service_name": entity, "model": model, "host_name": host}
            values[key(f"{metric}_p50", where)] = half
            values[key(f"{metric}_p95", where)] = most
        values.update({name: sum(some) / len(some) for name, some in tally.means.items()})
        return values

    def _apart(self, step: float, call: LlmCall, tally: Tally) -> None:
        """A tool, guardrail or judge; agents and retrievals are counted elsewhere."""
        amounts = tally.by_call.setdefault((call.entity, call.model, call.host), {})
        if call.operation in TOOLS:
            add(amounts, of_tool(call))
            tool = {"service_name": call.entity, "tool": self._cast.name(step, call.entity, "tool", call.tool)}
            tally.counts[key("llm_tool_runs", tool)] += 1
            tally.counts[key("llm_tool_failures", tool)] += bool(call.error)
            if any(part in call.tool.lower() for part in ASKS_PEOPLE):
                tally.seconds["llm_human_wait_seconds", call.entity, "", ""].append(call.duration_s)
        elif call.operation == "guardrail":
            add(amounts, of_guard(call))
        self._judged(step, call, tally)

    def _model(self, step: float, call: LlmCall, server: LlmCall | None, tally: Tally, suspicion: int) -> None:
        amounts = tally.by_call.setdefault((call.entity, call.model, call.host), {})
        add(amounts, of_model(call, self._prices))
        if call.said is not None and call.said.asked:
            add(amounts, (("llm_injections", suspicion != QUIET), ("llm_new_injections", suspicion == NEW_HIT)))
        if call.error:
            kind = {"service_name": call.entity, "model": call.model, "error_type": kind_of_error(call.error)}
            tally.counts[key("llm_errors_by_type", kind)] += 1
        if somebody(call.provider):
            tally.edges.add(Edge(call.entity, call.provider, "calls"))
            between = {"service_name": call.entity, "peer": call.provider}
            tally.counts[key("llm_provider_calls", between)] += 1
            tally.counts[key("llm_provider_errors", between)] += bool(call.error)
        self._shares(step, call, tally)
        self._judged(step, call, tally)
        if not call.error:
            paces(call, server, tally)

    def _shares(self, step: float, call: LlmCall, tally: Tally) -> None:
        """Cost, tokens and calls by whoever they are for; kinds of personal data."""
        dollars, tokens = self._prices.cost(call) or 0.0, max(call.input_tokens, 0) + max(call.output_tokens, 0)
        for label, said in (("team", call.team), ("route", call.route), ("prompt_version", call.prompt_version)):
            if said:
                where = {"service_name": call.entity, label: self._cast.name(step, call.entity, label, said)}
                tally.counts[key(f"llm_{label}_cost_usd", where)] += dollars
                tally.counts[key(f"llm_{label}_tokens", where)] += tokens
                tally.counts[key(f"llm_{label}_calls", where)] += 1
        for kind in call.said.personal if call.said else ():
            tally.counts[key("llm_personal_data", {"service_name": call.entity, "kind": kind})] += 1

    def _judged(self, step: float, call: LlmCall, tally: Tally) -> None:
        for name in sorted(call.evaluations):
            judge = self._cast.name(step, call.entity, "evaluation", name)
            where = {"service_name": call.entity, "evaluation": judge}
            tally.means[key("llm_evaluation_mean", where)].append(call.evaluations[name])

    def example(self, signal: str, entity: str) -> str:
        """What shows a finding about an entity's budgets or conversations, empty = none is known."""
        return (self._spending if "allowance" in signal else self._conversations).example(entity)

    def pay(self, paid: Iterable[Paid]) -> None:
        """What other partitions spent of stated budgets."""
        self._spending.take(paid)

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts; what did not change is the same object as last time."""
        if self._encoded is None:
            self._encoded = {name: part.snapshot() for name, part in self._parts()}
        own = {"recent": self._recent.snapshot(), "quantiles": self._quantiles.snapshot(),
               "spending": self._spending.snapshot()}  # fmt: skip
        return own | self._encoded | self._conversations.snapshot()

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken; what an older version did not keep begins anew."""
        self._recent.restore(parts["recent"])
        self._quantiles.restore(parts["quantiles"])
        if "conversations" not in parts:
            return
        self._conversations.restore(parts)
        if "spending" in parts:
            self._spending.restore(parts["spending"])
        for name, part in self._parts():
            if name in parts:
                part.restore(parts[name])

    def _parts(
        self,
    ) -> tuple[tuple[str, Stored], ...]:
        """What changes only when there are calls."""
        return (
            ("cast", self._cast),
            ("answering", self._answering),
            ("retrievals", self._retrievals),
            ("versions", self._versions),
            ("regressions", self._regressions),
            ("suspicion", self._suspicion),
            ("topics", self._topics),
        )
