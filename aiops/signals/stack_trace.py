"""Stack traces, folded to what tells them apart: the message, the exception's type and the innermost own frame.

A trace is as deep as the program happened to be, so that its text is new each time while the fault is the same. Own is
what is neither the language's runtime nor an installed library; of a chain of causes the root counts. Read are the
traces of Python, Java (and what else runs there), Go and Node; all other text of several lines stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST, MOST_OF_LINE = 64_000, 500
"""Characters of a text, and of each of its lines, that are looked at: no text may keep the patterns busy."""

_PYTHON = re.compile(r'^[ \t]*File "([^"]+)", line \d+, in (\S+)', re.MULTILINE)
_JVM = re.compile(r"^[ \t]*at (?:[\w.$-]+/{1,2})?([\w.$<>]+)\(([^()\n]*)\)", re.MULTILINE)
_NODE = re.compile(r"^[ \t]*at (?:(.+?) \()?((?:[\w+.-]+:)?[^\s():]*):\d+:\d+\)?$", re.MULTILINE)
_GO = re.compile(r"^(\S+)\((?:[^\n]*)\)\n[ \t]+(\S+\.go):\d+", re.MULTILINE)
_ERROR = re.compile(
    r"^(?:Caused by: |Exception in thread \"[^\"]*\" |Uncaught )?((?:[\w$]+\.)*[A-Z][\w$]*)(?::|$)", re.MULTILINE
)
_NAMED = re.compile(r"((?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning|Failure|Fault))\b")
_PANIC = re.compile(r"^(panic|fatal error): ", re.MULTILINE)
_CAUSE = re.compile(r"^Caused by: ", re.MULTILINE)
_CHAINED = re.compile(
    r"^(?:The above exception was the direct cause|During handling of the above exception)", re.MULTILINE
)
_LIBRARY = re.compile(
    r"site-packages|dist-packages|/lib/python\d|<frozen|/pkg/mod/|/go/src/|/vendor/|node_modules|^node:|^internal/"
)
_JVM_LIBRARY = re.compile(
    r"(?:java|javax|jdk|sun|com\.sun|jakarta|kotlin|kotlinx|scala|akka|reactor|io\.netty|io\.grpc|com\.google|"
    r"com\.fasterxml|org\.(?:apache|springframework|hibernate|eclipse|jboss|junit))\."
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A function, where it stands, and whether that is the program's own."""

    function: str
    place: str
    own: bool


def folded(body: str) -> str:
    """A log line as it is, unless it is a stack trace; that as `message: type at function (file)`.

    >>> folded('job 7 failed\\nTraceback (most recent call last):\\n  File "/app/a.py", line 3, in run\\nKeyError: 1')
    'job 7 failed: KeyError at run (a.py)'
    """
    if "\n" not in body:
        return body
    text = "\n".join(line[:MOST_OF_LINE] for line in body[:MOST].split("\n"))
    for read in (_python, _node, _jvm, _go):
        if (found := read(text)) is not None:
            kind, frames = found
            frame = next((one for one in frames if one.own), frames[0])
            head = _head(text)
            where = f"{kind} at {frame.function} ({frame.place})"
            return where if not head or head.startswith(kind) else f"{head}: {where}"
    return body


def _head(text: str) -> str:
    """The line before the trace, empty when that is its first line."""
    first = text.lstrip().partition("\n")[0].strip()
    begins = first.startswith(("Traceback", "panic:", "goroutine", "Exception in thread", "Uncaught", "Caused by"))
    return "" if begins or _ERROR.match(first) else first.rstrip(":")


def _python(text: str) -> tuple[str, list[Frame]] | None:
    # Chained traces are written root first.
    if (chained := _CHAINED.search(text)) is not None:
        text = text[: chained.start()]
    found = list(_PYTHON.finditer(text))
    if not found:
        return None
    frames = [Frame(one[2], _file(one[1]), not _LIBRARY.search(one[1])) for one in reversed(found)]
    said = _ERROR.search(text, found[-1].end()) or re.search(r"^([\w.]+)(?::|$)", text[found[-1].end() :], re.MULTILINE)
    return said[1] if said else "exception", frames


def _jvm(text: str) -> tuple[str, list[Frame]] | None:
    # The last cause is the root; its frames stand behind it, innermost first.
    for cause in (*reversed([one.start() for one in _CAUSE.finditer(text)]), 0):
        frames = [
            Frame(_method(one[1]), one[2].partition(":")[0] or "unknown", not _JVM_LIBRARY.match(one[1]))
            for one in _JVM.finditer(text, cause)
        ]
        if frames:
            return _kind(text[cause:]), frames
    return None


def _node(text: str) -> tuple[str, list[Frame]] | None:
    frames = [
        Frame(one[1] or "anonymous", _file(one[2]), not _LIBRARY.search(one[2].removeprefix("file://")))
        for one in _NODE.finditer(text)
    ]
    return (_kind(text), frames) if frames else None


def _go(text: str) -> tuple[str, list[Frame]] | None:
    panic = _PANIC.search(text)
    frames = [
        Frame(one[1].rpartition("/")[2], _file(one[2]), not _LIBRARY.search(one[2]) and not one[1].startswith("panic"))
        for one in _GO.finditer(text)
    ]
    return (panic[1] if panic else "goroutine", frames) if frames else None


def _kind(text: str) -> str:
    """Type of the exception: the first line that begins with one, else the first that is named."""
    before = text[: found.start()] if (found := re.search(r"^[ \t]+at ", text, re.MULTILINE)) else text
    said = _NAMED.search(before) or _ERROR.search(before)
    return said[1] if said else "exception"


def _file(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _method(qualified: str) -> str:
    """Class and method without the package; numbered lambdas and generated classes under one name."""
    parts = qualified.split(".")
    return re.sub(r"\$+(?:\d+|Lambda[\w/$]*)|\$\d+", "", ".".join(parts[-2:]))
