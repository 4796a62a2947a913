"""Runs an action that works, that is refused, that is too slow, and that is handed commands in its parameters."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aiops.testing.component import check_config, check_json, in_time

OUTCOMES = ("ok", "failed", "unknown")
SHORT_SECONDS = 0.5
COMMANDS = ("$({0})", "`{0}`", "; {0}", "| {0}", "& {0}", "\n {0}", "' ; {0} '")


def check_action(
    make: Callable[[], Any],
    settings: Mapping[str, Any],
    context: Any,
    *,
    quoting: Callable[[str], Mapping[str, Any]] | None = None,
    refused: Mapping[str, Any] | None = None,
    slow: Mapping[str, Any] | None = None,
    reached: Callable[[], int] | None = None,
) -> None:
    """An action is one attempt within its time, and never claims to know what it does not.

    Parameters
    ----------
    make : a new action at each call.
    settings : what a step's `with` would say, for something that works.
    context : an `aiops.respond.effect.ActionContext`; its timeout is enough for `settings`.
    quoting : settings with a text of somebody else's at the place most like a command.
    refused : settings that certainly do nothing.
    slow : settings whose deed takes longer than a second.
    reached : how often the network was reached, of an action that uses it: with all egress forbidden it may not be.

    Raises
    ------
    AssertionError : a promise is broken.
    """
    check_config(make().Config)
    for _ in range(2):  # a retry comes with the same key
        assert _outcome(make(), settings, context) == "ok", f"it did not work with {dict(settings)}"
    if quoting is not None:
        _check_quoting(make, quoting, context)
    if refused is not None:
        status = _outcome(make(), refused, context)
        assert status == "failed", f"what certainly did nothing is {status}"
    if slow is not None:
        status = _outcome(make(), slow, replace(context, timeout_seconds=SHORT_SECONDS))
        assert status == "unknown", f"what did not end in time is {status}: it may have happened"
    if reached is not None:
        before = reached()
        status = _outcome(make(), settings, replace(context, egress=_Nowhere()))
        assert status == "failed", f"what egress forbids is {status}"
        assert reached() == before, "it reached what egress forbids"


def _check_quoting(make: Callable[[], Any], quoting: Callable[[str], Mapping[str, Any]], context: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary"
        for text in COMMANDS:
            action = make()
            try:
                action.Config.model_validate(quoting(text.format(f"touch {canary}")))
            except ValidationError:
                continue  # what is refused is not run
            _outcome(action, quoting(text.format(f"touch {canary}")), context)
            assert not canary.exists(), f"a text was run as a command: {text}"


class _Nowhere:
    """Egress to nothing."""

    def permits(self, _host: str, _address: str) -> bool:
        return False


def _outcome(action: Any, settings: Mapping[str, Any], context: Any) -> str:
    """The status of one run, judged as the daemon judges it."""
    config = action.Config.model_validate(settings)
    outcome: list[Any] = []
    error = in_time(lambda: outcome.append(action.run(config, context)), context.timeout_seconds)
    if error is not None:
        return "unknown" if getattr(error, "in_doubt", False) else "failed"
    (found,) = outcome
    assert found.status in OUTCOMES, f"an outcome is one of {', '.join(OUTCOMES)}, not {found.status!r}"
    assert isinstance(found.detail, str), "the outcome's detail is no text"
    check_json(found.output, "output")
    assert len(json.dumps(found.output)) < 2**17, "the output is not bounded"
    return str(found.status)
