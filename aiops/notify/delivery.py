"""One attempt at one receiver, with its answer as a value. The attempt must have been committed before."""

from __future__ import annotations

from aiops.errors import PermanentError, TemporaryError
from aiops.notify.receiver import Receiver
from aiops.respond.outbox import Answer, Attempt
from aiops.types import Json


def deliver(receiver: Receiver, attempt: Attempt) -> Answer:
    """Carry out `attempt`; after an attempt in doubt, look for its message before posting another."""
    thread, doubt = attempt.thread, attempt.in_doubt
    try:
        if thread is None and doubt:
            thread = _find(receiver, attempt.message.reference)
        receipt = receiver.send(attempt.message, attempt.action, thread)
    except TemporaryError as error:
        if attempt.action == "repeat" and attempt.thread is not None and error.in_doubt:
            # A reminder that may have arrived is not said again: the next one comes anyway.
            return Answer("sent", thread, error=str(error), spacing_seconds=receiver.spacing_seconds)
        # An edit may be done twice, a post may not. A doubt stays until a message was found or posted.
        doubtful = thread is None and (doubt or error.in_doubt)
        return Answer("retry", thread, doubtful, error.retry_after, str(error))
    except PermanentError as error:
        return Answer("failed", thread, error=str(error), spacing_seconds=receiver.spacing_seconds)
    return Answer("sent", receipt, spacing_seconds=receiver.spacing_seconds)


def _find(receiver: Receiver, reference: str) -> Json | None:
    try:
        return receiver.find(reference)
    except PermanentError:
        # It may post but not read (a missing scope). A page said twice is better than one never said.
        return None
