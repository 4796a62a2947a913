"""What a signal gives back when a step closes, and how each metric moves.

A metric's kind follows from its name alone: what is listed in `GAUGES`, is a quantile or a mean is a gauge,
all else is a count of the step (`Kind.DELTA`). So values need no kind of their own to carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiops.types import Change, Edge, Kind, Prediction

Key = tuple[str, tuple[tuple[str, str], ...]]
"""Metric name, then sorted (label, value) pairs without `__name__`."""
Paid = tuple[str, int, float]
"""Name of a budget, from when on, epoch seconds, and what was spent of it from then to the end of that hour, or of the
budget's period if that ends within the hour."""

GAUGES = frozenset({
    "model_feature_drift", "model_feature_psi", "model_feature_consequence", "model_feature_loss",
    "model_feature_unit_factor", "model_feature_constant", "model_prediction_drift", "model_prediction_mean",
    "model_abs_error", "model_calibration_drift", "model_ece", "model_brier", "model_estimated_loss",
    "model_estimated_accuracy", "model_selection_gap", "model_selection_gap_drift", "model_recall_gap",
    "model_recall_gap_drift",
    "llm_document_concentration", "llm_conversation_depth_max", "llm_looping_conversations",
    "llm_runaway_conversations", "llm_regression", "llm_topic_drift",
    "llm_allowance_spent", "llm_allowance_at_end", "llm_allowance_seconds_left",
})  # fmt: skip
QUANTILES = ("_p50", "_p95")
MEAN = "_mean"


def kind_of(metric: str) -> Kind:
    """How an emitted metric moves.

    >>> kind_of("log_lines").name, kind_of("span_duration_seconds_p95").name
    ('DELTA', 'GAUGE')
    """
    return Kind.GAUGE if metric in GAUGES or metric.endswith((*QUANTILES, MEAN)) else Kind.DELTA


def key(metric: str, labels: Mapping[str, str]) -> Key:
    """A key whose labels are sorted and not empty.

    >>> key("log_lines", {"severity": "WARN", "service_name": "shop", "host_name": ""})
    ('log_lines', (('service_name', 'shop'), ('severity', 'WARN')))
    """
    return metric, tuple(sorted((name, value) for name, value in labels.items() if value))


@dataclass(frozen=True, slots=True)
class Emitted:
    """What one step's events amount to.

    Attributes
    ----------
    values : one finite value a series, keys in sorted order; its kind is `kind_of(metric)`.
    edges : dependencies seen in the step, sorted, each once.
    changes : what a version that was never seen before shows to have changed, in order of time.
    texts : id -> text of the log templates created or altered in the step.
    poison : events that a signal broke on, each with the error.
    unmet : models' responses whose request was not found, and may lie on another partition.
    paid : what was spent here of stated budgets, in hours that are over.
    """

    values: dict[Key, float] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    poison: list[tuple[Any, str]] = field(default_factory=list)
    unmet: list[Prediction] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)

    @classmethod
    def union(cls, parts: Iterable[Emitted]) -> Emitted:
        """All parts as one, in canonical order; the parts' keys are disjoint."""
        whole = list(parts)
        values = {name: value for part in whole for name, value in part.values.items()}
        edges = {edge for part in whole for edge in part.edges}
        return cls(
            values=dict(sorted(values.items())),
            edges=sorted(edges, key=lambda edge: (edge.source, edge.target, edge.kind)),
            changes=[one for part in whole for one in part.changes],
            texts={name: text for part in whole for name, text in part.texts.items()},
            poison=[one for part in whole for one in part.poison],
            unmet=[one for part in whole for one in part.unmet],
            paid=[one for part in whole for one in part.paid],
        )
