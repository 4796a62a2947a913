"""One effect of a run, carried out; its outcome as an event of the run. The intent must have been committed before."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from aiops.actions.action import Action, Probing
from aiops.errors import PermanentError, TemporaryError
from aiops.respond.effect import ActionContext, ActionOutcome, Effect
from aiops.respond.egress import Egress
from aiops.respond.run import Outcome


def execute(effect: Effect, actions: Mapping[str, Action], egress: Egress) -> Outcome:
    """Carry out `effect` with the action it names."""
    found = _execute(effect, actions, egress)
    return Outcome(effect.key, effect.kind, effect.attempt, found.status, found.detail[:500])


def _execute(effect: Effect, actions: Mapping[str, Action], egress: Egress) -> ActionOutcome:
    action = actions.get(effect.action)
    if action is None:
        return ActionOutcome("failed", f"no action {effect.action} here")
    try:
        config = action.Config.model_validate(effect.config)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return ActionOutcome("failed", f"with.{'.'.join(map(str, first['loc']))}: {first['msg']}")
    context = ActionContext(effect.run_id, effect.step, effect.key, effect.timeout_seconds, egress)
    try:
        if effect.kind != "probe":
            return action.run(config, context)
        if isinstance(action, Probing):
            return action.probe(config, context)
        return ActionOutcome("unknown", f"{effect.action} has no probe")
    except PermanentError as error:
        return ActionOutcome("failed", str(error))
    except TemporaryError as error:
        return ActionOutcome("unknown" if error.in_doubt else "failed", str(error))
