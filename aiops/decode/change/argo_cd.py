"""An Argo CD application, as a notification template sends it: `body: '{{toJson .app}}'`, or under `app`."""

from __future__ import annotations

from aiops.decode.change.field import inside, moment, text
from aiops.decode.sink import Refused
from aiops.types import Change, Json

LIVE = "Succeeded"


def is_mine(payload: Json) -> bool:
    """Whether it is an application of Argo CD's."""
    told = _application(payload)
    return text(told, "apiVersion").startswith("argoproj.io/") and text(told, "kind") == "Application"


def events(payload: Json, now: float) -> list[Change]:
    """A sync that succeeded, as a deploy of the application's entity.

    Raises
    ------
    Refused : an application without a name.
    """
    told = _application(payload)
    name, operation = text(inside(told, "metadata"), "name"), inside(told, "status", "operationState")
    if not name:
        raise Refused("invalid_field", "an application without a name")
    if text(operation, "phase") != LIVE:
        return []
    revision = text(inside(operation, "syncResult"), "revision") or text(inside(told, "status", "sync"), "revision")
    images = inside(told, "status", "summary").get("images")
    shown = ", ".join(str(one) for one in images) if isinstance(images, list) else ""
    at = moment(operation.get("finishedAt"), now)
    return [
        Change(
            at,
            kind="deploy",
            id=f"argocd-{name}-{revision[:12]}-{at:.0f}",
            entity=name,
            summary=f"sync {shown}".strip(),
            author=text(inside(operation, "operation", "initiatedBy"), "username"),
            after=revision,
        )
    ]


def _application(payload: Json) -> Json:
    return inside(payload, "app") or payload
