"""Scored rows as series: drift of features and predictions, data faults, errors once labels are known.

The first rows of a model version are its reference (`REFERENCE_ROWS` of them, or those of the first two
hours once there are `LEAST_ROWS`), then frozen. A newer version collects a reference of its own; until that is
there its features are compared with the version before, its predictions with nothing: a new model may well
answer differently.

Labels come with the row or later under its id. A row whose prediction is a fraction, or whose label is one,
makes the model a regression; its error is the mean distance, else a wrong answer is an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import msgspec

from aiops.signals.emitted import Emitted, Key, key
from aiops.signals.joins import LabelJoin
from aiops.signals.recent import Recent
from aiops.signals.reference import Value
from aiops.signals.version import Version
from aiops.types import Prediction

MOST_MODELS = 100
MOST_VERSIONS = 3
FORMAT = 1


class _Model(msgspec.Struct):
    """What is remembered of a model besides its versions: their order, and whether it is a regression."""

    order: list[str] = []
    regression: bool = False


class ModelSignal:
    """Series of one partition's scored rows.

    Parameters
    ----------
    step_seconds : length of a step.
    """

    def __init__(self, step_seconds: float = 15.0) -> None:
        self._step_seconds = step_seconds
        self._models: dict[str, _Model] = {}
        self._versions: dict[tuple[str, str], Version] = {}
        self._waiting = LabelJoin()
        self._recent = Recent()
        self._encoded = b""

    def close(self, step: float, events: Sequence[Prediction]) -> Emitted:
        """Count the step's rows against their references."""
        counts: dict[Key, float] = defaultdict(float)
        gauges: dict[Key, float] = {}
        by_model: dict[str, list[Prediction]] = defaultdict(list)
        for event in events:
            if event.model in self._models or len(self._models) < MOST_MODELS:
                self._models.setdefault(event.model, _Model())
                by_model[event.model].append(event)
        for model in sorted(by_model):
            self._rows(step, model, [row for row in by_model[model] if _is_row(row)], counts, gauges)
            self._errors(model, by_model[model], counts, gauges)
        for model in sorted(self._models):
            gauges.update(self._drift(step, model))
        return Emitted(values=self._recent.fill(step, counts) | gauges)

    def _rows(
        self, step: float, model: str, rows: Sequence[Prediction], counts: dict[Key, float], gauges: dict[Key, float]
    ) -> None:
        where = {"service_name": model, "model": model}
        for version in sorted({row.version for row in rows}):
            of_version = [row for row in rows if row.version == version]
            counts[key("model_rows", where | {"version": version})] += len(of_version)
            for name, column in self._version(step, model, version).add(step, of_version).items():
                feature = where | {"feature": name}
                counts[key("model_feature_missing", feature)] += column.missing
                counts[key("model_feature_new_values", feature)] += column.new
                counts[key("model_feature_type_changes", feature)] += column.retyped
                counts[key("model_feature_out_of_range", feature)] += column.outside
        answers = [float(value) for row in rows if (value := _answer(row)) is not None]
        if answers:
            gauges[key("model_prediction_mean", where)] = sum(answers) / len(answers)

    def _version(self, step: float, model: str, version: str) -> Version:
        found = self._versions.get((model, version))
        if found is None:
            order = self._models[model].order
            before = next((v for name in reversed(order) if (v := self._versions[model, name]).frozen), None)
            found = self._versions[model, version] = Version(step, self._step_seconds, before)
            order.append(version)
            for old in order[:-MOST_VERSIONS]:
                del self._versions[model, old]
            del order[:-MOST_VERSIONS]
        return found

    def _drift(self, step: float, model: str) -> dict[Key, float]:
        """Drift of the version that was used last."""
        where = {"service_name": model, "model": model}
        gauges: dict[Key, float] = {}
        versions = [self._versions[model, name] for name in self._models[model].order]
        current = max(versions, key=lambda version: version.last, default=None)
        if current is None or not current.recent(step):
            return gauges
        for name, surprise, effect in current.features():
            gauges[key("model_feature_drift", where | {"feature": name})] = surprise
            gauges[key("model_feature_psi", where | {"feature": name})] = effect
        if (surprise_of_answers := current.answers()) is not None:
            gauges[key("model_prediction_drift", where)] = surprise_of_answers
        return gauges

    def _errors(
        self, model: str, events: Sequence[Prediction], counts: dict[Key, float], gauges: dict[Key, float]
    ) -> None:
        where = {"service_name": model, "model": model}
        pairs: list[tuple[Value, Value]] = []
        for event in events:
            said: Value = event.prediction
            if event.label is None:
                if said is not None and event.id:
                    self._waiting.wait(model, event.id, said, event.version)
                continue
            if said is None and event.id and (waited := self._waiting.take(model, event.id)) is not None:
                said = waited[0]
            if said is not None:
                pairs.append((said, event.label))
        state = self._models[model]
        state.regression = state.regression or any(_is_fraction(value) for pair in pairs for value in pair)
        if not state.regression:
            counts[key("model_errors", where)] += sum(_differ(said, label) for said, label in pairs)
            counts[key("model_labelled", where)] += len(pairs)
            return
        distances = [abs(said - label) for said, label in pairs if _is_number(said) and _is_number(label)]
        counts[key("model_labelled", where)] += len(distances)
        if distances:
            gauges[key("model_abs_error", where)] = sum(distances) / len(distances)

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts; what did not change is the same object as last time, frozen references above all."""
        models = msgspec.msgpack.encode((FORMAT, list(self._models.items())))
        if models != self._encoded:
            self._encoded = models
        parts = {"models": self._encoded}
        parts["recent"] = self._recent.snapshot()
        for (model, name), version in sorted(self._versions.items()):
            prefix = f"version/{model.encode().hex()}/{name.encode().hex()}/"
            parts.update({prefix + part: body for part, body in version.snapshot().items()})
        return parts | self._waiting.snapshot()

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken.

        Raises
        ------
        ValueError : when a part is of another format.
        """
        version, models = msgspec.msgpack.decode(parts["models"], type=tuple[int, list[tuple[str, _Model]]])
        if version != FORMAT:
            raise ValueError(f"models of format {version}; this version reads {FORMAT}")
        self._models = dict(models)
        self._encoded = parts["models"]
        self._recent.restore(parts["recent"])
        self._waiting = LabelJoin()
        self._waiting.restore(parts)
        self._versions = {}
        for model, state in models:
            for name in state.order:
                prefix = f"version/{model.encode().hex()}/{name.encode().hex()}/"
                own = {part.removeprefix(prefix): body for part, body in parts.items() if part.startswith(prefix)}
                self._versions[model, name] = Version.restored(self._step_seconds, own)


def _is_row(event: Prediction) -> bool:
    """Whether the event is a scored row, not the label of an earlier one."""
    return bool(event.features) or event.prediction is not None or event.proba is not None


def _answer(row: Prediction) -> float | None:
    """The answer as a number: the prediction, or the probability of a prediction that is a word."""
    said = row.prediction if isinstance(row.prediction, (int, float)) else row.proba
    return float(said) if said is not None and abs(said) < 1e300 else None


def _is_fraction(value: Value) -> bool:
    return isinstance(value, float) and value % 1 != 0


def _is_number(value: Value) -> TypeGuard[float | int]:
    return isinstance(value, (int, float)) and abs(value) < 1e300


def _differ(said: Value, label: Value) -> bool:
    """Whether two answers differ; 1, 1.0, true and "1" are one answer."""
    return said != label and _word(said) != _word(label)


def _word(value: Value) -> str:
    if isinstance(value, (bool, int, float)) and float(value) % 1 == 0:
        return str(int(value))
    return str(value).lower()
