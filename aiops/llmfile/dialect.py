"""Lines that are not quite of our own format: spans as exporters write them, requests as gateways log them.

Spans are read by the decoder that reads them live (`decode.otlp_spans`, `decode.gen_ai`), whether they come as an OTLP
export, one by one, or as SDKs print them; so the calls of a file are those that the daemon would have seen. Logged
requests (`logged`) are given the names of attributes and then read by the same code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from aiops.decode.gen_ai import call_of
from aiops.decode.route import Limits, decode
from aiops.decode.series import SeriesTable
from aiops.decode.sink import Refused
from aiops.llmfile.logged import attributes_of, complete, is_request
from aiops.llmfile.printed import is_printed, request_of
from aiops.types import LlmCall, Records, Rejected, Span

OTHERS = frozenset(("metric", "alert", "log", "change", "prediction", "feedback"))
"""Types of our own records that are no calls."""
_OWN = (
    "provider",
    "operation",
    "input_tokens",
    "output_tokens",
    "finish_reason",
    "conversation_id",
    "cost_usd",
    "error",
)
_WHOLE = Limits(record_bytes=2**40)


def calls_of(fields: Mapping[str, Any]) -> tuple[list[LlmCall], list[Rejected]] | None:
    """Calls that a line holds and what of it cannot be used, None = it is a call of our own format.

    Raises
    ------
    Refused : `no_call`.
    """
    kind = fields.get("type")
    if kind in OTHERS:
        raise Refused("no_call", f"a record of type {kind!r}")
    if (request := _request(fields)) is not None:
        calls, rejected = _spans(request)
        if calls or (rejected and not _own(fields)):
            return calls, rejected
        if not _own(fields):
            raise Refused("no_call", "none of its spans is a call of a model, a tool or a retrieval")
    if is_request(fields):
        told = attributes_of(fields)
        if (call := call_of(Span(timestamp=0.0, trace_id="", span_id="", name="", duration_s=0.0, **told))) is not None:
            return [complete(call, told["attributes"])], []
    if not _own(fields):
        names = ", ".join(sorted(map(str, fields))[:6]) or "none"
        raise Refused("no_call", f"nothing in it says that it is a call of a model; its fields: {names}")
    return None


def _own(fields: Mapping[str, Any]) -> bool:
    """Whether a record says enough to be a call of our own format."""
    if fields.get("type") == "llm" or fields.get("prompt") is not None or fields.get("completion") is not None:
        return True
    named = fields.get("model") is not None or fields.get("tool") is not None
    return named and any(fields.get(name) is not None for name in _OWN)


def _request(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The OTLP request that a line is, or is a part of; None = there are no spans in it."""
    if "resourceSpans" in fields:
        return fields
    if "scopeSpans" in fields:
        return {"resourceSpans": [fields]}
    if "startTimeUnixNano" in fields or isinstance(fields.get("attributes"), list):
        return {"resourceSpans": [{"scopeSpans": [{"spans": [fields]}]}]}
    return request_of(fields) if is_printed(fields) else None


def _spans(request: Mapping[str, Any]) -> tuple[list[LlmCall], list[Rejected]]:
    records = Records.single("file", msgspec.json.encode(request), format="otlp_spans")
    decoded = decode(records, SeriesTable(), math.inf, _WHOLE)
    return [event for _, event in decoded.events if isinstance(event, LlmCall)], decoded.rejected
