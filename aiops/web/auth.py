"""Who asks: nobody in particular on a loopback without `web.auth`, else a bearer token or name and password.

Secrets are compared in constant time, and every one of them is compared, so that the time does not tell which
names exist. The rule that an open port needs authentication is kept here a second time (`require_closed_door`),
because an application built by other code than ours must not be the hole.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress

from aiops.config import Web
from aiops.errors import ConfigError
from aiops.web.backend import Person

ROLES = ("viewer", "operator", "approver")
LOCAL = Person("local", ROLES)


class Doorman:
    """Tells who a request comes from.

    Parameters
    ----------
    settings : `web` of the configuration. A name without a role is a viewer.
    """

    def __init__(self, settings: Web) -> None:
        self._roles: dict[str, str] = dict(settings.auth.roles)
        self._tokens = {name: secret.get_secret_value() for name, secret in settings.auth.tokens.items()}
        self._users = {name: secret.get_secret_value() for name, secret in settings.auth.users.items()}

    @property
    def open(self) -> bool:
        """No authentication is configured."""
        return not (self._tokens or self._users)

    def person(self, authorization: str) -> Person | None:
        """Read an `Authorization` header; None = nobody we know."""
        if self.open:
            return LOCAL
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._known(self._tokens, None, credentials.strip())
        if scheme.lower() == "basic":
            name, password = _basic(credentials)
            # A token is taken as a password too: browsers know no other way to send one.
            return self._known(self._users, name, password) or self._known(self._tokens, name, password)
        return None

    def _known(self, secrets: dict[str, str], name: str | None, given: str) -> Person | None:
        found = None
        for known, secret in secrets.items():
            equal = hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace"))
            if equal and secret and name in (None, known):
                found = known
        if found is None:
            return None
        role = self._roles.get(found, "viewer")
        return Person(found, ROLES[: ROLES.index(role) + 1])


def _basic(credentials: str) -> tuple[str, str]:
    try:
        name, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return name, password


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def require_closed_door(host: str, settings: Web) -> None:
    """Refuse to serve strangers.

    Raises
    ------
    ConfigError : `host` is reachable from outside and no authentication is configured.
    """
    if not is_loopback(host) and Doorman(settings).open:
        message = "is reachable from outside: configure web.auth, or listen on 127.0.0.1"
        raise ConfigError(message, path="web.listen", value=host)
