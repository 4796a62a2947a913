"""What is asked of every component: a strict configuration, errors of ours alone, an end in time, plain JSON."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from pydantic import BaseModel

from aiops.errors import AiopsError, PermanentError, TemporaryError

GRACE_SECONDS = 10.0
"""So much longer than its timeout a call may take."""
SECRET = re.compile(r"(^|_)(token|password|secret)$")


def check_config(config: type[BaseModel]) -> None:
    """Unknown keys are errors at every level, and what is secret does not show itself."""
    schema = config.model_json_schema()
    for model in _objects(schema):
        title = model.get("title", config.__qualname__)
        assert model.get("additionalProperties") is False, f"{title} takes unknown keys: set extra='forbid'"
        for key, one in model["properties"].items():
            if SECRET.search(key) and "string" in json.dumps(one):
                assert "password" in json.dumps(one), f"{title}.{key} is not a SecretStr and would be printed"


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "object" and isinstance(node.get("properties"), dict):
            yield node
        for one in node.values():
            yield from _objects(one)
    elif isinstance(node, list):
        for one in node:
            yield from _objects(one)


def error_of(call: Callable[..., object], *arguments: Any) -> TemporaryError | PermanentError | None:
    """What `call` raised, if it is one of ours."""
    try:
        call(*arguments)
    except (TemporaryError, PermanentError) as error:
        return error
    except Exception as error:
        kind = "one of ours, but" if isinstance(error, AiopsError) else "a library's own"
        raise AssertionError(f"{type(error).__name__} is {kind} not Temporary- or PermanentError: {error}") from error
    return None


def in_time(call: Callable[[], object], timeout: float) -> TemporaryError | PermanentError | None:
    """`error_of` of a call that must end within `timeout` and a grace."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(error_of(call))
        except AssertionError as broken:
            found.append(broken)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout + GRACE_SECONDS)
    assert found, f"it did not end within {timeout:g} s and a grace of {GRACE_SECONDS:g} s"
    if isinstance(found[0], AssertionError):
        raise found[0]
    error: TemporaryError | PermanentError | None = found[0]
    return error


def check_json(value: Any, what: str) -> None:
    try:
        again = msgspec.json.decode(msgspec.json.encode(value))
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise AssertionError(f"the {what} {value!r} is no JSON: {error}") from error
    assert again == value, f"the {what} {value!r} comes back from JSON as {again!r}"
