"""LLM calls, tools, retrievals, guardrails and agents as series.

`signal` is the door (over `tally`); `said` takes features from what was said and lets go of it, `amount` is what one
call adds to the counts, `latency` where its time went, `conversation` (over `conversation_kernel`) what agents do in a
row, `retrieval` what was found for answers, `cast` keeps labels few, `answering` knows which model a failed call was
meant for, `version` notices that another prompt or model answers, `regression` whether it answers worse, `suspicion`
which prompts are hits on the application's own scale, `topic` whether users ask about something else, and `spending`
when a stated budget (`allowance`) is used up.
"""

from aiops.signals.llm.allowance import Allowance
from aiops.signals.llm.said import heard
from aiops.signals.llm.signal import LlmSignal

__all__ = ["Allowance", "LlmSignal", "heard"]
