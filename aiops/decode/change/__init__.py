"""What deployment tools, forges and registries tell of changes: one file per sender, each a pure function.

`read` tries them in turn. A payload that nobody knows is refused by whoever asked; one that is known but tells of no
change gives nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiops.decode.change import argo_cd, github, gitlab, kubernetes, launchdarkly, mlflow
from aiops.types import Change, Json, LogRecord

SENDERS = (gitlab, github, argo_cd, kubernetes, launchdarkly, mlflow)


def read(payload: Json, now: float) -> Sequence[Change | LogRecord] | None:
    """Events of a payload.

    Parameters
    ----------
    payload : one JSON object.
    now : for payloads that do not say when, epoch seconds.

    Returns
    -------
    events, none when it tells of no change; None when no sender writes like this.

    Raises
    ------
    Refused : a sender's payload that lacks what it must have.
    """
    sender = next((one for one in SENDERS if one.is_mine(payload)), None)
    return None if sender is None else sender.events(payload, now)
