"""Talks to one Prometheus and believes nothing it has not checked.

The connection is prometheus-api-client's; what it would let through is refused here: its retries and frozen default
times are off, every request has a timeout, a page that is not Prometheus' JSON is an error, warnings are kept, the size
is bounded, and no body is decompressed (gzip costs more than it saves next to a scraper). Bulk answers stay bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import msgspec
import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from aiops.errors import AiopsError, PermanentError, TemporaryError

CONNECT_SECONDS = 3.0
LONGEST_URL = 3_000
"""A longer query is sent as a form: proxies refuse long addresses."""
_TOO_MUCH = re.compile(r"too many samples|maximum resolution|exceed|too large|too many|limit", re.I)
_STATUS = re.compile(rb'"status"\s*:\s*"(success|error)"')
_WARNINGS = re.compile(rb'"warnings"\s*:\s*(\[.*?"\s*\])', re.S)
_PARTIAL = re.compile(rb'"isPartial"\s*:\s*true')


class TooMuchError(AiopsError):
    """The other side refuses the amount; ask for less."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach it. `ca` empty = the usual authorities; `insecure` = no verification at all."""

    url: str
    token: str = ""
    username: str = ""
    password: str = ""
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    insecure: bool = False
    proxy: str = ""
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Body of a successful query, and what it says about its own completeness (empty = complete)."""

    body: bytes
    incomplete: str = ""


class Breaker:
    """After several failures in a row, asks nobody for a while: a server that is on its knees is left alone.

    Parameters
    ----------
    clock : seconds; only differences count.
    failures : in a row, until it opens.
    shortest, longest : seconds it stays open, doubling with each failure beyond.
    """

    def __init__(
        self, clock: Callable[[], float], failures: int = 5, shortest: float = 5.0, longest: float = 120.0
    ) -> None:
        self._clock, self._failures, self._shortest, self._longest = clock, failures, shortest, longest
        self._in_a_row = 0
        self._until = 0.0
        self._reason = ""

    def enter(self) -> None:
        """Raises TemporaryError with the time that is left while it is open."""
        left = min(self._until - self._clock(), self._longest)  # bounded: the clock may have been set back
        if left > 0:
            raise TemporaryError(f"asking again in {left:.0f} s: {self._reason}", retry_after=left)

    def worked(self) -> None:
        self._in_a_row = 0

    def failed(self, error: TemporaryError) -> None:
        self._in_a_row += 1
        self._reason = str(error)
        beyond = self._in_a_row - self._failures
        pause = min(self._shortest * 2.0 ** min(beyond, 10), self._longest) if beyond >= 0 else 0.0
        pause = max(pause, min(error.retry_after or 0.0, self._longest))
        self._until = self._clock() + pause


class Api:
    """One connection; used by one thread."""

    def __init__(self, access: Access, largest_bytes: int, breaker: Breaker) -> None:
        self.access, self.largest_bytes, self._breaker = access, largest_bytes, breaker
        self._session = _session(access)
        self._timeout = (CONNECT_SECONDS, access.timeout)
        auth = (access.username, access.password) if access.username else None
        self.url = access.url.rstrip("/")
        self._connect = PrometheusConnect(
            url=self.url, session=self._session, retry=Retry(0), auth=auth, timeout=self._timeout
        )

    def close(self) -> None:
        self._connect.close()

    def ask(self, question: Callable[[PrometheusConnect], Any]) -> Any:
        """A small question through the library.

        Raises
        ------
        TemporaryError, PermanentError, TooMuchError : as `fetch`.
        """
        return self._guard(lambda: question(self._connect))

    def value(self, query: str, at: float | None = None) -> dict[tuple[str, ...], float]:
        """An instant query: label values in the order of their names -> value; `at` None = now there."""
        params = {} if at is None else {"time": f"{at:.3f}"}
        found = self.ask(lambda connect: connect.custom_query(query, params=params))
        if isinstance(found, list) and len(found) == 2 and not isinstance(found[0], Mapping):
            return {(): float(found[1])}
        return {tuple(value for _, value in sorted(one["metric"].items())): float(one["value"][1]) for one in found}

    def fetch(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """Bulk: the body as it came.

        Raises
        ------
        TooMuchError : 422, 413, a limit or a timeout of the query there, or a body beyond `largest_bytes`.
        TemporaryError : not reachable, 429, 5xx, not Prometheus' JSON, cut off.
        PermanentError : refused, or the query is wrong.
        """
        return self._guard(lambda: self._fetch(path, parameters))  # type: ignore[no-any-return]

    def _fetch(self, path: str, parameters: Mapping[str, str]) -> Answer:
        url, auth = f"{self.url}/api/v1/{path}", self._connect.auth
        long = sum(len(value) for value in parameters.values()) > LONGEST_URL
        send = {"data": dict(parameters)} if long else {"params": dict(parameters)}
        method = "POST" if long else "GET"
        with self._session.request(method, url, auth=auth, timeout=self._timeout, stream=True, **send) as answer:  # type: ignore[arg-type]
            body = answer.raw.read(self.largest_bytes + 1, decode_content=True)
        if len(body) > self.largest_bytes:
            raise TooMuchError(f"the answer exceeds {self.largest_bytes} bytes")
        return Answer(body, checked(body))

    def _guard(self, request: Callable[[], Any]) -> Any:
        self._breaker.enter()
        try:
            answer = _translated(request, self.url)
        except TemporaryError as error:
            self._breaker.failed(error)
            raise
        self._breaker.worked()
        return answer


def _translated(request: Callable[[], Any], url: str) -> Any:
    """Run a request; the libraries' errors become ours."""
    try:
        return request()
    except requests.exceptions.SSLError as error:
        raise TemporaryError(f"{url}: TLS: {error}; check tls.ca, tls.cert and the host name") from error
    except requests.Timeout as error:
        raise TemporaryError(f"{url}: no answer in time") from error
    except requests.ConnectionError as error:
        # The library tells its whole stack of causes; the last one is what a person can mend.
        raise TemporaryError(f"{url}: no connection: {_innermost(error)}") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        # requests' JSONDecodeError is a ValueError; a wrong shape shows as one of the others.
        raise TemporaryError(f"{url}: the answer is not Prometheus' JSON ({type(error).__name__})") from error
    except (requests.RequestException, HTTPError, PrometheusApiClientException, OSError) as error:
        raise TemporaryError(f"{url}: {_short(str(error))}") from error


