"""What a receiver is."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from pydantic import BaseModel

from aiops.respond.message import Message
from aiops.types import Json


class Receiver(Protocol):
    """Tells one medium of incidents. Called from one worker thread at a time; every call ends within its timeout.

    Attributes
    ----------
    spacing_seconds : how long it wants to be left alone after each call.
    """

    Config: ClassVar[type[BaseModel]]
    spacing_seconds: float

    def __init__(self, config: Any) -> None: ...

    def check(self) -> str:
        """Connect without telling anybody anything; one line of what was found.

        Raises
        ------
        TemporaryError, PermanentError : what is wrong, and how to mend it.
        """

    def send(self, message: Message, action: str, thread: Json | None) -> Json:
        """Carry out `action` (open, update, repeat or resolve).

        Parameters
        ----------
        thread : receipt of the first message of this incident; None = nothing was posted yet, so whatever the action,
            a new message is.

        Returns
        -------
        the receipt, JSON, given back as `thread` next time.

        Raises
        ------
        TemporaryError : with `in_doubt` if a new message may have arrived nevertheless.
        PermanentError : trying again will not help.
        """

    def find(self, reference: str) -> Json | None:
        """Look at the receiver for the message of an incident; its receipt, or None if there is none.

        Raises
        ------
        TemporaryError, PermanentError : it could not be found out.
        """

    def close(self) -> None:
        """Release connections and files."""
