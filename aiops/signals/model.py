"""Scored rows as series: drift of features and predictions, data faults, errors once labels are known.

The first rows of a model version are its reference (`REFERENCE_ROWS` of them, or those of the first two
hours once there are `LEAST_ROWS`), then frozen. A newer version collects a reference of its own; until that is
there its features are compared with the version before, its predictions with nothing: a new model may well
answer differently. Whoever wants another reference for the version at hand says so in a change (`NEW_REFERENCE`),
on any partition: all are told (`order`). A file can stand for the first rows (`stated`).

Labels come with the row or later under its id (`labels`), and requests before their responses, or on another partition
(`meeting`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from aiops.signals.answer import number
from aiops.signals.emitted import Emitted, Key, key
from aiops.signals.joins import RowJoin
from aiops.signals.labels import Labels
from aiops.signals.meeting import Meeting
from aiops.signals.recent import Recent
from aiops.signals.stated import Stated, of_model
from aiops.signals.version import Version
from aiops.types import OBSERVED, Change, Prediction

MOST_MODELS = 100
MOST_VERSIONS = 3
REQUESTS = 10_000
"""Requests that wait for their response at most."""
NEW_REFERENCE = "new reference"
"""What the `after` of a change of kind `model` or `feature` says when its entity, a model, shall begin anew."""
FORMAT = 3
OUTGROWN = 2
"""The format before: it kept texts of features, which now are numbers, so that its references are no good."""


class _Model(msgspec.Struct):
    """What is remembered of a model besides its versions: their order, and whether its rows come in halves."""

    order: list[str] = []
    halves: bool = False
    file: str = ""
    """Digest of the file that was its reference last."""
    renewed: str = ""
    """Id of the change that has asked for a new reference since: versions learn their own, whatever the file says."""


class _Saved(msgspec.Struct, array_like=True):
    format: int
    models: list[tuple[str, _Model]]
    orders: list[Change] = []


class ModelSignal:
    """Series of one partition's scored rows.

    Parameters
    ----------
    step_seconds : length of a step.
    stated : what the user states of models' references, by name.
    timezone : of the hours of the week.
    """

    def __init__(
        self, step_seconds: float = 15.0, stated: Mapping[str, Stated] | None = None, timezone: str = "UTC"
    ) -> None:
        self._step_seconds, self._stated, self._timezone = step_seconds, stated or {}, timezone
        self._orders: list[Change] = []
        self._models: dict[str, _Model] = {}
        self._versions: dict[tuple[str, str], Version] = {}
        self._labelled = Labels(step_seconds)
        self._requests = RowJoin("request", REQUESTS)
        self._meeting = Meeting()
        self._unmet: list[Prediction] = []
        self._recent = Recent()
        self._encoded = b""

    def close(self, step: float, events: Sequence[Prediction]) -> Emitted:
        """Count the step's rows against their references; what was ordered first, it is about what follows."""
        counts: dict[Key, float] = defaultdict(float)
        gauges: dict[Key, float] = {}
        by_model: dict[str, list[Prediction]] = defaultdict(list)
        changes: list[Change] = []
        for change in self._due(step):
            self._renew(step, change)
        for event in events:
            if event.model in self._models or len(self._models) < MOST_MODELS:
                self._models.setdefault(event.model, _Model())
                by_model[event.model].append(event)
        for model in sorted(by_model):
            changes += self._adopt(step, model)
            self._rows(step, model, by_model[model], counts, gauges)
            self._labels(step, model, by_model[model])
        for row in self._meeting.met(step + self._step_seconds):
            if (version := self._versions.get((row.model, row.version))) is not None:
                version.associate([row])
        for model in sorted(self._models):
            due, errors = self._labelled.due(step, model)
            counts.update({key(metric, _where(model)): value for metric, value in due.items()})
            gauges.update({key(metric, _where(model)): value for metric, value in errors.items()})
            gauges.update(self._drift(step, model))
        unmet, self._unmet = self._unmet, []
        return Emitted(values=self._recent.fill(step, counts) | gauges, changes=changes, unmet=unmet)

    def order(self, change: Change) -> None:
        """A new reference was asked for; it counts from the first step that ends after it."""
        self._orders.append(change)

    def meet(self, responses: Iterable[Prediction]) -> None:
        """Responses of other partitions, whose requests may be here."""
        here = {model for model, state in self._models.items() if state.halves}
        self._meeting.offer(one for one in responses if one.model in here)

    def _due(self, step: float) -> list[Change]:
        end = step + self._step_seconds
        due = [one for one in self._orders if one.timestamp < end]
        self._orders = [one for one in self._orders if one.timestamp >= end]
        return sorted(due, key=lambda one: (one.timestamp, one.id))

    def _renew(self, step: float, change: Change) -> None:
        state = self._models.get(change.entity)
        # The same change told twice is one change.
        if state is not None and state.renewed != change.id:
            state.renewed = change.id
            for name in state.order:
                self._versions[change.entity, name] = self._new(step, change.entity)

    def _adopt(self, step: float, model: str) -> list[Change]:
        """Begin anew with the stated file, if it is another than before; the change that tells of it."""
        stated, state = of_model(self._stated, model), self._models[model]
        if stated.digest in ("", state.file):
            return []
        state.file, state.renewed = stated.digest, ""
        for name in state.order:
            self._versions[model, name] = self._new(step, model)
        told = f"the reference of {model} is {stated.file}, {stated.rows} rows"
        return [
            Change(
                timestamp=step, kind="model", id=f"{model}-reference-{stated.digest[:8]}", entity=model,
                after=NEW_REFERENCE, summary=told, author=OBSERVED,
            )
        ]  # fmt: skip

    def _new(self, step: float, model: str, before: Version | None = None) -> Version:
        """A version that begins with the stated file, or learns."""
        stated, state = of_model(self._stated, model), self._models[model]
        if stated.parts and state.file == stated.digest and not state.renewed:
            return Version.begun(step, self._step_seconds, stated.parts, self._zone(model))
        return Version(step, self._step_seconds, before, self._zone(model))

    def _zone(self, model: str) -> str | None:
        return self._timezone if of_model(self._stated, model).seasonal else None

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
                if not self._learnt(model, event.version):
                    self._meeting.wait(event)
            elif answer and not event.features and (request := self._requests.take(model, event.id)) is not None:
                self._meeting.leave(model, event.id)
                version = event.version or request.version
                answered.append(msgspec.structs.replace(event, features=request.features, version=version))
                continue
            elif answer and not event.features and event.id:
                self._unmet.append(event)
            if event.features or (answer and not state.halves):
                rows.append(event)
            if answer:
                answered.append(event)
        return rows, answered

    def _learnt(self, model: str, version: str) -> bool:
        """Whether a version has learnt what its features have to do with its answers."""
        found = self._versions.get((model, version))
        return found is not None and found.associated

    def _version(self, step: float, model: str, version: str) -> Version:
        found = self._versions.get((model, version))
        if found is None:
            order = self._models[model].order
            before = next((v for name in reversed(order) if (v := self._versions[model, name]).frozen), None)
            found = self._versions[model, version] = self._new(step, model, before)
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
            gauges[key("model_feature_unit_factor", feature)] = found.factor
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
        models = msgspec.msgpack.encode(_Saved(FORMAT, list(self._models.items()), self._orders))
        if models != self._encoded:
            self._encoded = models
        parts = {"models": self._encoded}
        parts["recent"] = self._recent.snapshot()
        for (model, name), version in sorted(self._versions.items()):
            prefix = f"version/{model.encode().hex()}/{name.encode().hex()}/"
            parts.update({prefix + part: body for part, body in version.snapshot().items()})
        return parts | self._labelled.snapshot() | self._requests.snapshot() | self._meeting.snapshot()

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Go on exactly where `snapshot` was taken; models of the format before begin anew.

        Raises
        ------
        ValueError : when a part is of another format.
        """
        saved = msgspec.msgpack.decode(parts["models"], type=_Saved)
        if saved.format == OUTGROWN:
            return
        if saved.format != FORMAT:
            raise ValueError(f"models of format {saved.format}; this version reads {FORMAT}")
        self._models, self._orders = dict(saved.models), saved.orders
        self._encoded = parts["models"]
        self._recent.restore(parts["recent"])
        self._labelled.restore(parts)
        self._requests = RowJoin("request", REQUESTS)
        self._requests.restore(parts)
        self._meeting.restore(parts)
        self._versions = {}
        for model, state in saved.models:
            for name in state.order:
                prefix = f"version/{model.encode().hex()}/{name.encode().hex()}/"
                own = {part.removeprefix(prefix): body for part, body in parts.items() if part.startswith(prefix)}
                self._versions[model, name] = Version.restored(self._step_seconds, own, self._zone(model))


def asks_for_reference(change: Change) -> bool:
    """Whether a change says that its model's reference is to begin anew."""
    return change.after == NEW_REFERENCE and change.author != OBSERVED


def _where(model: str) -> dict[str, str]:
    return {"service_name": model, "model": model}
