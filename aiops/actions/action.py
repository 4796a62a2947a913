"""What an action is."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from aiops.respond.effect import ActionContext, ActionOutcome


class Action(Protocol):
    """Called from a worker thread; every call ends within the context's timeout and a grace of a few seconds."""

    Config: ClassVar[type[BaseModel]]

    def run(self, config: Any, context: ActionContext) -> ActionOutcome:
        """Do it, once.

        Returns
        -------
        `ok`; `failed` if it certainly did not take effect; `unknown` if it may have (a timeout, a lost connection).

        Raises
        ------
        PermanentError, TemporaryError : as an adapter's library would have it; `in_doubt` means unknown.
        """


@runtime_checkable
class Probing(Protocol):
    """An action that can be asked whether an earlier attempt took effect: what `idempotent: probe` needs."""

    def probe(self, config: Any, context: ActionContext) -> ActionOutcome:
        """`ok` = it took effect, `failed` = it did not, `unknown` = it cannot be told. Changes nothing."""
