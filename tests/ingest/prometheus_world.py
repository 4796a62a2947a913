"""A Prometheus made of a list of series, with faults on demand, and the clock of those who ask it."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiops.ingest.prometheus import PrometheusSource
from aiops.ingest.prometheus.select import Selector, parse
from aiops.ingest.source import SourceContext, SourceLimits
from aiops.types import Records

START = 1_780_272_000.0
Series = tuple[dict[str, str], list[tuple[int, str]]]
Sample = tuple[str, int, str]
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "=~": lambda value, wanted: re.fullmatch(wanted, value) is not None,
    "!~": lambda value, wanted: re.fullmatch(wanted, value) is None,
}


def matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    return all(_TESTS[one.op](labels.get(one.name, ""), one.value) for one in selector)


def series(name: str, times: Iterable[float], **labels: str) -> Series:
    """Values are numbered, so that a lost one shows."""
    told = {"__name__": name, "job": "test", **labels}
    return told, [(round(time * 1000), str(i)) for i, time in enumerate(times)]


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Fault:
    """One answer instead of the right one; `cut` sends only so many bytes of what it announces."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    path: str = ""


class World:
    """Serves /api/v1 on loopback; a context manager.

    Attributes
    ----------
    left_included : a range holds its left end, as in Prometheus 2.
    most_samples : 422 beyond.
    most_series : 422 when one query matches more.
    faults : answered first, in order, to requests below their path.
    """

    def __init__(self, held: Iterable[Series] = ()) -> None:
        self.series = list(held)
        self.left_included = True
        self.most_samples, self.most_series = 50_000_000, 50_000_000
        self.warnings: list[str] = []
        self.metadata: dict[str, Any] = {}
        self.faults: deque[Fault] = deque()
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        world = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(dict(parse_qsl(urlsplit(self.path).query)))

            def do_POST(self) -> None:
                self._answer(dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())))

            def _answer(self, parameters: dict[str, str]) -> None:
                path = urlsplit(self.path).path
                world.asked.append((self.command, path, parameters, self.headers))
                if world.faults and world.faults[0].path in path:
                    fault = world.faults.popleft()
                else:
                    status, told = world.answer(path.removeprefix("/api/v1/"), parameters)
                    fault = Fault(status, json.dumps(told, separators=(",", ":")).encode())
                self.send_response(fault.status)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(fault.body)), **fault.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(fault.body)
                self.close_connection = "cut" in fault.headers

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> World:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, parameters: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        query = parameters.get("query", "")
        if path == "metadata":
            return 200, {"status": "success", "data": self.metadata}
        if path == "query_range":
            return self._range(query, *(float(parameters[name]) for name in ("start", "end", "step")))
        if path != "query":
            return 404, {"status": "error", "errorType": "not_found", "error": path}
        if query == "vector(1)":
            return 200, _success("vector", [{"metric": {}, "value": [START, "1"]}])
        if query == "time()":
            return 200, _success("scalar", [START, str(START)])
        if counted := re.fullmatch(r"count(?: by \((\w+)\) )?\((.*)\)", query, re.S):
            return 200, self._count(counted[1], counted[2])
        span = re.fullmatch(r"(.*)\[(\d+)ms\]", query, re.S)
        assert span, query
        return self._raw(span[1], round(float(parameters["time"]) * 1000), int(span[2]))

    def _count(self, label: str | None, selector: str) -> dict[str, Any]:
        found = Counter(labels.get(label or "", "") for labels, _ in self.series if matches(parse(selector), labels))
        groups = sorted(found.items())
        result = [{"metric": {label: v} if label and v else {}, "value": [START, str(n)]} for v, n in groups]
        return _success("vector", result)

    def _raw(self, selector: str, end: int, span: int) -> tuple[int, dict[str, Any]]:
        first = end - span + (0 if self.left_included else 1)
        held = [(labels, [one for one in samples if first <= one[0] <= end]) for labels, samples in self._of(selector)]
        return self._matrix(held)

    def _range(self, selector: str, start: float, end: float, step: float) -> tuple[int, dict[str, Any]]:
        points = int((end - start) / step + 1e-6) + 1
        if points > 11_000:
            text = "exceeded maximum resolution of 11,000 points per timeseries"
            return 400, {"status": "error", "errorType": "bad_data", "error": text}
        grid = [round((start + i * step) * 1000) for i in range(points)]
        held = []
        for labels, samples in self._of(selector):
            known = [(at, [one for one in samples if at - 300_000 < one[0] <= at]) for at in grid]
            held.append((labels, [(at, found[-1][1]) for at, found in known if found]))
        return self._matrix(held)

    def _of(self, selector: str) -> list[Series]:
        return [one for one in self.series if matches(parse(selector), one[0])]

    def _matrix(self, held: list[Series]) -> tuple[int, dict[str, Any]]:
        held = [one for one in held if one[1]]
        if sum(len(samples) for _, samples in held) > self.most_samples or len(held) > self.most_series:
            text = "query processing would load too many samples into memory in query execution"
            return 422, {"status": "error", "errorType": "execution", "error": text}
        result = [{"metric": labels, "values": [[_time(at), value] for at, value in s]} for labels, s in held]
        return 200, _success("matrix", result) | ({"warnings": self.warnings} if self.warnings else {})


def _success(kind: str, result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


def _time(milliseconds: int) -> float | int:
    return milliseconds / 1000 if milliseconds % 1000 else milliseconds // 1000


def source(
    world: World,
    clock: Clock,
    *,
    step: float = 15.0,
    poll_bytes: int = 2**20,
    record_bytes: int = 2**24,
    **settings: Any,
) -> PrometheusSource:
    """A source named `prom`; no history unless asked for."""
    config = PrometheusSource.Config.model_validate({"url": world.url, "history": "0s", "delay": "30s", **settings})
    limits = SourceLimits(record_bytes=record_bytes, poll_bytes=poll_bytes)
    return PrometheusSource("prom", config, SourceContext(Path("unused"), step, limits, clock=clock))


def samples(records: Iterable[Records]) -> list[Sample]:
    """(series as JSON, milliseconds, value) in the order of the bodies."""
    found = []
    for one in records:
        for start, stop in zip(one.start.tolist(), one.stop.tolist(), strict=True):
            for held in json.loads(bytes(one.buffer[start:stop]))["data"]["result"]:
                name = json.dumps(held["metric"], sort_keys=True)
                found += [(name, round(time * 1000), value) for time, value in held["values"]]
    return found


def held(world: World, since: float, until: float) -> list[Sample]:
    """What a perfect reader of [since, until) would have."""
    return [
        (json.dumps(labels, sort_keys=True), at, value)
        for labels, points in world.series
        for at, value in points
        if since * 1000 <= at < until * 1000
    ]
