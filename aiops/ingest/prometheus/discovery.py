"""What a Prometheus holds: for `aiops init`, for `check`, and the kinds of its metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

import msgspec

from aiops.config import seconds
from aiops.errors import PermanentError, TemporaryError
from aiops.ingest.prometheus.api import Access, Api, Breaker, TooMuchError
from aiops.types import Kind

DISCOVER_BYTES = 64 * 2**20
_KINDS = {"counter": Kind.COUNTER, "gauge": Kind.GAUGE}
_CUMULATIVE = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found.

    Attributes
    ----------
    jobs : job -> number of series, by name.
    metrics : those of the asked metric names that exist, sorted.
    scrape_seconds : the usual scrape interval, None = not told.
    retention_seconds : None = not told, or limited by size only.
    """

    url: str
    version: str = ""
    jobs: Mapping[str, int] = field(default_factory=dict)
    series: int = 0
    metrics: tuple[str, ...] = ()
    scrape_seconds: float | None = None
    retention_seconds: float | None = None


def discover(access: Access | str, metrics: Iterable[str] = ()) -> Discovery:
    """Look at a Prometheus.

    Parameters
    ----------
    access : how to reach it, or its URL.
    metrics : names to look for, such as those our rules read.

    Raises
    ------
    TemporaryError, PermanentError : it cannot be reached or refuses.
    """
    access = Access(access) if isinstance(access, str) else access
    api = Api(access, DISCOVER_BYTES, Breaker(lambda: 0.0))
    try:
        jobs = {key[0] if key else "": int(n) for key, n in api.value('count by (job) ({__name__=~".+"})').items()}
        present = set(api.ask(lambda connect: connect.get_label_values("__name__")))
        return Discovery(
            url=api.url,
            version=str(optional(api, "status/buildinfo").get("version", "")),
            jobs=dict(sorted(jobs.items())),
            series=sum(jobs.values()),
            metrics=tuple(sorted(present.intersection(metrics))),
            scrape_seconds=scrape_seconds(api),
            retention_seconds=retention_seconds(api),
        )
    finally:
        api.close()


def optional(api: Api, path: str) -> dict[str, Any]:
    """Data of an endpoint that not every implementation has; empty where it is missing or fails."""
    try:
        found = msgspec.json.decode(api.fetch(path, {}).body)["data"]
    except (PermanentError, TemporaryError, TooMuchError, msgspec.DecodeError, KeyError):
        return {}
    return found if isinstance(found, dict) else {}


def scrape_seconds(api: Api) -> float | None:
    """The usual scrape interval of the active targets."""
    targets = optional(api, "targets?state=active").get("activeTargets") or []
    found = [seconds(one["scrapeInterval"]) for one in targets if one.get("scrapeInterval")]
    return median_low(found) if found else None


def retention_seconds(api: Api) -> float | None:
    """How long it keeps samples; `15d or 10GB` counts as 15 days."""
    told = str(optional(api, "status/runtimeinfo").get("storageRetention", "")).split(" or ")[0]
    try:
        return seconds(f"{365 * int(told[:-1])}d" if told.endswith("y") else told)
    except ValueError:
        return None


def kinds(metadata: Mapping[str, Any]) -> dict[str, Kind]:
    """/api/v1/metadata -> how each series moves; what targets disagree about is left out.

    >>> kinds({"a": [{"type": "summary"}]})
    {'a': <Kind.GAUGE: 1>, 'a_count': <Kind.COUNTER: 2>, 'a_sum': <Kind.COUNTER: 2>}
    """
    found: dict[str, Kind] = {}
    for name in sorted(metadata):
        types = {str(entry.get("type")) for entry in metadata[name] if isinstance(entry, dict)}
        if len(types) != 1:
            continue
        told = types.pop()
        if told in _KINDS:
            found[name] = _KINDS[told]
        if told == "counter" and not name.endswith("_total"):
            found[f"{name}_total"] = Kind.COUNTER  # OpenMetrics tells the family's name
        if told == "summary":
            found[name] = Kind.GAUGE
        found |= {f"{name}{suffix}": Kind.COUNTER for suffix in sorted(_CUMULATIVE.get(told, ()))}
    return found


def problems(api: Api, selectors: Iterable[str], history: float, clock: float) -> list[str]:
    """What would keep the source from working, each with how to mend it; empty = nothing."""
    try:
        found = [_no_series(api, one) for one in selectors]
        found += [_skew(api, clock), _short_history(api, history)]
    except (TemporaryError, PermanentError, TooMuchError) as error:
        return [f"{error}; check `url`, and that this machine may reach it"]
    return [one for one in found if one]


def _no_series(api: Api, selector: str) -> str:
    if api.value(f"count({selector})"):
        return ""
    return f"select {selector} matches no series; look at {api.url}/targets, and at the matchers"


def _skew(api: Api, clock: float) -> str:
    theirs = next(iter(api.value("time()").values()), clock)
    if abs(theirs - clock) < 60:
        return ""
    return f"its clock is {theirs - clock:+.0f} s from ours; synchronise both: samples from the future are refused"


def _short_history(api: Api, history: float) -> str:
    kept = retention_seconds(api)
    if kept is None or kept >= history:
        return ""
    return f"history is {history / 86_400:g} d, but it keeps {kept / 86_400:g} d; set `history` to that or less"
