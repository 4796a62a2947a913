"""JSON to structs, with msgspec's errors told as reasons; timestamps as people write them.

Python's `json.dumps` writes `NaN` and `Infinity`, which is not JSON; a body that fails and holds such a
word is read once more, leniently, so that one missing value does not cost a batch.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from aiops.decode.sink import Refused

T = TypeVar("T")

_PYTHON_NUMBER = re.compile(rb"[\s:,\[-](NaN|Infinity)\b")


def parse(body: bytes | msgspec.Raw, type: type[T] | Any = Any) -> T | Any:
    """Decode one JSON document.

    Raises
    ------
    Refused : `too_deep`, `invalid_utf8`, `non_finite`, `invalid_field`, `unknown_type` or `broken_json`.
    """
    try:
        return msgspec.json.decode(body, type=type)
    except RecursionError as error:
        raise Refused("too_deep") from error
    except UnicodeDecodeError as error:
        raise Refused("invalid_utf8", str(error)) from error
    except msgspec.ValidationError as error:
        raise Refused(_reason(str(error)), str(error)) from error
    except msgspec.DecodeError as error:
        if not _PYTHON_NUMBER.search(body):
            raise Refused("broken_json", str(error)) from error
    return _lenient(bytes(body), type)


def _lenient(body: bytes, type: Any) -> Any:
    try:
        found = json.loads(body.decode())
        if rb"\ud" in body.lower():
            # Python lets half of a surrogate pair pass, which no UTF-8 can spell.
            json.dumps(found, ensure_ascii=False).encode()
        return convert(found, type)
    except RecursionError as error:
        raise Refused("too_deep") from error
    except UnicodeError as error:
        raise Refused("invalid_utf8", str(error)) from error
    except ValueError as error:
        raise Refused("broken_json", str(error)) from error


def convert(value: Any, type: type[T] | Any) -> T | Any:
    """Fit parsed JSON into a struct.

    Raises
    ------
    Refused : `invalid_field`, `unknown_type`, `non_finite` or `invalid_utf8`.
    """
    try:
        return msgspec.convert(value, type)
    except RecursionError as error:
        raise Refused("too_deep") from error
    except msgspec.ValidationError as error:
        raise Refused(_reason(str(error)), str(error)) from error


def _reason(message: str) -> str:
    if "out of range" in message:
        return "non_finite"
    if message.endswith("`$.type`") and "Invalid value" in message:
        return "unknown_type"
    return "unknown_type" if "missing required field `type`" in message else "invalid_field"


def timestamp(value: Any) -> float:
    """Read epoch seconds or ISO 8601 (without a zone: UTC).

    Raises
    ------
    Refused : `invalid_time`.
    """
    if isinstance(value, float | int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise Refused("invalid_time", "number out of range") from error
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused("invalid_time", repr(value)) from error


def epoch(value: Any) -> float:
    """Read a time whose unit nobody stated: ISO 8601, or epoch seconds, milli-, micro- or nanoseconds by magnitude.

    Raises
    ------
    Refused : `invalid_time`.
    """
    if (
        isinstance(value, str)
        and value[:1].isdigit()
        and value.replace(".", "", 1).isascii()
        and value.replace(".", "", 1).isdigit()
    ):
        value = float(value)
    at = timestamp(value)
    for limit, divisor in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
        if at >= limit:
            return at / divisor
    return at
