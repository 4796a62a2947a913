"""Under which names the dialects say the same; the first that is present wins.

OpenTelemetry GenAI (current, legacy and the vendors' extensions), OpenInference (Phoenix), OpenLLMetry (traceloop),
OpenLIT, Langfuse, MLflow, vLLM, LiteLLM and Vercel's AI SDK.
"""

from __future__ import annotations

PREFIXES = ("gen_ai.", "llm.", "openinference.", "traceloop.", "langfuse.", "mlflow.", "ai.operationId", "retrieval.",
            "input.value", "output.value")  # fmt: skip

MODEL = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "llm.response.model", "llm.request.model",
         "embedding.model_name", "langfuse.observation.model.name", "mlflow.llm.model", "ai.response.model",
         "ai.model.id")  # fmt: skip
REQUEST_MODEL = ("gen_ai.request.model", "llm.request.model", "ai.model.id")
PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "llm.vendor", "mlflow.llm.provider",
            "ai.model.provider")  # fmt: skip
OPERATION = ("gen_ai.operation.name", "openinference.span.kind", "traceloop.span.kind", "llm.request.type",
             "langfuse.observation.type", "mlflow.spanType", "ai.operationId")  # fmt: skip
FINGERPRINT = ("openai.response.system_fingerprint", "gen_ai.openai.response.system_fingerprint",
               "gen_ai.response.system_fingerprint", "gen_ai.openai.system_fingerprint",
               "llm.response.system_fingerprint", "llm.openai.system_fingerprint")  # fmt: skip
TIER = ("openai.response.service_tier", "gen_ai.openai.response.service_tier", "openai.request.service_tier",
        "gen_ai.openai.request.service_tier")  # fmt: skip
FINISH = ("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason", "gen_ai.completion.0.finish_reason",
          "llm.response.finish_reason", "llm.finish_reason", "llm.response.stop_reason",
          "llm.output_messages.0.message.finish_reason", "ai.response.finishReason",
          "langfuse.observation.metadata.finish_reason")  # fmt: skip
MAX_TOKENS = (
    "gen_ai.request.max_tokens",
    "llm.request.max_tokens",
    "ai.settings.maxOutputTokens",
    "ai.settings.maxTokens",
)
MAX_TOKENS_INSIDE = ("max_tokens", "max_completion_tokens", "max_output_tokens")
PARAMETERS = ("llm.invocation_parameters", "langfuse.observation.model.parameters", "mlflow.spanInputs")
OUTPUT_TYPE = ("gen_ai.output.type", "gen_ai.request.response_format", "gen_ai.openai.request.response_format")
CONVERSATION = ("gen_ai.conversation.id", "session.id", "langfuse.session.id", "mlflow.trace.session",
                "traceloop.association.properties.session_id", "traceloop.association.properties.conversation_id",
                "ai.telemetry.metadata.sessionId", "langfuse.trace.session_id")  # fmt: skip
PROMPT_VERSION = ("langfuse.observation.prompt.version", "langfuse.prompt.version", "gen_ai.prompt.version",
                  "llm.prompt_template.version", "traceloop.prompt.version", "mlflow.prompt.version")  # fmt: skip
AGENT = ("gen_ai.agent.name", "agent.name", "llm.agent.name", "gen_ai.agent.id")
TEAM = ("metadata.user_api_key_team_alias", "metadata.user_api_key_team_id", "litellm.team_alias", "litellm.team_id",
        "traceloop.association.properties.team", "langfuse.trace.metadata.team", "team")  # fmt: skip
ROUTE = ("http.route", "traceloop.workflow.name", "gen_ai.workflow.name", "langfuse.trace.name")
TOOL_NAME = ("gen_ai.tool.name", "tool.name", "mcp.tool.name", "ai.toolCall.name", "traceloop.entity.name")
FEEDBACK = ("feedback.score", "gen_ai.feedback.score", "user.feedback.score")
ERROR = ("error.type", "exception.type")
STATUS = ("http.response.status_code", "http.status_code", "error.code")
RETRIES = (
    "http.request.resend_count",
    "gen_ai.request.retries",
    "metadata.attempted_retries",
    "litellm.attempted_retries",
)
GUARD_NAME = ("gen_ai.guardrail.name", "guardrail.name", "guardrail_name")
GUARD_VERDICT = (
    "gen_ai.guardrail.verdict.type",
    "gen_ai.guardrail.action.type",
    "guardrail_status",
    "guardrail.status",
)

TOOL = frozenset(("execute_tool", "tool", "ai.toolcall"))
RETRIEVAL = frozenset(("retrieval", "retriever"))
GUARD = frozenset(("run_guardrail", "guardrail", "apply_guardrail"))
AGENTS = frozenset(("invoke_agent", "agent"))
ENCLOSING_CALLS = ((RETRIEVAL, "retrieval"), (GUARD, "guardrail"), (AGENTS, "invoke_agent"))
ENCLOSING = frozenset(
    ("create_agent", "invoke_workflow", "plan", "chain", "workflow", "task", "evaluator", "reranker", "span", "event",
     "prompt", "decision", "parser", "unknown", "ai.generatetext", "ai.streamtext", "ai.generateobject",
     "ai.streamobject", "ai.embed", "ai.embedmany")
)  # fmt: skip
"""Operations that only enclose calls: counting them would count their tokens twice."""
CALLS = {
    "": "chat", "llm": "chat", "generation": "chat", "chat_model": "chat", "acompletion": "chat",
    "embedding": "embeddings", "completion": "text_completion", "generate_content": "chat",
    "atext_completion": "text_completion", "aembedding": "embeddings", "ai.embed.doembed": "embeddings",
    "ai.embedmany.doembed": "embeddings",
}  # fmt: skip
"""What an operation is called here, where that is something else; all of `ai.*.do*` besides are chat."""
