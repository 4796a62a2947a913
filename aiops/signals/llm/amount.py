"""What one call adds to the counts of its step.

Zeros are said, so that silence becomes visible; but a count that stands for something the source never tells (a cache,
a cost beside the tokens, a text) is left out until it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aiops.signals.content import TRUNCATED
from aiops.signals.prices import PriceBook, told
from aiops.types import LlmCall, Said

Amount = tuple[str, float]
NEARLY = 0.98
"""Share of the limit at which an answer whose end nobody explains counts as cut off."""
FILTERED = frozenset(
    {"content_filter", "safety", "recitation", "prohibited_content", "refusal", "guardrail_intervened"}
)
BLOCKED = re.compile(r"block|fail|interven|den(y|ied)|reject|violat|unsafe|redact")
LIKELY = 0.5
"""At which a feature between 0 and 1 counts."""
UNGROUNDED = 0.2
UNUSED = 0.05
"""Share of an answer that its context bears out, below which it was made up, or the context was of no use at all."""
ERRORS = (
    ("quota", r"quota|billing|insufficient_funds"),
    ("rate_limit", r"429|rate.?limit|too.?many.?requests|throttl|resource.?exhausted"),
    ("timeout", r"timeout|timed.?out|deadline|408|504"),
    ("context_length", r"context.?(length|window)|too.?long|max.?context|string_above_max"),
    ("content_filter", r"content.?(filter|policy|management)|safety|guardrail|moderation"),
    ("auth", r"\b40[13]\b|auth|permission|api.?key|forbidden"),
    ("connection", r"connect|network|dns|unreachable|reset|broken.?pipe|ssl"),
    ("server", r"\b5\d\d\b|server.?error|overload|unavailable|internal"),
    ("request", r"\b4\d\d\b|bad.?request|invalid|not.?found|unprocessable|unsupported"),
)
_ERRORS = tuple((name, re.compile(form)) for name, form in ERRORS)


def kind_of_error(said: str) -> str:
    """One of ten words for an error, whichever library named it.

    >>> kind_of_error("openai.RateLimitError"), kind_of_error("429"), kind_of_error("APITimeoutError")
    ('rate_limit', 'rate_limit', 'timeout')
    """
    text = said.lower()
    return next((name for name, form in _ERRORS if form.search(text)), "other")


def truncated(call: LlmCall) -> bool:
    """Whether the answer was cut off: by its reason, or by its length where no reason is told."""
    if call.finish_reason:
        return call.finish_reason.lower() in TRUNCATED
    return 0 < call.max_tokens * NEARLY <= call.output_tokens


def of_model(call: LlmCall, prices: PriceBook) -> Iterator[Amount]:
    """What a call of a model adds."""
    dollars = prices.cost(call)
    # Thumbs are -1 and 1, or 0 and 1, or a share: one half parts them all.
    liked = None if call.feedback is None else call.feedback >= LIKELY
    yield "llm_calls", 1
    yield "llm_errors", bool(call.error)
    yield "llm_rate_limited", bool(call.error) and kind_of_error(call.error) == "rate_limit"
    yield "llm_retries", max(call.retries, 0)
    yield "llm_tokens_input", max(call.input_tokens, 0)
    yield "llm_tokens_output", max(call.output_tokens, 0)
    yield "llm_cost_usd", dollars or 0.0
    yield "llm_unpriced_calls", dollars is None
    yield "llm_unpriced_tokens", max(call.input_tokens, 0) + max(call.output_tokens, 0) if dollars is None else 0
    yield "llm_truncated", truncated(call)
    yield "llm_content_filtered", _filtered(call)
    yield "llm_empty_answers", _empty(call)
    yield "llm_tool_calls", bool(call.tool)
    yield "llm_feedback_up", liked is True
    yield "llm_feedback_down", liked is False
    read, written = max(call.cache_read_tokens, 0), max(call.cache_write_tokens, 0)
    if read or written:
        yield "llm_cache_read_tokens", read
        yield "llm_cache_write_tokens", written
    if call.reasoning_tokens > 0:
        yield "llm_reasoning_tokens", call.reasoning_tokens
    if (bill := told(call)) is not None and (computed := prices.computed(call)) is not None:
        yield "llm_cost_told_usd", bill
        yield "llm_cost_computed_usd", computed
    if call.said is not None:
        yield from _of_text(call, call.said)


def _filtered(call: LlmCall) -> bool:
    return call.finish_reason.lower() in FILTERED or (
        bool(call.error) and kind_of_error(call.error) == "content_filter"
    )


def _empty(call: LlmCall) -> bool:
    """A call that went well, wanted no tool and said nothing."""
    spoke = call.output_tokens > 0 or (call.said is not None and call.said.answered > 0)
    return not (spoke or call.error or call.operation == "embeddings" or "tool" in call.finish_reason.lower())


def _of_text(call: LlmCall, said: Said) -> Iterator[Amount]:
    if said.asked:
        yield "llm_read_prompts", 1
        yield "llm_personal_calls", bool(said.personal)
    if said.answered and not call.error:
        yield "llm_read_answers", 1
        yield "llm_refusals", said.refusal >= LIKELY
        if call.output_type == "json":
            yield "llm_json_answers", 1
            yield "llm_invalid_json", said.broken
    if said.asked_in and said.language:
        yield "llm_languages_known", 1
        yield "llm_wrong_language", said.asked_in != said.language
    if said.groundedness is not None:
        yield "llm_grounding_checked", 1
        yield "llm_ungrounded", said.groundedness < UNGROUNDED
        yield "llm_context_unused", said.groundedness < UNUSED and said.refusal < LIKELY


def of_tool(call: LlmCall) -> Iterator[Amount]:
    """What the execution of a tool adds."""
    yield "llm_tool_calls", 1
    yield "llm_tool_errors", bool(call.error)


def of_guard(call: LlmCall) -> Iterator[Amount]:
    """What a guardrail's verdict adds."""
    yield "llm_guardrail_runs", 1
    yield "llm_guardrail_blocks", BLOCKED.search(call.finish_reason.lower()) is not None
    yield "llm_guardrail_errors", bool(call.error)
