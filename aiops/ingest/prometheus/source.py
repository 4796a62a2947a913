"""Prometheus as a source: first its past, coarse and in order of time, then every new sample once.

Positions say how far event time was read: `{"history_until", "history_end"}` during the bootstrap, `{"until"}` after
it, with `history_end` once at its end; both may carry `"incomplete": true` when the answer was partial, so that nobody
takes absence from that window for a fact. A window ends `delay` before now: a scrape becomes visible only after it has
ended.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, SecretStr, field_validator, model_validator

from aiops.config import Duration
from aiops.errors import PermanentError, TemporaryError
from aiops.ingest.prometheus.api import Access, Answer, Api, Breaker
from aiops.ingest.prometheus.discovery import kinds, optional, problems, scrape_seconds
from aiops.ingest.prometheus.read import Reader, Window, split
from aiops.ingest.prometheus.select import disjoint, parse, render
from aiops.ingest.source import MIB, PartitionStatus, SourceConfig, SourceContext, SourceStatus
from aiops.types import Kind, Records

FORMAT = "prometheus_json"
SAMPLE_BYTES, LABEL_BYTES = 26, 300
"""What a sample and the labels of a series usually take; only the first window is guessed by it."""
MOST_POINTS = 10_000
"""Prometheus refuses more than 11,000 a series."""
DECODED_BYTES = 8 * MIB
"""decode refuses larger records, whatever a source may hold."""
LONGEST_RAW_SECONDS = 3_600.0
LONGEST_DELAY_SECONDS = 60.0
METADATA_SECONDS = 3_600.0
OPEN_SECONDS = (3.0, 5.0)


class Tls(SourceConfig):
    """`ca`: PEM file of the authority, empty = the usual ones; `cert`, `key`: our own, for mutual TLS."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    insecure: bool = False


