"""Log lines as loggers write them: plain text or a JSON object a line, as `LogRecord`.

A record of plain text is one line, however many newlines it has (a stack trace stays whole); JSON is read line
by line. A line that tells no time counts as of now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiops.decode.parse import epoch, parse
from aiops.decode.severity import severity
from aiops.decode.sink import Refused, Run, Sink
from aiops.types import LogRecord

TIME = ("timestamp", "@timestamp", "time", "ts", "datetime", "date", "asctime", "eventTime", "__REALTIME_TIMESTAMP")
BODY = ("message", "msg", "log", "body", "MESSAGE", "text", "event", "short_message")
LEVEL = ("severity", "level", "log.level", "levelname", "lvl", "loglevel", "severity_text", "SEVERITY")
ENTITY = ("service", "service.name", "service_name", "app", "application", "container_name", "SYSLOG_IDENTIFIER")
HOST = ("host", "host.name", "host_name", "hostname", "_HOSTNAME")
TRACE = ("trace_id", "traceId", "trace.id", "traceID", "dd.trace_id")

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?")
_EPOCH = re.compile(r"[\[(]?(\d{10}(?:\.\d{1,9}|\d{3}|\d{6}|\d{9})?)[\])]?(?=[\s:,])")
_LEVEL = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|SEVERE|CRIT(?:ICAL)?|FATAL|PANIC|EMERG|ALERT)\b"
    r"|\blevel=(\w+)|\[(trace|debug|info|notice|warn|warning|error|crit|alert|emerg|fatal)\b"
)
HEAD = 160  # characters in which time and level are looked for: beyond is the message


def decode(run: Run, sink: Sink) -> None:
    """Read all records of `run`."""
    run.each(sink, read)


def read(record: int, body: bytes, sink: Sink) -> None:
    """Read one record.

    Raises
    ------
    Refused : `invalid_utf8` and what JSON may suffer from.
    """
    head = body.lstrip()[:1]
    if head == b"[":
        for line in parse(body, list[dict[str, Any]]):
            sink.attempt(record, _put, record, line, sink)
    elif head == b"{":
        for line in body.split(b"\n"):
            if line.strip():
                sink.attempt(record, _put_text, record, line, sink)
    else:
        sink.event(record, _plain(body, sink.now))


def _plain(body: bytes, now: float) -> LogRecord:
    try:
        text = body.decode().strip("\r\n\x00")
    except UnicodeDecodeError as error:
        raise Refused("invalid_utf8", str(error)) from error
    level = _LEVEL.search(text, 0, HEAD)
    said = next(filter(None, level.groups()), "") if level else ""
    return LogRecord(timestamp=_time(text, now), entity="", body=text, severity=severity(said))


def _time(text: str, now: float) -> float:
    if found := _ISO.search(text, 0, HEAD):
        return epoch(found.group().replace(",", ".").replace(" +", "+").replace(" Z", "Z"))
    found = _EPOCH.match(text)
    return epoch(float(found.group(1))) if found else now


def _put(record: int, line: Mapping[str, Any], sink: Sink) -> None:
    sink.event(record, _object(line, sink.now))


def _put_text(record: int, line: bytes, sink: Sink) -> None:
    _put(record, parse(line, dict[str, Any]), sink)


def _object(line: Mapping[str, Any], now: float) -> LogRecord:
    told = _first(line, TIME)
    host = _first(line, HOST)
    return LogRecord(
        timestamp=now if told is None else epoch(told),
        entity=_text(_first(line, ENTITY)) or _text(host),
        body=said(line),
        severity=_level(_first(line, LEVEL)),
        trace_id=_text(_first(line, TRACE)),
        host=_text(host),
    )


def said(line: Mapping[str, Any]) -> str:
    """The message of a line that is an object; empty if it has none."""
    return _text(_first(line, BODY))


def _first(line: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """Return the first field that is there; a dotted name may also be nested, an object stands for its `name`."""
    for name in names:
        outer, _, inner = name.partition(".")
        value = line.get(name)
        if value is None and inner and isinstance(nested := line.get(outer), Mapping):
            value = nested.get(inner)
        if isinstance(value, Mapping):
            value = value.get("name")
        if value is not None and value != "":
            return value
    return None


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _level(value: Any) -> str:
    """Read a level; numbers are those of bunyan and pino (10 = trace ... 60 = fatal)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return severity("", (value // 10 - 1) * 4 + 1) if 10 <= value < 70 else ""
    return severity(_text(value))