def _innermost(error: BaseException) -> str:
    """The words of the first cause that an error was wrapped around."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return getattr(error, "strerror", None) or str(error)


def _session(access: Access) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # ~/.netrc would replace our token, and a proxy is a setting of ours
    session.verify = str(access.ca) if access.ca else not access.insecure
    if access.cert:
        session.cert = (str(access.cert), str(access.key)) if access.key else str(access.cert)
    if access.proxy:
        session.proxies = {"http": access.proxy, "https": access.proxy}
    session.headers["Accept-Encoding"] = "identity"
    if access.token:
        session.headers["Authorization"] = f"Bearer {access.token}"
    session.hooks["response"] = [_refuse]
    return session


def _refuse(response: requests.Response, **_: Any) -> None:
    """Sees every answer before anyone else: what is no success becomes one of our errors."""
    status = response.status_code
    if status == 200:
        kind = response.headers.get("Content-Type", "")
        if "html" in kind:
            response.close()
            raise TemporaryError(f"{response.url.split('?')[0]} answers with a page ({kind}), not with JSON")
        return
    if response.is_redirect:
        return
    body = response.raw.read(65_536, decode_content=True)
    response.close()
    raise _error_of(status, body, response.headers.get("Retry-After", ""))


def _error_of(status: int, body: bytes, retry_after: str) -> AiopsError:
    try:
        told = msgspec.json.decode(body)
        kind, text = str(told.get("errorType", "")), str(told.get("error", ""))
    except (msgspec.DecodeError, AttributeError):
        kind, text = "", ""
    message = f"HTTP {status}: {_short(text or body.decode('utf-8', 'replace'))}"
    if status in (413, 422) or (status == 400 and _TOO_MUCH.search(text)) or kind == "timeout":
        return TooMuchError(message)
    if status in (401, 403):
        return PermanentError(f"{message}; check the token, name and password")
    if status in (400, 404, 405):
        return PermanentError(message)
    return TemporaryError(message, retry_after=_seconds(retry_after))


def _seconds(retry_after: str) -> float | None:
    """`Retry-After` is a number of seconds or an HTTP date."""
    if re.fullmatch(r"\d{1,9}", retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _short(text: str) -> str:
    return " ".join(text.split())[:300]


def checked(body: bytes) -> str:
    """Look at the ends of an answer without decoding it; return its warnings, empty = complete.

    A quote inside a JSON string is always preceded by a backslash, so these keys cannot be part of a label value;
    and all implementations put them before `data` or after the last series.

    Raises
    ------
    TemporaryError : it is no answer of Prometheus, or it was cut off.
    PermanentError : it says `error` under status 200, as some proxies do.
    """
    head, tail = body[:512], body[-65_536:]
    status = _STATUS.search(head) or _STATUS.search(tail)
    if not status or not body.startswith(b"{") or not body.rstrip().endswith(b"}"):
        raise TemporaryError(f"not Prometheus' JSON, or cut off: {_short(head[:80].decode('utf-8', 'replace'))}")
    if status[1] == b"error":
        raise PermanentError(_short(body[:500].decode("utf-8", "replace")))
    warned = _WARNINGS.search(head) or _WARNINGS.search(tail)
    if warned:
        return _short(warned[1].decode("utf-8", "replace"))
    return "the answer is partial" if _PARTIAL.search(head) or _PARTIAL.search(tail) else ""