class PrometheusSource:
    """Polls one Prometheus; one partition, named like the source."""

    kind: ClassVar[str] = "prometheus"

    class Config(SourceConfig):
        """What the user writes.

        `interval` is one step by default; `delay` two scrape intervals (at most a minute); `max_series` is the most
        that one query asks for; environment variables for proxies are not read: set `proxy`.
        """

        url: str
        select: tuple[str, ...] = Field(('{job=~".+"}',), min_length=1)
        history: Duration = 14 * 86_400.0
        interval: Duration | None = None
        delay: Duration | None = None
        timeout: Duration = Field(30.0, gt=0)
        token: SecretStr = SecretStr("")
        username: str = ""
        password: SecretStr = SecretStr("")
        tls: Tls = Tls()
        proxy: str = ""
        max_series: int = Field(50_000, ge=100)

        @field_validator("url")
        @classmethod
        def _http(cls, value: str) -> str:
            if not value.startswith(("http://", "https://")):
                raise ValueError("write http://HOST:PORT or https://HOST")
            return value.rstrip("/")

        @field_validator("select")
        @classmethod
        def _selectors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
            for one in value:
                parse(one)
            return value

        @model_validator(mode="after")
        def _one_login(self) -> PrometheusSource.Config:
            if self.username and self.token.get_secret_value():
                raise ValueError("give a token, or username and password, not both")
            return self

    def __init__(self, name: str, config: Config, ctx: SourceContext) -> None:
        self._name, self._config, self._ctx = name, config, ctx
        self._step = ctx.step_seconds
        self._interval = config.interval or self._step
        self._delay = config.delay
        self._breaker = Breaker(ctx.clock)
        self._largest = min(ctx.limits.record_bytes, DECODED_BYTES)
        self._target = min(ctx.limits.poll_bytes, self._largest) * 3 // 4
        self._api: Api | None = None
        self._reader: Reader | None = None
        self._at: Window | None = None
        """What is still to be read of the history; None = live."""
        self._until = -math.inf
        self._span = self._interval
        self._points = 0
        self._kinds: dict[str, Kind] = {}
        self._metadata_at = -math.inf
        self._closing = threading.Event()
        self._status = SourceStatus(detail="not connected yet")

    def open(self, positions: Mapping[str, Any]) -> None:
        """See `Source.open`."""
        self.close()
        self._closing.clear()
        api = Api(self._access(), 8 * self._ctx.limits.poll_bytes, self._breaker)
        self._api = api
        try:
            api.ask(lambda connect: connect.custom_query("vector(1)", timeout=OPEN_SECONDS))
            scrape = scrape_seconds(api) or self._step
        except (TemporaryError, PermanentError) as error:
            self._failed(error)
            raise
        if self._delay is None:
            self._delay = min(2 * scrape, LONGEST_DELAY_SECONDS)
        selectors = disjoint([parse(one) for one in self._config.select])
        self._reader = Reader(api, selectors, self._config.max_series, self._step, self._largest)
        self._learn_kinds()
        self._go_on(positions.get(self._name))

    def _go_on(self, position: Any) -> None:
        """Stand where `position` says, or at the start of the history."""
        now = math.floor(self._newest() / self._step) * self._step
        if isinstance(position, Mapping) and "until" in position:
            self._at, self._until = None, float(position["until"])
        elif isinstance(position, Mapping) and "history_until" in position:
            self._at = Window(float(position["history_until"]), float(position["history_end"]), self._step)
        elif self._config.history >= self._step:
            steps = math.ceil(self._config.history / self._step)
            self._at = Window(now - steps * self._step, now, self._step)
        else:
            self._at, self._until = None, now - self._interval
        if self._at is not None:
            self._until = self._at.until

    def poll(self, timeout: float) -> list[Records]:
        """See `Source.poll`; at most one window."""
        if self._reader is None:
            raise TemporaryError("not opened")
        if self._closing.is_set():
            return []
        window = self._window(timeout)
        if window is None:
            return []
        try:
            read, answer = self._reader.read(self._sized(window))
        except (TemporaryError, PermanentError) as error:
            self._failed(error)
            # Neither a wrong token nor a wrong query is for ever on the other side: the daemon goes on asking.
            if isinstance(error, TemporaryError):
                raise
            raise TemporaryError(str(error), retry_after=60.0) from error
        self._learn_kinds()
        return [self._advance(read, answer)]

    def _newest(self) -> float:
        """Event time up to which scrapes can be expected to be visible."""
        return self._ctx.clock() - (self._step if self._delay is None else self._delay)

    def _window(self, timeout: float) -> Window | None:
        """What to read now; waits up to `timeout` for it to become due."""
        if self._at is not None:
            return self._at
        due = (math.floor(self._until / self._interval) + 1) * self._interval - self._newest()
        if due > 0:
            self._closing.wait(min(due, timeout))
            if due > timeout or self._closing.is_set():
                return None
        whole = math.floor(self._newest() / self._interval) * self._interval
        return Window(self._until, whole) if whole > self._until else None

    def _sized(self, window: Window) -> Window:
        """As much of it as fits into one poll, by what earlier windows held."""
        assert self._reader is not None
        if window.step is None:
            return replace(window, until=min(window.until, window.since + self._span))
        if not self._points:
            self._reader.plan(self._until)
            each = self._target // max(1, self._reader.series) - LABEL_BYTES
            self._points = max(1, min(each // SAMPLE_BYTES, MOST_POINTS))
        return replace(window, until=min(window.until, window.since + self._points * window.step))

    def _advance(self, read: Window, answer: Answer) -> Records:
        """Move on behind what was read; return it with the position that commits it."""
        room = self._target / max(1, len(answer.body))
        if read.step is None:
            position: dict[str, Any] = {"until": read.until}
            self._until = read.until
            length = (read.until - read.since) * min(room / 2, 2.0)
            whole = math.floor(min(length, LONGEST_RAW_SECONDS) / self._interval) * self._interval
            self._span = max(self._interval, whole)
        else:
            position = self._advance_history(read, room)
        if answer.incomplete:
            position["incomplete"] = True
        self._succeeded(read, answer)
        bodies = split(answer.body, self._largest)
        return Records.many(self._name, bodies, position, FORMAT, first_offset=int(read.since))

    def _advance_history(self, read: Window, room: float) -> dict[str, Any]:
        assert self._at is not None
        assert read.step is not None
        points = round((read.until - read.since) / read.step)
        self._points = max(1, min(int(points * min(room, 2.0)), MOST_POINTS))
        if read.until < self._at.until:
            self._at = replace(self._at, since=read.until)
            return {"history_until": read.until, "history_end": self._at.until}
        self._at = None
        # Told with the last of it as well: a history that one window holds would else be taken for the present.
        return {"until": read.until, "history_end": read.until}

    def _succeeded(self, read: Window, answer: Answer) -> None:
        detail = f"partial answer: {answer.incomplete}" if answer.incomplete else ""
        if self._at is not None:
            done = 1 - (self._at.until - self._at.since) / max(self._config.history, self._step)
            detail = f"history {max(0.0, done):.0%}" + (f", {detail}" if detail else "")
        at_end = self._at is None and not answer.incomplete and self._newest() - self._until < self._interval
        self._tell(SourceStatus(True, True, detail, {self._name: PartitionStatus(0, at_end)}))

    def _failed(self, error: Exception) -> None:
        self._tell(SourceStatus(self._status.ready, False, str(error), {self._name: PartitionStatus()}))

    def _tell(self, status: SourceStatus) -> None:
        if status.healthy != self._status.healthy:
            self._ctx.log.info("source_changed", healthy=status.healthy, detail=status.detail)
        self._status = status

    def _learn_kinds(self) -> None:
        assert self._api is not None
        if self._ctx.clock() - self._metadata_at >= METADATA_SECONDS:
            self._kinds = kinds(optional(self._api, "metadata"))
            self._metadata_at = self._ctx.clock()

    def kinds(self) -> Mapping[str, Kind]:
        """Metric name -> kind as the metadata tells it; replaced whole every hour, from any thread."""
        return self._kinds

    def committed(self, positions: Mapping[str, Any]) -> None:
        """See `Source.committed`; Prometheus keeps no positions."""

    def status(self) -> SourceStatus:
        """See `Source.status`."""
        return self._status

    def check(self) -> list[str]:
        """See `Source.check`."""
        api = Api(self._access(), 8 * self._ctx.limits.poll_bytes, Breaker(self._ctx.clock))
        try:
            selectors = [render(parse(one)) for one in self._config.select]
            return problems(api, selectors, self._config.history, self._ctx.clock())
        finally:
            api.close()

    def close(self) -> None:
        """See `Source.close`."""
        self._closing.set()
        if self._api is not None:
            self._api.close()
        self._api = self._reader = None

    def _access(self) -> Access:
        config = self._config
        return Access(
            url=config.url,
            token=config.token.get_secret_value(),
            username=config.username,
            password=config.password.get_secret_value(),
            ca=config.tls.ca,
            cert=config.tls.cert,
            key=config.tls.key,
            insecure=config.tls.insecure,
            proxy=config.proxy,
            timeout=config.timeout,
        )
