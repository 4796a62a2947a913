"""Spans of model and tool calls as `LlmCall`, whichever dialect they speak.

OpenTelemetry GenAI (current and legacy names), OpenInference, OpenLLMetry, OpenLIT, Langfuse, MLflow and
vLLM; the first name that is present wins. Spans that only enclose calls (agents, workflows, retrieval) are no
calls: counting them would count their tokens twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from aiops.types import LlmCall, Span

Attributes = Mapping[str, Any]

PREFIXES = ("gen_ai.", "llm.", "openinference.", "traceloop.", "langfuse.", "mlflow.")
ENCLOSING = frozenset(
    ("invoke_agent", "create_agent", "invoke_workflow", "retrieval", "run_guardrail", "plan", "agent", "chain",
     "retriever", "workflow", "task", "guardrail", "evaluator", "reranker", "span", "event")
)  # fmt: skip
TOOL = frozenset(("execute_tool", "tool"))

MODEL = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "llm.response.model", "llm.request.model",
         "embedding.model_name", "langfuse.observation.model.name")  # fmt: skip
PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "llm.vendor")
OPERATION = ("gen_ai.operation.name", "openinference.span.kind", "traceloop.span.kind", "llm.request.type",
             "langfuse.observation.type", "mlflow.spanType")  # fmt: skip
INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens")
OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
          "llm.usage.completion_tokens")  # fmt: skip
USAGE = ("langfuse.observation.usage_details", "mlflow.chat.tokenUsage")
USAGE_INPUT, USAGE_OUTPUT = ("input", "input_tokens", "prompt_tokens"), ("output", "output_tokens", "completion_tokens")
COST = ("gen_ai.usage.cost", "gen_ai.usage.cost.amount", "llm.cost.total")
COST_DETAILS = ("langfuse.observation.cost_details", "mlflow.llm.cost")
TTFT = (
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.server.time_to_first_token",
    "gen_ai.latency.time_to_first_token",
)
FINISH = ("gen_ai.response.finish_reasons", "gen_ai.completion.0.finish_reason", "llm.response.finish_reason")
CONVERSATION = ("gen_ai.conversation.id", "session.id", "langfuse.session.id", "mlflow.trace.session",
                "traceloop.association.properties.session_id")  # fmt: skip
PROMPT_VERSION = ("langfuse.observation.prompt.version", "langfuse.prompt.version", "gen_ai.prompt.version",
                  "llm.prompt_template.version", "traceloop.prompt.version")  # fmt: skip
TOOL_NAME = ("gen_ai.tool.name", "tool.name", "traceloop.entity.name")
FEEDBACK = ("feedback.score", "gen_ai.feedback.score", "user.feedback.score")
ERROR = ("error.type", "exception.type")


def call_of(span: Span) -> LlmCall | None:
    """Return the call a span stands for, None = it is no model or tool call."""
    told = span.attributes
    if not any(name.startswith(PREFIXES) for name in told):
        return None
    operation = _text(told, OPERATION).lower()
    is_tool = operation in TOOL or span.name.startswith("execute_tool ")
    model = _text(told, MODEL)
    if operation in ENCLOSING or not (is_tool or model):
        return None
    return LlmCall(
        timestamp=span.timestamp,
        entity=span.entity,
        model=model,
        provider=_text(told, PROVIDER),
        operation="execute_tool" if is_tool else _operation(operation),
        prompt=_said(told, "input"),
        completion=_said(told, "output"),
        context=_documents(told),
        input_tokens=_count(told, INPUT, USAGE_INPUT),
        output_tokens=_count(told, OUTPUT, USAGE_OUTPUT),
        duration_s=span.duration_s,
        ttft_s=_number(told, TTFT),
        finish_reason=_finish(told),
        error=_text(told, ERROR) or ("error" if span.status == "error" else ""),
        conversation_id=_text(told, CONVERSATION),
        prompt_version=_text(told, PROMPT_VERSION),
        tool=(_text(told, TOOL_NAME) or span.name.removeprefix("execute_tool ")) if is_tool else "",
        cost_usd=_cost(told),
        feedback=_feedback(told),
        host=span.host,
    )


def _operation(said: str) -> str:
    return {"": "chat", "llm": "chat", "generation": "chat", "chat_model": "chat", "embedding": "embeddings",
            "completion": "text_completion"}.get(said, said)  # fmt: skip


def _first(told: Attributes, names: tuple[str, ...]) -> Any:
    return next((value for name in names if (value := told.get(name)) not in (None, "")), None)


def _text(told: Attributes, names: tuple[str, ...]) -> str:
    value = _first(told, names)
    return "" if value is None else value if isinstance(value, str) else str(value)


def _number(told: Attributes, names: tuple[str, ...]) -> float | None:
    return _float(_first(told, names))


def _float(value: Any) -> float | None:
    """Read a number or the text of one; None for all else, NaN and Inf included."""
    if isinstance(value, bool):
        return float(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _structure(value: Any) -> Any:
    """Undo the JSON text that attributes put lists and maps into."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return value
    return value


