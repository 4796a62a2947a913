"""One HTTP request to somebody else's server, with every bound it needs.

Resolves the name once, asks whether the address may be reached, and connects to that very address, so that a name
cannot change its mind in between. No redirects, no proxy, no retries; one deadline over everything; a bounded answer.
What certainly was not sent and what may have been are different errors.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from aiops.errors import PermanentError, TemporaryError

LARGEST_ANSWER = 2**20
Permits = Callable[[str, str], bool]
"""(host as written, resolved address) -> may it be reached."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to send.

    Attributes
    ----------
    url : http or https, without user or password.
    timeout_seconds : for the whole exchange.
    permits : None = anything may be reached (the address was configured by the operator).
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    timeout_seconds: float = 10.0
    permits: Permits | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is cut at 1 MiB."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asked for; None = it did not, or it gave a date."""
        try:
            return max(0.0, float(self.headers.get("retry-after", "")))
        except ValueError:
            return None


def send(request: Request) -> Answer:
    """Carry out one request.

    Raises
    ------
    PermanentError : the URL is wrong, or its address must not be reached.
    TemporaryError : no connection; or, `in_doubt`, the connection broke or time ran out after the request may have
        been read.
    """
    url = _checked(request.url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    connection = _Pinned(url.scheme, host, port, addresses(host, port, request.permits), request.timeout_seconds)
    try:
        connection.connect()
    except (OSError, ssl.SSLError) as error:
        connection.close()
        raise TemporaryError(f"no connection to {host}:{port}: {_said(error)}") from error
    # A timeout of the socket starts anew with every byte; this one does not.
    alarm = threading.Timer(request.timeout_seconds, connection.cut)
    alarm.daemon = True
    alarm.start()
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request(request.method, target, request.body or None, dict(request.headers))
        answer = connection.getresponse()
        body = answer.read(LARGEST_ANSWER)
        if connection.was_cut:
            raise TimeoutError("timed out")
    except (OSError, http.client.HTTPException, ValueError) as error:
        said = "timed out" if connection.was_cut else _said(error)
        raise TemporaryError(f"{host}:{port} broke off: {said}", in_doubt=True) from error
    finally:
        alarm.cancel()
        connection.close()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)


def addresses(host: str, port: int, permits: Permits | None) -> list[str]:
    """Addresses that `host` resolves to now and that may be reached.

    Raises
    ------
    TemporaryError : it does not resolve.
    PermanentError : none of its addresses may be reached.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TemporaryError(f"{host} does not resolve: {_said(error)}") from error
    resolved = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = [address for address in resolved if permits is None or permits(host, address)]
    if not allowed:
        shown = ", ".join(resolved)
        raise PermanentError(f"{host} ({shown}) is not a public address; to reach it, add it to egress.allow")
    return allowed


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was chosen before, under the name that was written."""

    def __init__(self, scheme: str, host: str, port: int, allowed: list[str], timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        if scheme == "https":
            self.default_port = 443
        self._secure, self._allowed = scheme == "https", allowed
        self.was_cut = False

    def connect(self) -> None:
        error: OSError | None = None
        for address in self._allowed:
            try:
                plain = socket.create_connection((address, self.port), self.timeout)
                break
            except OSError as refused:
                error = refused
        else:
            raise error or OSError("no address")
        self.sock = plain
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)

    def cut(self) -> None:
        """End the exchange from another thread."""
        self.was_cut = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise PermanentError("the URL cannot be read") from None
    if not usable or "@" in parts.netloc or not url.isascii() or any(ord(one) <= 32 for one in url):
        raise PermanentError("the URL must be http(s)://host[:port]/path, without a password")
    return parts


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
