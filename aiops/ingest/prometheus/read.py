"""Reads one window of event time, whatever it takes: asks for less time, then for fewer series, when refused.

A window is half-open, [since, until), by the samples' own timestamps; consecutive windows hold every sample once.
Raw samples come from range-vector instant queries, so nothing is interpolated. Prometheus 2 includes the left end of
a range and Prometheus 3 does not: the range is asked for so that 3 loses nothing, and what 2 repeats is taken out.
However many shards were asked, a window of several steps is one record: all of its series are equally late.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiops.errors import TemporaryError
from aiops.ingest.prometheus.api import Answer, Api, TooMuchError
from aiops.ingest.prometheus.select import Selector, render, shards

MILLI = 0.001
"""Prometheus' resolution: the last instant before `until`."""
PLAN_SECONDS = 3_600.0
_RESULT = re.compile(rb'"result"\s*:\s*\[')
_BETWEEN = b']]},{"metric":'
"""Between two series; a label value cannot look like it, its quotes are escaped."""
_HEAD, _TAIL = b'{"status":"success","data":{"resultType":"matrix","result":[', b"]}}"


@dataclass(frozen=True, slots=True)
class Window:
    """[since, until), epoch seconds.

    Attributes
    ----------
    step : None = raw samples; else seconds, the last sample of every step, told at the end of the step.
    """

    since: float
    until: float
    step: float | None = None

    def request(self, selector: str) -> tuple[str, dict[str, str]]:
        """Path below /api/v1 and parameters."""
        last = self.until - MILLI
        if self.step is None:
            span = round((self.until - self.since) * 1_000)
            return "query", {"query": f"{selector}[{span}ms]", "time": f"{last:.3f}"}
        start = self.since + self.step - MILLI
        times = {"start": f"{start:.3f}", "end": f"{last:.3f}", "step": f"{self.step:.3f}"}
        return "query_range", {"query": selector, **times}

    def halved(self, step: float) -> Window | None:
        """Its earlier half, in whole steps; None = it is no longer than one."""
        steps = math.floor((self.until - self.since) / step + 1e-6)
        return replace(self, until=self.since + steps // 2 * step) if steps >= 2 else None


class Reader:
    """Reads windows through one connection.

    Parameters
    ----------
    selectors : disjoint.
    max_series : most series one query asks for.
    step : seconds; a window is not halved below it, its series are cut instead.
    largest_bytes : of a record. One step may need more than one, a longer window is halved.
    """

    def __init__(
        self, api: Api, selectors: Sequence[Selector], max_series: int, step: float, largest_bytes: int
    ) -> None:
        self._api, self._selectors, self._max_series = api, selectors, max_series
        self._step, self._largest_bytes = step, largest_bytes
        self._largest = max_series
        self._planned_at: float | None = None
        self._plan: list[str] = []
        self.series = 0
        """How many matched when last counted."""

    def read(self, window: Window) -> tuple[Window, Answer]:
        """Read `window` or, when that is refused or too large, an earlier part of it.

        Raises
        ------
        TemporaryError, PermanentError : as `Api.fetch`; also when even one series of one step is refused.
        """
        while True:
            shorter = window.halved(self._step)
            try:
                answers = [self._api.fetch(*window.request(part)) for part in self.plan(window.until)]
                if shorter is None or sum(len(one.body) for one in answers) <= self._largest_bytes:
                    break
            except TooMuchError as error:
                if shorter is None:
                    self._fewer(error)
            window = shorter or window
        body = merged([answer.body for answer in answers])
        if window.step is None:
            body = without(body, round((window.since - MILLI) * 1_000))
        incomplete = "; ".join(dict.fromkeys(answer.incomplete for answer in answers if answer.incomplete))
        return window, Answer(body, incomplete)

    def plan(self, at: float) -> list[str]:
        """The selectors to ask, as text; counted anew every hour of event time."""
        if self._planned_at is None or abs(at - self._planned_at) >= PLAN_SECONDS:
            if self._planned_at is not None:
                self._largest = self._max_series
            self._recount(at)
        return self._plan

    def _recount(self, at: float) -> None:
        parts: list[Selector] = []
        self.series = 0
        for selector in self._selectors:
            counts = self._counts(selector, "__name__", at)
            self.series += sum(counts.values())
            for part in shards(selector, "__name__", counts, self._largest):
                parts += self._by_instance(part, counts, at)
        self._plan, self._planned_at = [render(part) for part in parts], at

    def _by_instance(self, part: Selector, counts: dict[str, int], at: float) -> list[Selector]:
        """One metric may be too much by itself: it is cut once more."""
        name = part[-1].value.replace("\\", "")
        if part[-1].op != "=~" or counts.get(name, 0) <= self._largest:
            return [part]
        return shards(part, "instance", self._counts(part, "instance", at), self._largest)

    def _counts(self, selector: Selector, label: str, at: float) -> dict[str, int]:
        found = self._api.value(f"count by ({label}) ({render(selector)})", at - MILLI)
        return {key[0] if key else "": int(value) for key, value in found.items()}

    def _fewer(self, error: TooMuchError) -> None:
        self._largest = min(self._largest, max(self.series, 1)) // 2
        if self._largest < 1:
            self._largest = self._max_series
            raise TemporaryError(f"refuses even one series of one step: {error}", retry_after=60.0) from error
        assert self._planned_at is not None
        self._recount(self._planned_at)


def merged(bodies: Sequence[bytes]) -> bytes:
    """One answer with the series of all, without decoding them.

    >>> one = merged([])
    >>> merged([one, one]) == one
    True
    """
    if len(bodies) == 1:
        return bodies[0]
    return _HEAD + b",".join(filter(None, map(_series, bodies))) + _TAIL


def _series(body: bytes) -> bytes:
    begin = _RESULT.search(body)
    end = body.rfind(b"]]}")  # the end of the last series' values
    return body[begin.end() : end + 3] if begin and end > begin.end() else b""


def split(body: bytes, largest: int) -> list[bytes]:
    """Cut an answer into answers of at most `largest` bytes, between series; one series is never cut.

    >>> series = b'{"metric":{},"values":[[1,"2"]]}'
    >>> [part.count(series) for part in split(_HEAD + b",".join([series] * 5) + _TAIL, 150)]
    [2, 2, 1]
    """
    if len(body) <= largest:
        return [body]
    series = _series(body)
    room = largest - len(_HEAD) - len(_TAIL)
    parts, begin = [], 0
    while begin < len(series):
        end = len(series)
        if end - begin > room:
            cut = series.rfind(_BETWEEN, begin, begin + room + len(_BETWEEN) - len(b"]]}"))
            cut = cut if cut >= 0 else series.find(_BETWEEN, begin)
            end = cut + len(b"]]}") if cut >= 0 else end
        parts.append(_HEAD + series[begin:end] + _TAIL)
        begin = end + len(b",")
    return parts


def without(body: bytes, milliseconds: int) -> bytes:
    """Take out samples of exactly this time; a label value cannot look like one, its quotes are escaped.

    >>> without(b'{"values":[[99,"1"],[99.5,"2"]]}', 99_000)
    b'{"values":[[99.5,"2"]]}'
    """
    seconds, rest = divmod(milliseconds, 1_000)
    if b"[%d" % seconds not in body:
        return body
    fraction = rb"\.%s0*" % (b"%03d" % rest).rstrip(b"0") if rest else rb"(?:\.0+)?"
    return re.sub(rb'\[%d%s,"[^"]*"\],?' % (seconds, fraction), b"", body)
