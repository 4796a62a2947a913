"""MLflow's webhooks: model and prompt versions, and the aliases that decide which of them serves."""

from __future__ import annotations

from aiops.decode.change.field import inside, moment, text
from aiops.decode.sink import Refused
from aiops.types import Change, Json

KINDS = {
    "model_version": "model",
    "model_version_alias": "model",
    "prompt_version": "prompt",
    "prompt_alias": "prompt",
}


def is_mine(payload: Json) -> bool:
    """Whether MLflow writes like this."""
    told = (payload.get("entity"), payload.get("action"))
    return all(isinstance(one, str) for one in told) and isinstance(payload.get("data"), dict) and "kind" not in payload


def events(payload: Json, now: float) -> list[Change]:
    """A new version, or an alias that points elsewhere; tags and new names alter nothing that serves.

    Raises
    ------
    Refused : no name.
    """
    what, action, data = text(payload, "entity"), text(payload, "action"), inside(payload, "data")
    if what not in KINDS:
        return []
    name, version, alias = text(data, "name"), text(data, "version"), text(data, "alias")
    if not name:
        raise Refused("invalid_field", f"{what} {action} without a name")
    at = moment(payload.get("timestamp"), now)
    shown = f"alias {alias} of {name}" if alias else f"{name} version {version}"
    return [
        Change(
            at,
            kind=KINDS[what],
            id=f"mlflow-{what}-{name}-{alias or version}-{at:.0f}",
            entity=name,
            summary=f"{shown} {action}{f', now version {version}' if alias and version else ''}",
            after=version,
        )
    ]
