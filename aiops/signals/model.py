"""Scored rows as series: drift of features and predictions, data faults, errors once labels are known.

The first rows of a model version are its reference (`REFERENCE_ROWS` of them, or those of the first two
hours once there are `LEAST_ROWS`), then frozen. A newer version collects a reference of its own; until that is
there its features are compared with the version before, its predictions with nothing: a new model may well
answer differently. Whoever wants another reference for the version at hand says so in a change (`NEW_REFERENCE`).

Labels come with the row or later under its id (`labels`), and requests before their responses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from aiops.signals.emitted import Emitted, Key, key
from aiops.signals.joins import RowJoin
from aiops.signals.labels import Labels
from aiops.signals.recent import Recent
from aiops.signals.version import Version, number
from aiops.types import Change, Prediction

MOST_MODELS = 100
MOST_VERSIONS = 3
REQUESTS = 10_000
"""Requests that wait for their response at most."""
NEW_REFERENCE = "new reference"
"""What the `after` of a change of kind `model` or `feature` says when its entity, a model, shall begin anew."""
FORMAT = 2


class _Model(msgspec.Struct):
    """What is remembered of a model besides its versions: their order, and whether its rows come in halves."""

    order: list[str] = []
    halves: bool = False


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
        self._labelled = Labels(step_seconds)
        self._requests = RowJoin("request", REQUESTS)
        self._recent = Recent()
        self._encoded = b""

    def close(self, step: float, events: Sequence[Prediction | Change]) -> Emitted:
        """Count the step's rows against their references; changes first, they are about what follows."""
        counts: dict[Key, float] = defaultdict(float)
        gauges: dict[Key, float] = {}
        by_model: dict[str, list[Prediction]] = defaultdict(list)
        for event in events:
            if isinstance(event, Change):
                self._renew(step, event)
            elif event.model in self._models or len(self._models) < MOST_MODELS:
                self._models.setdefault(event.model, _Model())
                by_model[event.model].append(event)
        for model in sorted(by_model):
            self._rows(step, model, by_model[model], counts, gauges)
            self._labels(step, model, by_model[model])
        for model in sorted(self._models):
            due, errors = self._labelled.due(step, model)
            counts.update({key(metric, _where(model)): value for metric, value in due.items()})
            gauges.update({key(metric, _where(model)): value for metric, value in errors.items()})
            gauges.update(self._drift(step, model))
        return Emitted(values=self._recent.fill(step, counts) | gauges)

    def _renew(self, step: float, change: Change) -> None:
        if change.after == NEW_REFERENCE and change.entity in self._models:
            order = self._models[change.entity].order
            for name in order:
                self._versions[change.entity, name] = Version(step, self._step_seconds)

    def _rows(
        self, step: float, model: str, events: Sequence[Prediction], counts: dict[Key, float], gauges: dict[Key, float]
    ) -> None:
        where = _where(model)
        rows, answered = self._halves(model, events)
        for version in sorted({row.version for row in (*rows, *answered)}):
            of_version = [row for row in rows if row.version == version]
            with_answer = [row for row in answered if row.version == version]
            counts[key("model_rows", where | {"version": version})] += len(of_version)
            for name, column in self._version(step, model, version).add(step, of_version, with_answer).items():
                feature = where | {"feature": name}
                counts[key("model_feature_missing", feature)] += column.missing
                counts[key("model_feature_new_values", feature)] += column.new
                counts[key("model_feature_type_changes", feature)] += column.retyped
                counts[key("model_feature_out_of_range", feature)] += column.outside
        answers = [value for row in answered if (value := number(row)) is not None]
        if answers:
            gauges[key("model_prediction_mean", where)] = sum(answers) / len(answers)

    def _halves(self, model: str, events: Sequence[Prediction]) -> tuple[list[Prediction], list[Prediction]]:
        """Rows whose features count, and rows whose answers count; a response gets the features of its request."""
        state, rows, answered = self._models[model], [], []
        for event in events:
            answer = event.prediction is not None or event.proba is not None
            if event.features and not answer and event.label is None and event.id:
                state.halves = True
                self._requests.wait(event)
            elif answer and not event.features and (request := self._requests.take(model, event.id)) is not None:
                version = event.version or request.version
                answered.append(msgspec.structs.replace(event, features=request.features, version=version))
                continue
            if event.features or (answer and not state.halves):
                rows.append(event)
            if answer:
                answered.append(event)
        return rows, answered

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
        where = _where(model)
        gauges: dict[Key, float] = {}
        versions = [self._versions[model, name] for name in self._models[model].order]
        current = max(versions, key=lambda version: version.last, default=None)
        if current is None or not current.recent(step):
            return gauges
        for name, found in current.features(step).items():
            feature = where | {"feature": name}
            gauges[key("model_feature_drift", feature)] = found.surprise
            gauges[key("model_feature_psi", feature)] = found.psi
            gauges[key("model_feature_consequence", feature)] = found.consequence
            gauges[key("model_feature_loss", feature)] = found.loss
            gauges[key("model_feature_exponent", feature)] = float(found.exponent)
            gauges[key("model_feature_constant", feature)] = found.constant
        if (surprise_of_answers := current.answers()) is not None:
            gauges[key("model_prediction_drift", where)] = surprise_of_answers
        for (metric, group), value in current.outcomes().items():
            gauges[key(metric, where | {"group": group})] = value
        return gauges

    def _labels(self, step: float, model: str, events: Sequence[Prediction]) -> None:
        pairs = self._labelled.add(model, events)
        for version in sorted({row.version for row, _ in pairs if (model, row.version) in self._versions}):
            self._versions[model, version].label(step, [pair for pair in pairs if pair[0].version == version])

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
        return parts | self._labelled.snapshot() | self._requests.snapshot()

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
        self._labelled.restore(parts)
        self._requests = RowJoin("request", REQUESTS)
        self._requests.restore(parts)
        self._versions = {}
        for model, state in models:
            for name in state.order:
                prefix = f"version/{model.encode().hex()}/{name.encode().hex()}/"
                own = {part.removeprefix(prefix): body for part, body in parts.items() if part.startswith(prefix)}
                self._versions[model, name] = Version.restored(self._step_seconds, own)


def _where(model: str) -> dict[str, str]:
    return {"service_name": model, "model": model}
