"""Spans of model calls, tools, retrievals, guardrails and agents as `LlmCall`, whichever dialect they speak.

`name` holds the aliases, `read` how an attribute is read, `usage` tokens and cost, `pace` where the time went, `text`
what was said, `rag` what was retrieved and judged, `call` puts them together.
"""

from aiops.decode.gen_ai.call import call_of, speaks
from aiops.decode.gen_ai.text import without_content

__all__ = ["call_of", "speaks", "without_content"]
