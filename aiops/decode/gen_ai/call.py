"""A span as the call it stands for.

Agents, retrievals and guardrails are calls of their own operation (`invoke_agent`, `retrieval`, `guardrail`) without
tokens and cost: those belong to the model calls inside them. Workflows, chains and tasks are none at all.
"""

from __future__ import annotations

from typing import Any

from aiops.decode.gen_ai import name as names
from aiops.decode.gen_ai.pace import pace
from aiops.decode.gen_ai.rag import evaluations, retrieved
from aiops.decode.gen_ai.read import Attributes, count, first, mapping, number, structure, text
from aiops.decode.gen_ai.text import said
from aiops.decode.gen_ai.usage import cost, usage
from aiops.types import LlmCall, Span

TOOL_ARGUMENTS = ("gen_ai.tool.call.arguments", "ai.toolCall.args", "tool.parameters")
TOOL_RESULT = ("gen_ai.tool.call.result", "ai.toolCall.result")
TRUE = frozenset(("json", "json_object", "json_schema", "object"))


def speaks(span: Span) -> bool:
    """Whether a span's attributes are of any dialect."""
    return any(name.startswith(names.PREFIXES) for name in span.attributes)


def call_of(span: Span) -> LlmCall | None:
    """Return the call a span stands for, None = it is no model, tool, retrieval, guardrail or agent call."""
    told = span.attributes
    if not speaks(span):
        return None
    operation = _operation(span)
    if operation in names.ENCLOSING:
        return None
    if operation == "execute_tool":
        return _tool(span)
    if operation in ("retrieval", "guardrail", "invoke_agent"):
        return _enclosing(span, operation)
    return _model(span, operation) if text(told, names.MODEL) else None


def _operation(span: Span) -> str:
    said = text(span.attributes, names.OPERATION).lower()
    if said in names.TOOL or span.name.startswith("execute_tool "):
        return "execute_tool"
    for group, operation in names.ENCLOSING_CALLS:
        if said in group:
            return operation
    if said.startswith("ai.") and ".do" in said and said not in names.CALLS:
        return "chat"
    return names.CALLS.get(said, said)


def _model(span: Span, operation: str) -> LlmCall:
    told, tokens = span.attributes, usage(span.attributes)
    time, found = pace(told, span.timestamp, span.duration_s), retrieved(told)
    completion = said(told, "output")
    return LlmCall(
        **_common(span),
        operation=operation,
        request_model=text(told, names.REQUEST_MODEL),
        fingerprint=text(told, names.FINGERPRINT),
        tier=text(told, names.TIER),
        prompt=said(told, "input"),
        completion=completion,
        context=found.texts,
        input_tokens=tokens.input,
        # Where no answer is due either, there were none: embeddings, a call that failed.
        output_tokens=tokens.output if completion or _talks(span, operation) else max(tokens.output, 0),
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        reasoning_tokens=tokens.reasoning,
        max_tokens=_limit(told),
        ttft_s=time.first,
        queue_s=time.queue,
        prefill_s=time.prefill,
        decode_s=time.decode,
        gateway_s=time.gateway,
        finish_reason=_finish(told),
        output_type=_output_type(told),
        retries=count(told, names.RETRIES),
        cost_usd=cost(told),
        feedback=_feedback(told),
        evaluations=evaluations(told),
    )


def _talks(span: Span, operation: str) -> bool:
    return operation in ("chat", "text_completion") and not _error(span)


def _common(span: Span) -> dict[str, Any]:
    told = span.attributes
    return {
        "timestamp": span.timestamp,
        "entity": span.entity,
        "model": text(told, names.MODEL),
        "provider": text(told, names.PROVIDER),
        "duration_s": span.duration_s,
        "error": _error(span),
        "conversation_id": text(told, names.CONVERSATION),
        "prompt_version": text(told, names.PROMPT_VERSION),
        "agent": text(told, names.AGENT),
        "team": text(told, names.TEAM),
        "route": text(told, names.ROUTE),
        "trace_id": span.trace_id,
        "host": span.host,
    }


def _tool(span: Span) -> LlmCall:
    told = span.attributes
    return LlmCall(
        **_common(span),
        operation="execute_tool",
        prompt=text(told, TOOL_ARGUMENTS) or said(told, "input"),
        completion=text(told, TOOL_RESULT) or said(told, "output"),
        tool=text(told, names.TOOL_NAME) or span.name.removeprefix("execute_tool "),
    )


def _enclosing(span: Span, operation: str) -> LlmCall:
    told = span.attributes
    found = retrieved(told) if operation == "retrieval" else None
    verdict = text(told, names.GUARD_VERDICT).lower() if operation == "guardrail" else ""
    common = _common(span) | ({} if operation == "retrieval" else {"model": ""})
    return LlmCall(
        **common,
        operation=operation,
        tool=text(told, names.GUARD_NAME) if operation == "guardrail" else "",
        finish_reason=verdict,
        retrieved=found.number if found else None,
        scores=found.scores if found else (),
        documents=found.ids if found else (),
    )


def _error(span: Span) -> str:
    told = span.attributes
    said = text(told, names.ERROR)
    if not said and (text(told, ("langfuse.observation.level",)) == "ERROR" or span.status == "error"):
        said = text(told, names.STATUS) or "error"
    status = text(told, names.STATUS)
    # The status tells more than the name of an exception that stands for all of them.
    return "429" if said and status == "429" else said


def _limit(told: Attributes) -> int:
    found = count(told, names.MAX_TOKENS)
    inside = mapping(told, names.PARAMETERS)
    return found or count(inside, names.MAX_TOKENS_INSIDE)


def _output_type(told: Attributes) -> str:
    found = structure(first(told, names.OUTPUT_TYPE))
    kind = found.get("type") if isinstance(found, dict) else found
    if kind is None:
        asked = mapping(told, names.PARAMETERS).get("response_format")
        kind = asked.get("type") if isinstance(asked, dict) else asked
    word = str(kind).lower() if kind is not None else ""
    return "json" if word in TRUE else word


def _feedback(told: Attributes) -> float | None:
    value = number(told, names.FEEDBACK)
    if value is None and "feedback" in str(told.get("gen_ai.evaluation.name", "")):
        return number(told, ("gen_ai.evaluation.score.value",))
    return value


def _finish(told: Attributes) -> str:
    reasons = structure(first(told, names.FINISH))
    if reasons is None:
        reasons = _answered(told)
    if isinstance(reasons, list):
        return str(reasons[0]) if reasons else ""
    return "" if reasons is None else str(reasons)


def _answered(told: Attributes) -> object:
    """The reason inside the messages, or inside an answer as the provider's API has it."""
    for name in ("gen_ai.output.messages", "gen_ai.completion", "mlflow.spanOutputs", "output.value",
                 "langfuse.observation.output"):  # fmt: skip
        found = structure(told.get(name))
        choices = found.get("choices", [found]) if isinstance(found, dict) else found
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            reason = choices[0].get("finish_reason") or choices[0].get("stop_reason")
            if reason is not None:
                return reason
    return None
