"""A small HTTP/1.1 server for pushed bodies, on a port and a thread of its own.

Only POST to known paths. Every wait has a deadline for the whole of it, so that a client which sends a byte a second
holds a connection for seconds and no longer; connections, bodies and what they unpack to are bounded. It knows no TLS
and no login and therefore refuses to listen anywhere but on loopback unless told.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import h11

from aiops.errors import TemporaryError

HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
IDLE_SECONDS = 60.0
LINGER_SECONDS = 2.0
MOST_CONNECTIONS = 256
MOST_HEAD_BYTES = 32 * 1024
MOST_HELD_BYTES = 64 * 1024 * 1024
"""Of all bodies being received at one time."""
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; a reason is sent as plain text."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class Listener:
    """Serves until `close`.

    Parameters
    ----------
    host, port : where; port 0 takes a free one, told by `port`.
    handle : called on a worker thread for each whole request, never at once more than a few.
    most_bytes : of a body as it is sent.
    """

    def __init__(self, host: str, port: int, handle: Callable[[Request], Answer], most_bytes: int) -> None:
        try:
            self._socket = socket.create_server((host, port), family=_family(host), backlog=128)
        except OSError as error:
            raise TemporaryError(f"cannot listen on {host}:{port}: {error}") from error
        self.port: int = self._socket.getsockname()[1]
        self._handle, self.most_bytes = handle, most_bytes
        self._open = 0
        self._room = MOST_HELD_BYTES
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"push-{self.port}", daemon=True)
        self._thread.start()
        self._started.wait(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connection, sock=self._socket, limit=MOST_HEAD_BYTES)
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await self._loop.shutdown_default_executor()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MOST_CONNECTIONS:
                await _Connection(reader, writer, self).serve()
        except (OSError, TimeoutError, h11.RemoteProtocolError, asyncio.CancelledError):
            pass  # gone, too slow or not HTTP: closing is the answer
        finally:
            self._open -= 1
            writer.close()

    async def answer(self, request: Request) -> Answer:
        """Have a worker thread handle it: it waits for the disk."""
        return await self._loop.run_in_executor(None, self._handle, request)

    @contextmanager
    def room(self, size: int) -> Iterator[bool]:
        """Reserve memory for one body; False when all bodies together would be too much."""
        granted = size <= self._room
        self._room -= size if granted else 0
        try:
            yield granted
        finally:
            self._room += size if granted else 0

    def close(self) -> None:
        """Stop and wait for requests at work."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(lambda: self._stop.set())
            self._thread.join(10)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class _Connection:
    """One client, request after request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener: Listener) -> None:
        self._reader, self._writer, self._listener = reader, writer, listener
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)

    async def serve(self) -> None:
        wait = HEAD_SECONDS
        while True:
            async with asyncio.timeout(wait):
                head = await self._event()
            if not isinstance(head, h11.Request):
                return
            answer = await self._exchange(head)
            async with asyncio.timeout(BODY_SECONDS):
                await self._send(answer)
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return await self._linger()
            self._http.start_next_cycle()
            wait = IDLE_SECONDS

    async def _exchange(self, head: h11.Request) -> Answer:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        most = self._listener.most_bytes
        length = int(headers.get("content-length", most if "transfer-encoding" in headers else 0))
        if length > most:
            return Answer(413, b"body too large")
        with self._listener.room(length) as granted:
            if not granted:
                return Answer(503, b"too much at once", headers=(("retry-after", "1"),))
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await self._body(most)
            except TimeoutError:
                return Answer(408, b"too slow")
            if body is None:
                return Answer(413, b"body too large")
            path = head.target.decode("latin-1").partition("?")[0]
            return await self._listener.answer(Request(head.method.decode("latin-1"), path, headers, body))

    async def _body(self, most: int) -> bytes | None:
        """The whole body, None when it is more than `most`."""
        body = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            if len(body) > most:
                return None
        if not isinstance(event, h11.EndOfMessage):
            raise ConnectionError("closed in the middle of a body")
        return bytes(body)

    async def _linger(self) -> None:
        """Throw away what is still being sent: closing on it would reset the connection and lose the answer."""
        self._writer.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while await self._reader.read(CHUNK_BYTES):
                    pass

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._writer.write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            self._http.receive_data(await self._reader.read(CHUNK_BYTES))
        return event

    async def _send(self, answer: Answer) -> None:
        headers = [("content-type", answer.content_type), ("content-length", str(len(answer.body))), *answer.headers]
        if self._http.their_state is not h11.DONE:
            headers.append(("connection", "close"))  # the rest of the body was not read
        for event in (
            h11.Response(status_code=answer.status, headers=headers),
            h11.Data(data=answer.body),
            h11.EndOfMessage(),
        ):
            self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()
