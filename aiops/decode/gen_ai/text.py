"""What was said to a model or a tool, and by it: the text of one side, whichever shape a dialect gives it.

Of the input only what is new since the model last spoke counts, without instructions: the user's words. The text serves
to take features from it; `without_content` is what may be kept of a span.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from aiops.decode.gen_ai.read import MOST_NUMBERED, Attributes, first, structure
from aiops.types import Span

CONTENT = (
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt",
    "gen_ai.completion", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.retrieval.query",
    "gen_ai.retrieval.documents",
    "gen_ai.tool.definitions", "gen_ai.content.", "llm.input_messages.", "llm.output_messages.", "llm.prompts.",
    "llm.completions.", "llm.prompt_template.variables", "llm.prompt_template.template", "input.value", "output.value",
    "retrieval.documents", "reranker.", "embedding.embeddings.", "langfuse.observation.input",
    "langfuse.observation.output", "langfuse.trace.input", "langfuse.trace.output", "traceloop.entity.input",
    "traceloop.entity.output", "mlflow.spanInputs", "mlflow.spanOutputs", "ai.prompt", "ai.response.text",
    "ai.response.object", "ai.response.toolCalls", "ai.toolCall.args", "ai.toolCall.result", "tool.parameters",
)  # fmt: skip
"""Prefixes of the attributes that hold what people and models said."""
KEPT = ("gen_ai.prompt.version", "gen_ai.prompt.name", "ai.prompt.version")
SIDES = {
    "input": (("gen_ai.prompt.{}.role", "gen_ai.prompt.{}.content"),
              ("llm.input_messages.{}.message.role", "llm.input_messages.{}.message.content"),
              ("llm.prompts.{}.role", "llm.prompts.{}.content")),
    "output": (("gen_ai.completion.{}.role", "gen_ai.completion.{}.content"),
               ("llm.output_messages.{}.message.role", "llm.output_messages.{}.message.content"),
               ("llm.completions.{}.role", "llm.completions.{}.content")),
}  # fmt: skip
PARTED = "llm.{}_messages.{{}}.message.contents.0.message_content.text"
WHOLE = {
    "input": ("gen_ai.input.messages", "gen_ai.prompt", "gen_ai.content.prompt", "ai.prompt.messages",
              "mlflow.spanInputs", "langfuse.observation.input", "traceloop.entity.input", "input.value", "ai.prompt"),
    "output": ("gen_ai.output.messages", "gen_ai.completion", "gen_ai.content.completion", "ai.response.text",
               "mlflow.spanOutputs", "langfuse.observation.output", "traceloop.entity.output", "output.value"),
}  # fmt: skip
SAID = ("content", "text", "result", "response", "output", "answer", "query", "question", "input")
INSTRUCTIONS = ("system", "developer")


def without_content(span: Span) -> Span:
    """Return the span without what was said in it: names and numbers only."""
    kept = {
        name: value for name, value in span.attributes.items() if not name.startswith(CONTENT) or name.startswith(KEPT)
    }
    return span if len(kept) == len(span.attributes) else msgspec.structs.replace(span, attributes=kept)


def said(told: Attributes, side: str) -> str:
    """Text of one side, `input` or `output`; empty = it is not told."""
    for role, content in SIDES[side]:
        if content.format(0) in told:
            return _joined(_numbered(told, role, content), side)
    parted = PARTED.format(side)
    if parted.format(0) in told:
        return _joined(_numbered(told, SIDES[side][1][0], parted), side)
    return _plain(structure(first(told, WHOLE[side])), side)


def _plain(value: Any, side: str) -> str:
    """Text of a message, a list of them, a request or an answer as the provider's API has it."""
    if isinstance(value, list):
        return _joined([_message(one) for one in value], side)
    if not isinstance(value, dict):
        return "" if value is None else str(value)
    for key in ("messages", "choices", "contents"):
        if isinstance(inside := value.get(key), list):
            return _plain([one.get("message", one) if isinstance(one, dict) else one for one in inside], side)
    if isinstance(inside := value.get("message"), dict):
        return _plain(inside, side)
    return _part(value) or msgspec.json.encode(value).decode()


def _message(one: Any) -> tuple[str, str]:
    if not isinstance(one, dict):
        return "", one if isinstance(one, str) else ""
    parts = one.get("parts", one.get("content"))
    if isinstance(parts, list):
        texts = [part if isinstance(part, str) else _part(part) for part in parts]
        return str(one.get("role", "")), "\n".join(text for text in texts if text)
    return str(one.get("role", "")), parts if isinstance(parts, str) else _part(one)


def _part(part: Any) -> str:
    found = first(part, SAID) if isinstance(part, dict) else None
    if isinstance(found, dict | list):
        return msgspec.json.encode(found).decode()
    return "" if found is None else str(found)


def _numbered(told: Attributes, role: str, content: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    while len(found) < MOST_NUMBERED and (text := told.get(content.format(len(found)))) is not None:
        found.append((str(told.get(role.format(len(found)), "")), str(text)))
    return found


def _joined(messages: Sequence[tuple[str, str]], side: str) -> str:
    if side == "input":
        spoken = [i for i, (role, _) in enumerate(messages) if role == "assistant"]
        fresh = messages[spoken[-1] + 1 :] if spoken else messages
        messages = [m for m in fresh if m[0] not in INSTRUCTIONS]
    return "\n".join(text for _, text in messages if text)
