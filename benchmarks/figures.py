"""What is measured, against whom, and what is wanted of it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

NAMES = (
    "end_to_end", "kernel", "prometheus", "templates", "decode", "deep", "scale", "daemon", "rank", "storms", "drift",
    "llm", "model_watch",
)  # fmt: skip
GENERAL = ("ours", "peer", "ratio", "usual_way")
"""Names that mean something within their benchmark only."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    key : of the figure the target is about.
    ours, peer : keys of the two sides, empty = there is no such side.
    least : whether the target is a least (a ratio) or a most (seconds, bytes).
    """

    key: str
    what: str
    against: str
    ours: str
    peer: str
    target: float
    least: bool = True


ROWS = (
    Row(
        "end_to_end", "Kafka batch of 175-byte JSON to a score", "kafka-python + pydantic + river GaussianScorer",
        "end_to_end_ours", "end_to_end_peer", 25,
    ),
    Row(
        "kernel", "detector, samples of 100,000 series", "river GaussianScorer",
        "kernel_samples_per_second", "river_gaussian_samples_per_second", 500,
    ),
    Row(
        "kernel_seasonal", "the same, season of 288", "river Holt-Winters",
        "kernel_samples_per_second", "river_holt_winters_samples_per_second", 2000,
    ),
    Row(
        "prometheus", "Prometheus history to columns", "prometheus-api-client MetricRangeDataFrame",
        "prometheus_per_core_second", "prometheus_peer_per_core_second", 25,
    ),
    Row(
        "templates", "log templates, lines never seen", "drain3 with masks",
        "templates_per_core_second", "templates_peer_per_core_second", 40,
    ),
    Row(
        "templates_repeat", "log templates, lines seen before", "drain3 with masks",
        "templates_repeat_per_core_second", "", 100,
    ),
    Row("templates_accuracy", "grouping accuracy", "drain3 with masks", "", "templates_peer_accuracy", 0),
    Row("bytes_per_series", "state of a series at 288 slots, bytes", "", "", "", 1300, least=False),
    Row("deep_microseconds", "deeper stage, core-microseconds a value", "", "", "", 10, least=False),
    Row("cascade_proposal_milliseconds", "the same, milliseconds a proposal", "", "", "", 10, least=False),
    Row("step_seconds", "a step of 100,000 series, core-seconds", "", "", "", 0.5, least=False),
    Row("step_resident_gigabytes", "the same, resident gigabytes", "", "", "", 1.5, least=False),
    Row("scale_off_line", "a step of 1 k to 1 M series, furthest from a straight line", "", "", "", 1.5, least=False),
    Row("llm_short_per_core_second", "text signals of short LLM calls, calls a core-second", "", "", "", 20_000),
    Row(
        "rank_baro", "root cause of 2,000 metrics, onset told", "BARO robust_scorer",
        "rank_metrics_per_second", "baro_metrics_per_second", 50,
    ),
    Row(
        "rank_granger", "the same of all pairs of 200, onset searched for", "statsmodels grangercausalitytests",
        "rank_pairs_per_second", "granger_pairs_per_second", 200,
    ),
    Row("storm_alerts_per_second", "storm of alerts, alerts a core-second", "", "", "", 2_000),
    Row("storm_ari", "the same, agreement of incidents and faults (ARI)", "", "", "", 0.7),
    Row("cause_rank_seconds", "causes of an incident of 5,000 entities, core-seconds", "", "", "", 1.0, least=False),
    Row(
        "drift", "verdict on a drift window of 10,000 x 50, ms", "scipy ks_2samp a column",
        "drift_verdict_ms", "scipy_ks_2samp_ms", 50,
    ),
    Row(
        "drift_evidently", "the same against a report, ms", "Evidently's drift preset",
        "drift_verdict_ms", "evidently_preset_ms", 1000,
    ),
    Row("model_state_bytes", "drift windows of 100 features in the daemon, bytes", "", "", "", 32_000, least=False),
    Row("daemon_core_share", "`aiops run` of 100,000 series, share of a core", "", "", "", 1.0, least=False),
    Row("daemon_resident_gigabytes", "the same, resident gigabytes at its height", "", "", "", 1.5, least=False),
)  # fmt: skip


def run(name: str) -> dict[str, float]:
    """The figures of one benchmark, under names that are unique among all."""
    found: dict[str, float] = importlib.import_module(f"benchmarks.{name}").measure()
    general = name == "decode"
    return {f"{name}_{key}" if general or key in GENERAL else key: float(value) for key, value in found.items()}


def short(value: float | None) -> str:
    """Four significant digits, millions as M.

    >>> short(12_345_678.0), short(0.0312), short(1232.0), short(None)
    ('12.35 M', '0.0312', '1,232', '')
    """
    if value is None:
        return ""
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.4g} M"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


HEADER = ["", "ours", "peer's", "peer", "ratio", "target", "held"]


def table(found: dict[str, float]) -> list[list[str]]:
    """What, ours, peer's, peer, ratio, target and verdict, for every row there are figures for."""
    lines = []
    for row in ROWS:
        if row.key not in found:
            continue
        value = found[row.key]
        target = row.target or found[row.peer]
        held = value >= target if row.least else value <= target
        sides = bool(row.ours)
        lines.append([
            row.what,
            short(found.get(row.ours) if sides else value),
            short(found.get(row.peer)),
            row.against,
            f"{value:.1f} x" if sides else "",
            f"{'>=' if row.least else '<='} {short(target)}{' x' if sides else ''}",
            "yes" if held else "MISSED",
        ])  # fmt: skip
    return lines
