"""uvicorn on a thread of its own, with limits.

The port is bound before the thread starts, so that a port in use is a clear error of `start` and not a line in
a log. No signal handler is installed: the daemon owns signals.
"""

from __future__ import annotations

import socket
import threading

import uvicorn

from aiops.errors import ConfigError
from aiops.web.guard import Guard
from aiops.web.protocol import Protocol

MOST_CONNECTIONS = 1_000
"""Connections and requests at once; beyond it 503 at once."""
IDLE_SECONDS = 15
START_SECONDS = 10.0


class Server:
    """One listening port; made by `serve`.

    Attributes
    ----------
    host, port : where it listens; the real port if 0 was asked for.
    """

    def __init__(self, app: Guard, bound: socket.socket) -> None:
        self.host, self.port = bound.getsockname()[:2]
        self._app, self._socket = app, bound
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            backlog=512,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=2,
            h11_max_incomplete_event_size=32_768,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    @property
    def url(self) -> str:
        """Where to point a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(
            self.host, f"[{self.host}]" if ":" in self.host else self.host
        )
        return f"http://{host}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def stop(self, seconds: float = 5.0) -> None:
        """Take no more requests, finish those at work (2 s at most), end the thread."""
        self._app.leave()
        self._server.should_exit = True
        self._thread.join(seconds)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def _start(self) -> None:
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(START_SECONDS / 0.01)):
            if self._server.started or not self._thread.is_alive():
                break
            waited.wait(0.01)


def serve(app: Guard, host: str, port: int) -> Server:
    """Serve an application (`app.build`) until `Server.stop`.

    Parameters
    ----------
    port : 0 = a free one.

    Raises
    ------
    ConfigError : the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host.strip("[]"), port))
        bound.set_inheritable(False)
    except OSError as error:
        bound.close()
        message = f"cannot listen there: {error.strerror or error}"
        raise ConfigError(message, path="web.listen", value=f"{host}:{port}") from error
    server = Server(app, bound)
    server._start()
    return server
