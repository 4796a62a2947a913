"""Restart, scale and cordon through the official client (the extra `kubernetes`).

A restart writes the step's key into the pod template's annotations, so the same attempt twice is one rollout, and
`probe` can read whether it happened. Scale and cordon say what shall be, not what to change: they may be repeated too.
"""

from __future__ import annotations

import importlib
import json
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from aiops.config import Strict
from aiops.errors import PermanentError, TemporaryError
from aiops.outbound import addresses
from aiops.respond.effect import ActionContext, ActionOutcome

ANNOTATION = "aiops/restarted-by"
NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
NAMES = {"Deployment": "deployment", "StatefulSet": "stateful_set", "DaemonSet": "daemon_set"}


class KubernetesAction:
    """`action: kubernetes`."""

    class Config(Strict):
        operation: Literal["restart", "scale", "cordon", "uncordon"]
        kind: Literal["Deployment", "StatefulSet", "DaemonSet", "Node"] = "Deployment"
        name: str = Field(pattern=NAME)
        namespace: str = Field("default", pattern=NAME)
        replicas: int | None = Field(None, ge=0, le=10_000)
        context: str = ""
        kubeconfig: str = ""

        @model_validator(mode="after")
        def _coherent(self) -> KubernetesAction.Config:
            if (self.operation == "scale") != (self.replicas is not None):
                raise ValueError("`replicas` belongs to scale, and scale needs it")
            if (self.operation in ("cordon", "uncordon")) != (self.kind == "Node"):
                raise ValueError("cordon and uncordon are for kind Node, the others are not")
            if self.operation == "scale" and self.kind == "DaemonSet":
                raise ValueError("a DaemonSet has no replicas")
            return self

    def run(self, config: Config, context: ActionContext) -> ActionOutcome:
        """Patch the object."""
        _call(config, context, "patch", _patch(config, context.key))
        return ActionOutcome("ok", f"{config.operation} {config.kind} {config.namespace}/{config.name}")

    def probe(self, config: Config, context: ActionContext) -> ActionOutcome:
        """Read whether the object is as it should be."""
        found = _call(config, context, "read")
        return ActionOutcome("ok" if _holds(_patch(config, context.key), found) else "failed", "read back")


def _call(config: KubernetesAction.Config, context: ActionContext, verb: str, *body: Any) -> Any:
    """One request; the answer as plain JSON."""
    client = _client(config)
    api, pool = _module("client.exceptions"), importlib.import_module("urllib3.exceptions")
    _permitted(client, context)
    try:
        method, where = _method(client, config, verb)
        # The typed answer is not needed, and a newer server's fields would only trip its validation.
        answer = method(*where, *body, _preload_content=False, _request_timeout=context.timeout_seconds)
        found = json.loads(answer.data)
    except api.ApiException as error:
        said = f"Kubernetes answered {error.status} {error.reason}"
        if error.status is not None and 400 <= error.status < 500:
            raise PermanentError(said) from error
        raise TemporaryError(said, in_doubt=True) from error
    except pool.MaxRetryError as error:
        unsent = isinstance(error.reason, pool.NewConnectionError)
        raise TemporaryError(f"Kubernetes: {error.reason}", in_doubt=not unsent) from error
    except (pool.HTTPError, ValueError) as error:
        raise TemporaryError(f"Kubernetes: {error}", in_doubt=True) from error
    finally:
        client.close()
    if not 200 <= answer.status < 300:
        raise TemporaryError(f"Kubernetes answered {answer.status}", in_doubt=True)
    return found


def _method(client: Any, config: KubernetesAction.Config, verb: str) -> tuple[Any, tuple[str, ...]]:
    """The generated client's method for this kind of object, and where the object is."""
    api = _module("client")
    if config.kind == "Node":
        return getattr(api.CoreV1Api(client), f"{verb}_node"), (config.name,)
    return getattr(api.AppsV1Api(client), f"{verb}_namespaced_{NAMES[config.kind]}"), (config.name, config.namespace)


def _client(config: KubernetesAction.Config) -> Any:
    client, settings = _module("client"), _module("config")
    connection = client.Configuration()
    try:
        if config.kubeconfig or config.context:
            named = {"config_file": config.kubeconfig or None, "context": config.context or None}
            settings.load_kube_config(**named, client_configuration=connection)
        else:
            settings.load_config(client_configuration=connection)
    except settings.ConfigException as error:
        raise PermanentError(f"Kubernetes is not configured: {error}") from error
    # Retrying is ours: an attempt in doubt must stay one attempt.
    connection.retries = 0
    return client.ApiClient(connection)


def _module(name: str) -> Any:
    """A part of the official client, which is an extra and untyped."""
    try:
        return importlib.import_module(f"kubernetes.{name}")
    except ModuleNotFoundError as error:
        raise PermanentError("the package kubernetes is missing: pip install aiops[kubernetes]") from error


def _permitted(client: Any, context: ActionContext) -> None:
    parts = urlsplit(client.configuration.host)
    addresses(parts.hostname or "", parts.port or 443, context.egress.permits)


def _patch(config: KubernetesAction.Config, key: str) -> dict[str, Any]:
    if config.operation == "restart":
        return {"spec": {"template": {"metadata": {"annotations": {ANNOTATION: key}}}}}
    if config.operation == "scale":
        return {"spec": {"replicas": config.replicas}}
    return {"spec": {"unschedulable": config.operation == "cordon"}}


def _holds(wanted: Any, found: Any) -> bool:
    """Whether every leaf of `wanted` stands in `found`; an absent flag is false."""
    if isinstance(wanted, dict):
        inner = found if isinstance(found, dict) else {}
        return all(_holds(value, inner.get(key)) for key, value in wanted.items())
    return bool(wanted == found or (wanted is False and found is None))
