"""The Prometheus source: `source` (windows, positions, health), `read` (one window, whatever it takes), `api` (HTTP),
`select` (selectors), `discovery` (for `aiops init` and `check`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiops.ingest.prometheus.discovery import Discovery, discover
    from aiops.ingest.prometheus.source import PrometheusSource

__all__ = ["Discovery", "PrometheusSource", "discover"]

_HOME = {"PrometheusSource": "source", "Discovery": "discovery", "discover": "discovery"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
