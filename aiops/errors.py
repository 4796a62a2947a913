"""The errors that cross room borders.

Adapters translate a library's errors into these once; nobody above an adapter knows a library's
exception. Retrying is rescheduling: whoever owns the clock reads `retry_after` and calls again.
"""

from __future__ import annotations


class AiopsError(Exception):
    """Anything this program raises on purpose."""


class ConfigError(AiopsError):
    """What the user wrote cannot be used.

    Parameters
    ----------
    message : what is wrong and what to do about it.
    file : file it stands in.
    path : dotted path inside the file, such as `sources.bus.topics`.
    value : the offending value, never a secret.
    """

    def __init__(self, message: str, *, file: str = "", path: str = "", value: object = None) -> None:
        where = ": ".join(part for part in (file, path) if part)
        shown = f" (got {value!r})" if value is not None else ""
        super().__init__(f"{where}: {message}{shown}" if where else f"{message}{shown}")
        self.file, self.path, self.value = file, path, value


class TemporaryError(AiopsError):
    """It may work later.

    Parameters
    ----------
    retry_after : seconds the other side asked us to wait, None = it did not say.
    in_doubt : True when the other side may have acted although we got no answer.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, in_doubt: bool = False) -> None:
        super().__init__(message)
        self.retry_after, self.in_doubt = retry_after, in_doubt


class PermanentError(AiopsError):
    """Trying again will not help: a revoked token, an unknown channel, a refused request."""
