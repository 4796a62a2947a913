"""The four signals of one source partition behind one door.

Events are handed out by their type, in the order they came (canonical, see `detect.panel`); alerts belong to
correlation and pass by, and so do changes, of which every partition is told (`order`). The state is the four parts'
states under their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from aiops.signals.emitted import Emitted, Paid
from aiops.signals.llm import Allowance, LlmSignal, heard
from aiops.signals.logs import LogSignal
from aiops.signals.model import ModelSignal, asks_for_reference
from aiops.signals.prices import PriceBook
from aiops.signals.spans import SpanSignal
from aiops.signals.stated import Stated
from aiops.signals.unfold import unfolded
from aiops.types import AnyEvent, Change, LlmCall, LogRecord, Prediction, Span


class Signal(Protocol):
    """One kind of event, turned into series."""

    def close(self, step: float, events: Sequence[Any]) -> Emitted:
        """What the step's events amount to; called for every step, empty ones included."""
        ...

    def snapshot(self) -> dict[str, bytes]: ...

    def restore(self, parts: Mapping[str, bytes]) -> None: ...


class Signals:
    """All signals of one partition.

    Parameters
    ----------
    step_seconds : length of a step.
    prices : what language models cost; the shipped ones by default.
    models : what the user states of models' references.
    timezone : of the hours of the week.
    allowances : budgets for language models that the user states.
    """

    def __init__(
        self,
        step_seconds: float = 15.0,
        prices: PriceBook | None = None,
        models: Mapping[str, Stated] | None = None,
        timezone: str = "UTC",
        allowances: Sequence[Allowance] = (),
    ) -> None:
        self.logs = LogSignal(step_seconds)
        self._llm = LlmSignal(step_seconds, prices, allowances)
        self._model = ModelSignal(step_seconds, models, timezone)
        self._by_type: dict[type, tuple[str, Signal]] = {
            LogRecord: ("logs", self.logs),
            Span: ("spans", SpanSignal(step_seconds)),
            Prediction: ("model", self._model),
            LlmCall: ("llm", self._llm),
        }

    @staticmethod
    def warm() -> None:
        """Have the kernels that read texts and follow conversations compiled or loaded before the first call comes."""
        tool = LlmCall(timestamp=0.0, entity="warm", model="", operation="execute_tool", tool="t", trace_id="t")
        said = LlmCall(timestamp=0.0, entity="warm", model="", prompt="Why?", completion="So.", context=("So it is.",))
        told = [event for _, event in heard([(0, tool), (0, said)]) if isinstance(event, LlmCall)]
        LlmSignal().close(0.0, told)

    def close(self, step: float, events: Sequence[AnyEvent]) -> Emitted:
        """Turn the events of one step into series.

        Parameters
        ----------
        step : start of the step, epoch seconds; strictly rising from call to call. Steps without events
            are closed as well, so that silence is counted.
        events : the step's events in canonical order, each once.
        """
        sorted_out: dict[type, list[Any]] = {kind: [] for kind in self._by_type}
        for event in events:
            if type(event) in sorted_out:
                sorted_out[type(event)].append(event)
        return Emitted.union(_contained(signal, step, sorted_out[kind]) for kind, (_, signal) in self._by_type.items())

    def order(self, changes: Iterable[Change]) -> None:
        """What somebody told of, on whatever partition; of changes only a model's new reference matters here.

        One of this partition bears the time of the step it counts from, which its records alone decide.
        """
        for change in changes:
            if asks_for_reference(change):
                self._model.order(change)

    def meet(self, responses: Sequence[Prediction]) -> None:
        """Answers of models on other partitions, of which no request was found there."""
        self._model.meet(responses)

    def text(self, template_id: str) -> str:
        """Text of a log template, empty when it is not known."""
        return self.logs.text(template_id)

    def example(self, signal: str, entity: str) -> str:
        """What shows what a finding of this signal is about, empty when there is none: a log line, a conversation."""
        return self._llm.example(signal, entity) if "llm_" in signal else self.logs.example(signal, entity)

    @staticmethod
    def heard(events: list[tuple[int, AnyEvent]]) -> list[tuple[int, AnyEvent]]:
        """Events as they may wait for their step and be saved: of what was said to models only features are left."""
        return unfolded(heard(events))

    def pay(self, paid: Iterable[Paid]) -> None:
        """What other partitions spent of stated budgets."""
        self._llm.pay(paid)

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts; a part that did not change since the last call is the same object."""
        return {
            f"{name}/{part}": body
            for name, signal in self._by_type.values()
            for part, body in signal.snapshot().items()
        }

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken.

        Raises
        ------
        ValueError : when a part is of a format this version does not read.
        """
        for name, signal in self._by_type.values():
            prefix = f"{name}/"
            signal.restore({key.removeprefix(prefix): body for key, body in parts.items() if key.startswith(prefix)})


def _contained(signal: Signal, step: float, events: list[Any]) -> Emitted:
    """One signal's part of the step; events that it breaks on are handed back instead of ending the daemon."""
    try:
        return signal.close(step, events)
    except Exception as error:  # noqa: BLE001 - the text of a log line or prompt must never stop the loop
        return Emitted(poison=[(event, f"{type(error).__name__}: {error}") for event in events])
