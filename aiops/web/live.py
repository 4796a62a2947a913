"""Change notices from the daemon's thread to open pages.

A notice says what changed, never how: the page fetches itself anew. So a slow page may lose notices without
harm (its queue holds few and drops the rest into one "something changed").
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MOST_LISTENERS = 64
QUEUED = 32


@dataclass(frozen=True, slots=True)
class Notice:
    """Something changed: `incident`, `silence`, `run`, `status`, with its id; `*` = look at everything."""

    topic: str
    id: str = ""


EVERYTHING = Notice("*")
LEAVING = Notice("")
"""The server stops: streams end by themselves instead of being cut off."""


class Crowded(Exception):
    """More pages listen than are served."""


class Broadcast:
    """Publish from any thread, listen on any event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[asyncio.Queue[Notice], asyncio.AbstractEventLoop] = {}
        self._closed = False

    def publish(self, topic: str, id: str = "") -> None:
        """Tell all open pages; never blocks, never fails."""
        self._tell(Notice(topic, id))

    def close(self) -> None:
        """End all streams and take no new ones."""
        with self._lock:
            self._closed = True
        self._tell(LEAVING)

    def _tell(self, notice: Notice) -> None:
        with self._lock:
            listeners = list(self._listeners.items())
        for queue, loop in listeners:
            try:
                loop.call_soon_threadsafe(_put, queue, notice)
            except RuntimeError:  # the loop was closed since: its listener is gone
                continue

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Notice]]:
        """A queue of notices for one page; call on the loop that will read it.

        Raises
        ------
        Crowded : too many listen already, or the server stops.
        """
        queue: asyncio.Queue[Notice] = asyncio.Queue(QUEUED)
        with self._lock:
            if self._closed or len(self._listeners) >= MOST_LISTENERS:
                raise Crowded(f"{MOST_LISTENERS} pages are open already")
            self._listeners[queue] = asyncio.get_running_loop()
        try:
            yield queue
        finally:
            with self._lock:
                self._listeners.pop(queue, None)

    def __len__(self) -> int:
        return len(self._listeners)


def _put(queue: asyncio.Queue[Notice], notice: Notice) -> None:
    if not queue.full():
        queue.put_nowait(notice)
        return
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(notice if notice is LEAVING else EVERYTHING)


async def stream(queue: asyncio.Queue[Notice], beat_seconds: float = 15.0) -> AsyncIterator[str]:
    """Server-sent events: a notice each, and a comment now and then so that dead connections are noticed."""
    yield "retry: 2000\n\n"
    while True:
        try:
            notice = await asyncio.wait_for(queue.get(), beat_seconds)
        except TimeoutError:
            yield ": still here\n\n"
            continue
        if notice is LEAVING:
            return
        yield f"event: change\ndata: {notice.topic} {notice.id}\n\n"
