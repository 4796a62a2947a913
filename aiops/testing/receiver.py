"""Tells a receiver of an incident from its beginning to its end, and of some that nobody would want to be told of."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from aiops.errors import TemporaryError
from aiops.testing.component import check_config, check_json, error_of
from aiops.types import Cause, Finding, Incident

HOSTILE = ("x" * 20_000, "<!channel> *&<>`\"'\x1b[2J\r\n\0\x9b\u202e", "\ud800 \U0001f525", "")
"""Text from logs: long, with markup and control characters, half a character, nothing."""


def incident(id: str, began: float, status: str = "firing", said: str = "25 % of requests fail") -> Incident:
    """An incident to tell a receiver of; it began at `began`, epoch seconds, and `said` is text from a log line."""
    ended = began + 300.0 if status == "resolved" else None
    finding = Finding(
        "HttpErrorRatio", "it-http-error-ratio", {"service_name": "orders", "path": said}, "orders", "it", "page",
        "bus/metrics/0", 1, began, began + 60.0, ended, 0.25, 0.01, 9.0, summary=said,
    )  # fmt: skip
    cause = Cause("orders", 0.8, (said,), "http_errors", "node-1", "errors")
    of = ("it",), ("orders", "web"), (finding,), (cause,)
    return Incident(id, said, "page", status, began, began + 60.0, *of, resolved=ended)


def check_receiver(
    make: Callable[[], Any],
    compose: Callable[[Incident], Any],
    *,
    count: Callable[[], int] | None = None,
    findable: bool = True,
    away: Callable[[], Any] | None = None,
    lost: Callable[[], Any] | None = None,
) -> None:
    """A receiver tells of an incident once, and everything after it in the same place.

    Parameters
    ----------
    make : a new receiver on the same medium at each call.
    compose : `aiops.respond.message.compose`, or one that makes what your own receiver takes.
    count : how many incidents the medium shows at the moment, for one that can be looked at.
    findable : False = its medium cannot be asked, and `find` always answers None.
    away : a receiver whose other side is not there.
    lost : a receiver whose other side takes a message and never says so.

    Raises
    ------
    AssertionError : a promise is broken.
    """
    told = _Told(compose)
    check_config(make().Config)
    _check_check(make(), count)
    _check_place(make, told, count, findable)
    receiver = make()
    for number, said in enumerate(HOSTILE):
        _sent(receiver, told(f"hostile-{number}", said=said), "open", None)
    receiver.close()
    receiver.close()
    _check_errors(told("error"), away, lost)


class _Told:
    """Messages about incidents of the last minutes whose ids nobody has used before."""

    def __init__(self, compose: Callable[[Incident], Any]) -> None:
        self._compose, self._began, self._run = compose, time.time() - 600.0, uuid.uuid4().hex[:8]

    def __call__(self, name: str, **fields: str) -> Any:
        return self._compose(incident(self.reference(name), self._began, **fields))

    def reference(self, name: str) -> str:
        return f"{name}-{self._run}"


def _check_check(receiver: Any, count: Callable[[], int] | None) -> None:
    assert receiver.spacing_seconds >= 0, "spacing_seconds is negative"
    before = count() if count else 0
    found = receiver.check()
    assert isinstance(found, str), "check() does not say in a line what it found"
    assert found, "check() says nothing"
    assert count is None or count() == before, "check() told somebody something"


def _check_place(make: Callable[[], Any], told: _Told, count: Callable[[], int] | None, findable: bool) -> None:
    """One message from open to resolve, with a restart between any two."""
    shown, one = count or (lambda: 0), int(count is not None)
    before = shown()
    thread = _sent(make(), told("one"), "open", None)
    assert shown() == before + one, "after one open there is not one message more"
    known = make().find(told.reference("one"))
    assert known == (thread if findable else None), f"find() found {known} instead of what was posted"
    assert make().find(told.reference("nobody")) is None, "find() found an incident nobody was told of"
    for action, status in (("update", "acknowledged"), ("repeat", "firing"), ("resolve", "resolved")):
        again = _sent(make(), told("one", status=status), action, dict(thread))
        assert action == "repeat" or again == thread, f"{action} answered the receipt {again} instead of {thread}"
        assert action == "repeat" or shown() == before + one, f"{action} opened a message instead of using the first"
    _sent(make(), told("two", status="resolved"), "resolve", None)
    assert shown() == before + 2 * one, "without a thread no new message was posted"


def _check_errors(message: Any, away: Callable[[], Any] | None, lost: Callable[[], Any] | None) -> None:
    if away is not None:
        receiver = away()
        error = error_of(lambda: receiver.send(message, "open", None))
        assert error is not None, "send to nobody succeeded"
        assert str(error), "an error without words"
        assert not getattr(error, "in_doubt", False), "nobody was there, and yet it is in doubt whether it arrived"
        assert error_of(receiver.check) is not None, "check() finds nothing wrong although the other side is away"
        error_of(lambda: receiver.find("nobody"))
        receiver.close()
    if lost is not None:
        receiver = lost()
        error = error_of(lambda: receiver.send(message, "open", None))
        assert isinstance(error, TemporaryError), f"a lost answer is no TemporaryError but {error!r}"
        assert error.in_doubt, "an answer was lost, and it is not in doubt whether the message arrived"
        receiver.close()


def _sent(receiver: Any, message: Any, action: str, thread: dict[str, Any] | None) -> dict[str, Any]:
    receipt: list[Any] = []
    error = error_of(lambda: receipt.append(receiver.send(message, action, thread)))
    assert error is None, f"{action} failed although the other side works: {error}"
    assert isinstance(receipt[0], dict), f"the receipt of {action} is {receipt[0]!r} and no JSON object"
    check_json(receipt[0], "receipt")
    return receipt[0]