def _count(told: Attributes, names: tuple[str, ...], keys: tuple[str, ...]) -> int:
    value = _number(told, names)
    if value is None and isinstance(details := _structure(_first(told, USAGE)), dict):
        value = _number(details, keys)
    return max(0, int(value)) if value is not None else 0


def _cost(told: Attributes) -> float | None:
    value = _number(told, COST)
    details = _structure(_first(told, COST_DETAILS))
    if value is None and isinstance(details, dict):
        value = _number(details, ("total", "total_cost"))
        if value is None and details:
            value = math.fsum(part for name in sorted(details) if (part := _float(details[name])) is not None)
    return value


def _feedback(told: Attributes) -> float | None:
    value = _number(told, FEEDBACK)
    if value is None and "feedback" in str(told.get("gen_ai.evaluation.name", "")):
        return _number(told, ("gen_ai.evaluation.score.value",))
    return value


def _finish(told: Attributes) -> str:
    reasons = _structure(_first(told, FINISH))
    if isinstance(reasons, list):
        return str(reasons[0]) if reasons else ""
    return "" if reasons is None else str(reasons)


def _said(told: Attributes, side: str) -> str:
    """Return the text of one side: of the input what is new since the model last spoke."""
    messages = _structure(told.get(f"gen_ai.{side}.messages"))
    if isinstance(messages, list):
        return _joined([(str(m.get("role", "")), _content(m)) for m in messages if isinstance(m, dict)], side)
    old = "prompt" if side == "input" else "completion"
    for role, content in ((f"gen_ai.{old}.{{}}.role", f"gen_ai.{old}.{{}}.content"),
                          (f"llm.{side}_messages.{{}}.message.role", f"llm.{side}_messages.{{}}.message.content"),
                          (f"llm.{old}s.{{}}.role", f"llm.{old}s.{{}}.content")):  # fmt: skip
        if content.format(0) in told:
            return _joined(_numbered(told, role, content), side)
    text = _first(told, (f"gen_ai.{old}", f"{side}.value", f"langfuse.observation.{side}", f"traceloop.entity.{side}"))
    return "" if text is None else text if isinstance(text, str) else str(text)


def _numbered(told: Attributes, role: str, content: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    while (text := told.get(content.format(len(found)))) is not None:
        found.append((str(told.get(role.format(len(found)), "")), str(text)))
    return found


def _joined(messages: list[tuple[str, str]], side: str) -> str:
    if side == "input":
        spoken = [i for i, (role, _) in enumerate(messages) if role == "assistant"]
        fresh = messages[spoken[-1] + 1 :] if spoken else messages
        messages = [m for m in fresh if m[0] not in ("system", "developer")]
    return "\n".join(text for _, text in messages if text)


def _content(message: Attributes) -> str:
    parts = message.get("parts", message.get("content"))
    if isinstance(parts, str):
        return parts
    texts = [part if isinstance(part, str) else _part(part) for part in parts] if isinstance(parts, list) else []
    return "\n".join(text for text in texts if text)


def _part(part: Any) -> str:
    text = _first(part, ("content", "text", "result", "response")) if isinstance(part, dict) else None
    return "" if text is None else text if isinstance(text, str) else msgspec.json.encode(text).decode()


def _documents(told: Attributes) -> tuple[str, ...]:
    listed = _structure(_first(told, ("gen_ai.retrieval.documents", "retrieval.documents")))
    if isinstance(listed, list):
        return tuple(text for item in listed if (text := item if isinstance(item, str) else _part(item)))
    content = "retrieval.documents.{}.document.content"
    return tuple(text for _, text in _numbered(told, "", content)) if content.format(0) in told else ()
