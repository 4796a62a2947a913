"""Finds components by name through entry points; built-ins register the same way as third parties'.

Nothing is imported before it is asked for: a daemon without Kafka never loads kafka-python.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from aiops.errors import ConfigError

GROUPS = ("aiops.sources", "aiops.detectors", "aiops.notifiers", "aiops.actions")


@cache
def _points(group: str) -> tuple[EntryPoint, ...]:
    # Each question reads the metadata of every installed package; what is installed does not change while we run.
    return tuple(entry_points(group=group))


def names(group: str) -> list[str]:
    """Names registered in a group, sorted."""
    return sorted({point.name for point in _points(group)})


def load(group: str, name: str, *, path: str = "") -> type[Any]:
    """Import and return the component class `name` of `group`.

    Raises
    ------
    ConfigError : no such component (names the nearest), or its extra is not installed.
    """
    for point in _points(group):
        if point.name == name:
            try:
                component: type[Any] = point.load()
            except ModuleNotFoundError as error:
                raise ConfigError(f"{name} needs the package {error.name}: install it", path=path) from error
            return component
    near = difflib.get_close_matches(name, names(group), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names(group))}"
    raise ConfigError(f"unknown {group.rpartition('.')[2].rstrip('s')} type; {hint}", path=path, value=name)
