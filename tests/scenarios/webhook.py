"""Changes as the tools that made them tell of them: GitLab of deployments, MLflow of prompts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.scenarios.trouble import Altered


def body(one: Altered, at: float) -> bytes:
    """The payload of a change that was made at `at`."""
    return msgspec.json.encode(_mlflow(one, at) if one.kind == "prompt" else _gitlab(one, at))


def identity(one: Altered, at: float) -> str:
    """Under which id the change is known."""
    if one.kind == "prompt":
        return f"mlflow-prompt_alias-{one.entity}-production-{at:.0f}"
    return f"gitlab-deployment-{one.id}"


def _gitlab(one: Altered, at: float) -> dict[str, Any]:
    """A deployment that succeeded."""
    return {
        "object_kind": "deployment", "status": "success", "deployment_id": int(one.id), "environment": "production",
        "status_changed_at": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S +0000"),
        "project": {"name": one.entity}, "user": {"username": "mira"}, "commit_title": one.summary,
        "commit_url": f"https://gitlab.example/{one.entity}/-/commit/{one.after}",
    }  # fmt: skip


def _mlflow(one: Altered, at: float) -> dict[str, Any]:
    """The alias that decides which version of a prompt serves was set."""
    data = {"name": one.entity, "alias": "production", "version": one.after}
    return {"entity": "prompt_alias", "action": "created", "timestamp": datetime.fromtimestamp(at, UTC).isoformat(),
            "data": data}  # fmt: skip
