"""The agent says so when it is blind: once, naming what, and says when it sees again."""

from __future__ import annotations

from typing import Any

from aiops.daemon.selfwatch import AWAY_SECONDS, SelfWatch
from aiops.decode.series import SeriesLimits
from aiops.detect.partition import Partition, Settings
from aiops.ingest.source import SourceStatus
from aiops.types import Labels


class Clock:
    def __init__(self) -> None:
        self.now = 1_780_000_000.0

    def __call__(self) -> float:
        return self.now


class Feeder:
    """A source that is told how it is."""

    def __init__(self) -> None:
        self.healthy = True

    def status(self) -> SourceStatus:
        return SourceStatus(ready=True, healthy=self.healthy, detail="" if self.healthy else "connection refused")


def watch() -> tuple[Clock, dict[str, Any], SelfWatch]:
    clock = Clock()
    return clock, {"bus": Feeder()}, SelfWatch(clock)


def test_a_source_that_is_away_for_two_minutes_is_told_once_and_its_return_as_well() -> None:
    clock, feeders, watching = watch()
    assert watching.check(feeders, []) == []
    feeders["bus"].healthy = False
    assert watching.check(feeders, []) == []
    clock.now += AWAY_SECONDS
    (fired,) = watching.check(feeders, [])
    assert "bus: connection refused" in fired.summary
    assert fired.severity == "page"
    assert fired.started == clock.now - AWAY_SECONDS
    assert watching.check(feeders, []) == []
    feeders["bus"].healthy = True
    clock.now += 60.0
    (ended,) = watching.check(feeders, [])
    assert (ended.fingerprint, ended.started, ended.ended) == (fired.fingerprint, fired.started, clock.now)


def test_a_short_absence_is_nobody_s_business() -> None:
    clock, feeders, watching = watch()
    feeders["bus"].healthy = False
    watching.check(feeders, [])
    clock.now += AWAY_SECONDS - 1.0
    assert watching.check(feeders, []) == []
    feeders["bus"].healthy = True
    assert watching.check(feeders, []) == []


def test_series_that_a_cap_refuses_are_told_once_with_the_label_that_explodes() -> None:
    _, _, watching = watch()
    partition = Partition("bus/otlp_metrics/0", Settings(15.0, 10.0, 2.0, (), SeriesLimits(per_metric=3)))
    for i in range(5):
        partition.table.slot(Labels.of("http_requests_total", {"service_name": "web", "id": f"u{i}"}))
    fired, ended = watching.check({}, [partition])
    assert "'id' of http_requests_total" in fired.summary
    assert ended.ended is not None
    assert watching.check({}, [partition]) == []


def test_what_an_earlier_life_told_of_ends_when_the_source_is_back_or_configured_no_more() -> None:
    for name in ("bus", "gone"):
        clock, feeders, before = watch()
        away = {name: Feeder()}
        away[name].healthy = False
        before.check(away, [])  # type: ignore[arg-type]
        clock.now += AWAY_SECONDS
        (fired,) = before.check(away, [])  # type: ignore[arg-type]
        again = SelfWatch(clock)
        again.restore([fired])
        (ended,) = again.check(feeders, [])
        assert (ended.fingerprint, ended.ended) == (fired.fingerprint, clock.now)
        assert again.check(feeders, []) == []
