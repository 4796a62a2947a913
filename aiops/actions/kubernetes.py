"""Restart, scale and cordon through the official client (the extra `kubernetes`).

A restart writes the step's key into the pod template's annotations, so the same attempt twice is one rollout, and
`probe` can read whether it happened. Scale and cordon say what shall be, not what to change: they may be repeated too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from aiops.config import Strict
from aiops.errors import PermanentError, TemporaryError
from aiops.outbound import addresses
from aiops.respond.effect import ActionContext, ActionOutcome

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

ANNOTATION = "aiops/restarted-by"
NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
PATHS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}


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
        self._request(config, context, "PATCH", _patch(config, context.key))
        return ActionOutcome("ok", f"{config.operation} {config.kind} {config.namespace}/{config.name}")

    def probe(self, config: Config, context: ActionContext) -> ActionOutcome:
        """Read whether the object is as it should be."""
        found = self._request(config, context, "GET", None)
        return ActionOutcome("ok" if _holds(_patch(config, context.key), found) else "failed", "read back")

    def _request(self, config: Config, context: ActionContext, method: str, body: Any) -> Any:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

        client = _client(config)
        _permitted(client, context)
        try:
            answer = client.call_api(
                _path(config),
                method,
                body=body,
                header_params={"Content-Type": "application/strategic-merge-patch+json", "Accept": "application/json"},
                auth_settings=["BearerToken"],
                response_type="object",
                _return_http_data_only=True,
                _request_timeout=context.timeout_seconds,
            )
        except ApiException as error:
            refused = error.status is not None and 400 <= error.status < 500
            if refused:
                raise PermanentError(f"Kubernetes answered {error.status} {error.reason}") from error
            raise TemporaryError(f"Kubernetes answered {error.status} {error.reason}", in_doubt=True) from error
        except MaxRetryError as error:
            unsent = isinstance(error.reason, NewConnectionError)
            raise TemporaryError(f"Kubernetes: {error.reason}", in_doubt=not unsent) from error
        except HTTPError as error:
            raise TemporaryError(f"Kubernetes: {error}", in_doubt=True) from error
        finally:
            client.close()
        return answer


def _client(config: KubernetesAction.Config) -> ApiClient:
    try:
        from kubernetes import client
        from kubernetes import config as kubernetes_config
    except ModuleNotFoundError as error:
        raise PermanentError("the package kubernetes is missing: pip install aiops[kubernetes]") from error
    settings = client.Configuration()
    try:
        if config.kubeconfig or config.context:
            named = {"config_file": config.kubeconfig or None, "context": config.context or None}
            kubernetes_config.load_kube_config(**named, client_configuration=settings)
        else:
            kubernetes_config.load_config(client_configuration=settings)
    except kubernetes_config.ConfigException as error:
        raise PermanentError(f"Kubernetes is not configured: {error}") from error
    # Retrying is ours: an attempt in doubt must stay one attempt.
    settings.retries = 0
    return client.ApiClient(settings)


def _permitted(client: ApiClient, context: ActionContext) -> None:
    parts = urlsplit(client.configuration.host)
    addresses(parts.hostname or "", parts.port or 443, context.egress.permits)


def _path(config: KubernetesAction.Config) -> str:
    if config.kind == "Node":
        return f"/api/v1/nodes/{config.name}"
    return f"/apis/apps/v1/namespaces/{config.namespace}/{PATHS[config.kind]}/{config.name}"


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
