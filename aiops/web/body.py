"""Pushed bodies: unpacked within bounds and refused if they cannot be what they claim.

Whoever pushes learns at once that a body is garbage (400) or a bomb (413); what only decoding can find is
counted later as dropped. What a good body is, `ingest.push.body` says, for this door and for that of an `otlp`
source alike.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from aiops.ingest.push.body import InvalidError, TooLargeError, checked
from aiops.ingest.unpack import BombError, CorruptError, Unpacker
from aiops.web.backend import Invalid, Pushed, TooLarge

UNPACKED_BYTES = 64 * 2**20


class Door:
    """Unpacks and checks; one buffer for all, so a shower of bombs costs the memory of one."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._unpacker = Unpacker(UNPACKED_BYTES)

    def open(self, kind: Pushed, body: bytes, headers: Mapping[str, str], now: float) -> bytes:
        """The body as `Backend.ingest` takes it.

        Parameters
        ----------
        headers : lower case.
        now : for changes without a timestamp.

        Raises
        ------
        Invalid, TooLarge
        """
        encoding = headers.get("content-encoding", "").strip().lower()
        # Remote write's snappy is part of its format: it stays on, checked.
        plain = body if kind == "write" else self._unpack(body, encoding)
        try:
            return checked(kind, plain, headers.get("content-type", ""), now, UNPACKED_BYTES)
        except TooLargeError as error:
            raise TooLarge(str(error)) from None
        except InvalidError as error:
            raise Invalid(str(error)) from None

    def _unpack(self, body: bytes, encoding: str) -> bytes:
        if encoding in ("", "identity"):
            return body
        try:
            with self._turn:
                return self._unpacker.unpack(body, encoding)
        except BombError as error:
            raise TooLarge(str(error)) from None
        except CorruptError as error:
            raise Invalid(f"cannot be unpacked: {error}") from None
