"""OpenTelemetry attributes as label names, texts and plain values; names as Prometheus writes them.

Of a resource only what tells entities apart becomes a label: every further attribute (SDK version, process
id, ...) would make a new series of the same thing at each deployment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

RESOURCE_LABELS = {
    "service.name": "service_name",
    "host.name": "host_name",
    "k8s.pod.name": "pod",
    "k8s.node.name": "node",
    "k8s.namespace.name": "namespace",
    "service.instance.id": "instance",
}
UNITS = {
    "s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds", "min": "minutes", "h": "hours",
    "d": "days", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes", "KBy": "kilobytes",
    "MBy": "megabytes", "GBy": "gigabytes", "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts",
    "g": "grams", "Cel": "celsius", "Hz": "hertz", "%": "percent",
}  # fmt: skip

_FOREIGN = re.compile(r"[^a-zA-Z0-9_:]")


def label_name(name: str) -> str:
    """Dots and all else Prometheus does not allow become `_`."""
    plain = _FOREIGN.sub("_", name)
    return f"_{plain}" if plain[:1].isdigit() else plain


def metric_name(name: str, unit: str, monotonic: bool) -> str:
    """Return the Prometheus name: OTel-style (dotted) names get unit and `_total`, others stay.

    >>> metric_name("http.server.request.duration", "s", False)
    'http_server_request_duration_seconds'
    >>> metric_name("up", "s", False)
    'up'
    """
    plain = label_name(name)
    if "." not in name:
        return plain
    suffix = UNITS.get(unit, "")
    if suffix and suffix not in plain.split("_"):
        plain = f"{plain}_{suffix}"
    return f"{plain}_total" if monotonic and not plain.endswith("_total") else plain


def value_of(value: Any) -> Any:
    """Return an AnyValue (protobuf message or its JSON twin) as a plain Python value."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    inside = getattr(value, which)
    if which == "array_value":
        return [value_of(item) for item in inside.values]
    if which == "kvlist_value":
        return values_of(inside.values)
    if which == "int_value":
        return int(inside)
    if which == "double_value":
        return float(inside)
    return inside.hex() if isinstance(inside, bytes) else inside


def values_of(attributes: Iterable[Any]) -> dict[str, Any]:
    """Return KeyValues as a dict; of a repeated key the last holds."""
    return {pair.key: value_of(pair.value) for pair in attributes}


def text(value: Any) -> str:
    """Return a value as a label: booleans in lower case, collections as JSON, nothing as empty."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else msgspec.json.encode(value).decode()


def labels_of(attributes: Iterable[Any]) -> dict[str, str]:
    """Labels of a data point."""
    return {label_name(key): text(value) for key, value in values_of(attributes).items()}


def resource_labels(attributes: Iterable[Any]) -> dict[str, str]:
    """The labels a resource lends to its series."""
    return {RESOURCE_LABELS[k]: text(v) for k, v in values_of(attributes).items() if k in RESOURCE_LABELS}


def origin(attributes: Iterable[Any]) -> tuple[str, str]:
    """Return (entity, host) of a resource, by the same precedence as `Labels.entity` and `Labels.host`."""
    labels = resource_labels(attributes)
    entity = next(
        (labels[name] for name in ("service_name", "host_name", "pod", "node", "instance") if labels.get(name)), ""
    )
    host = next((labels[name] for name in ("host_name", "node", "instance") if labels.get(name)), "")
    return entity, host
