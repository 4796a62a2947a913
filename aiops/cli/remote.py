"""A deed reaches the daemon through its API; when none runs, the store is opened and the deed done here."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from aiops.config import Config, load
from aiops.errors import ConfigError, PermanentError
from aiops.types import Json

TIMEOUT_SECONDS = 15.0
PATHS = {
    "ack": ("POST", "/incidents/{target}/ack"),
    "resolve": ("POST", "/incidents/{target}/resolve"),
    "feedback": ("POST", "/incidents/{target}/feedback"),
    "silence": ("POST", "/silences"),
    "expire": ("DELETE", "/silences/{target}"),
    "run": ("POST", "/incidents/{target}/runs"),
    "approve": ("POST", "/runs/{target}/approve"),
    "abort": ("POST", "/runs/{target}/abort"),
    "decide": ("POST", "/runs/{target}/decide"),
}


def do(config_path: Path, action: str, target: str = "", **arguments: Any) -> Json:
    """Carry out one deed wherever the state is.

    Raises
    ------
    ConfigError : no configuration, or the daemon is elsewhere.
    PermanentError : it was refused, with the reason.
    """
    config = load(config_path)
    try:
        return _over_http(config, action, target, arguments)
    except urllib.error.HTTPError as error:
        raise PermanentError(_reason(error)) from None
    except (OSError, ValueError):
        return _here(config, action, target, arguments)


def _over_http(config: Config, action: str, target: str, arguments: Json) -> Json:
    method, path = PATHS[action]
    place = path.format(target=urllib.parse.quote(target))
    body = json.dumps(arguments).encode() if arguments else b""
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get("AIOPS_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    listen = config.web.listen
    if listen.endswith(":0"):  # any free port: the daemon noted which
        listen = (config.state_dir / "listen").read_text()
    url = f"http://{listen}/api/v1{place}"
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        done: Json = json.load(answer)
    return done


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the daemon answered {error.code}"


def _here(config: Config, action: str, target: str, arguments: Json) -> Json:
    """Without a daemon: the same deed on the same state, committed by this process."""
    from aiops.daemon.assemble import service
    from aiops.daemon.deed import Deeds
    from aiops.respond.matcher import parse
    from aiops.store.lock import AlreadyRunning
    from aiops.web.backend import Command, Person, WebError

    if action == "silence":
        arguments = {**arguments, "matchers": parse(str(arguments["matchers"]))}
    if action == "run":
        arguments, target = {"incident_id": target}, str(arguments["runbook"])
    try:
        alone = service(config.model_copy(update={"sources": {}}), time.time)
    except AlreadyRunning as error:
        raise ConfigError(f"a daemon runs but does not answer on {config.web.listen}: {error}") from None
    person = Person(os.environ.get("USER", "cli"), ("viewer", "operator", "approver"))
    try:
        done = Deeds(alone).do(Command(action, target, person, arguments))  # type: ignore[arg-type]
        alone.last_turn()
    except WebError as error:
        raise PermanentError(str(error)) from None
    finally:
        alone.keeper.store.close()
    return done
