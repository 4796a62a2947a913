"""The head of log lines: recognised from the lines, whatever program wrote them. All lines are made up."""

from __future__ import annotations

import numpy as np
import pytest

from aiops.logfile.header import recognise
from aiops.logfile.parse import _lines

MESSAGES = [
    "connection from 10.0.0.7 refused", "disk full", "retry in 5 s: host down", "session 17 - closed", "a=1 b=2",
    "user ann logged in", "cache: 12 of 40 hit", "[pool-1] drained", "GET /health 200", "worker 3 began",
]  # fmt: skip

LEVELS = ("INFO", "WARN", "ERROR")
HEADS = {
    "syslog": "Mar {d:2d} 10:0{i}:01 node{i} sshd[{p}]: ",
    "syslog without a pid": "Mar {d:2d} 10:0{i}:01 alpha kernel: ",
    "log4j": "2024-05-0{i} 10:00:01,5{p} {level} [main-{i}] org.acme.Worker: ",
    "log4j with dashes": "2024-05-0{i} 10:00:01,5{p} - {level}  [Peer[id={i}]/0:0:0:0:2181:Election@{p}] - ",
    "compact times": "2405{d:02d} 10000{i} {p} {level} store.Node$Writer: ",
    "logcat": "05-0{i} 10:00:01.5{p}  {p}  {p} {letter} PowerService: ",
    "bars": "20240501-10:00:0{i}:{p}|Step_{i}|3000{p}|",
    "loguru": "2024-05-01 10:00:0{i}.{p} | {level:8s} | app.main:run:{p} - ",
    "brackets": "[Sun May 0{i} 10:00:01 2024] [{level}] ",
    "brackets and a program": "[05.0{i} 10:00:01] tool{i}.exe *64 - ",
    "spring boot": "2024-05-01 10:00:01.{p}  {level} {p} --- [  worker-{i}] o.a.shop.Cart   : ",
    "two times and a label": "- 17145{p}88 2024.05.01 R0{i}-M1 2024-05-01-10.00.01.5{p} R0{i}-M1 RAS KERNEL {level} ",
    "an epoch behind words": "13{p} node-{i} unix.hw state.up 17145{p}88 1 ",
    "columns": "2024-05-01 10:00:0{i}, {level:22s}CBS    ",
    "a request in brackets": "api.log.2024-05-01_1 2024-05-01 10:00:0{i}.{p} {p} {level} api.wsgi [req-{p} {i} - - -] ",
    "klog": "I05{d:02d} 10:00:0{i}.{p}  {p} server.go:{p}] ",
    "iso": "2024-05-01T10:00:0{i}.{p}Z {level} ",
    "postgresql": "2024-05-01 10:00:0{i}.{p} UTC [{p}] {level}:  ",
    "no head": "",
}


def file_of(head: str, messages: list[str]) -> bytes:
    lines = [
        head.format(
            i=i % 10, d=1 + i % 28, p=100 + i % 900, level=("INFO", "WARN", "ERROR")[i % 3], letter="DIE"[i % 3]
        )
        + message
        for i, message in enumerate(messages)
    ]
    return "\n".join(lines).encode()


def messages_of(buffer: bytes) -> list[str]:
    start, stop = _lines(buffer)
    begin = recognise(buffer, start, stop).contents(buffer, start, stop)
    return [buffer[a:b].decode() for a, b in zip(begin, stop, strict=True)]


@pytest.mark.parametrize("name", HEADS)
def test_a_head_is_recognised_without_help(name: str) -> None:
    messages = MESSAGES * 20
    assert messages_of(file_of(HEADS[name], messages)) == messages


@pytest.mark.parametrize("name", ["syslog", "log4j", "logcat", "columns"])
def test_a_line_without_the_head_is_all_message(name: str) -> None:
    buffer = file_of(HEADS[name], MESSAGES * 20) + b"\njava.io.IOException: gone\n\tat Main.run(Main.java)"
    assert messages_of(buffer)[-2:] == ["java.io.IOException: gone", "at Main.run(Main.java)"]


def test_stack_traces_between_the_lines_do_not_hide_the_head() -> None:
    lines = file_of(HEADS["log4j"], MESSAGES * 20).split(b"\n")
    mixed = b"\n".join(line + b"\n\tat org.acme.Main" * (i % 2) for i, line in enumerate(lines))
    assert [one for one in messages_of(mixed) if not one.startswith("at ")] == MESSAGES * 20


def test_one_message_repeated_for_ever_is_not_taken_for_a_head() -> None:
    assert set(messages_of(b"\n".join([b"worker began to sweep the floor"] * 300))) == {
        "worker began to sweep the floor"
    }


def test_a_head_of_bytes_that_are_no_text_is_walked_over_within_bounds() -> None:
    rng = np.random.default_rng(5)
    buffer = rng.integers(0, 256, 60_000, dtype=np.uint8).tobytes()
    start, stop = _lines(buffer)
    begin = recognise(buffer, start, stop).contents(buffer, start, stop)
    assert np.all((begin >= start) & (begin <= stop))
