"""Forms of pages: reading them, and telling ours from a forgery.

A form carries a token that only a page of ours can know: a keyed digest of a cookie that other sites can
neither read nor have sent along (`SameSite=Strict`). Together with the Origin check of `guard` this holds in
browsers of any age. The key lives as long as the process; a page older than that is asked to be loaded again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from aiops.web.backend import Denied, Invalid

COOKIE = "aiops_form"
FIELD = "form_token"
MOST_FIELDS = 64


class Forms:
    """Issues and checks tokens."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def cookie(self, request: Request) -> str:
        """The browser's cookie, or a new one that the answer has to set (`keep`)."""
        return request.cookies.get(COOKIE, "") or secrets.token_urlsafe(24)

    def token(self, cookie: str) -> str:
        """What the forms of a page have to carry."""
        return hmac.new(self._key, cookie.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    @staticmethod
    def keep(request: Request, response: Response, cookie: str) -> None:
        """Set the cookie unless the browser has it."""
        if request.cookies.get(COOKIE) != cookie:
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=secure, path="/")

    def read(self, request: Request, body: bytes) -> dict[str, str]:
        """The fields of a form of ours.

        Raises
        ------
        Denied : the token is missing or not ours.
        Invalid : it is no form.
        """
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise Invalid("this takes a form; programs use /api/v1")
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
        except (UnicodeDecodeError, ValueError) as error:
            raise Invalid(f"this is no form: {error}") from None
        cookie = request.cookies.get(COOKIE, "")
        if not cookie or not hmac.compare_digest(self.token(cookie).encode(), fields.pop(FIELD, "").encode()):
            raise Denied("this page is out of date: load it again and repeat")
        return fields
