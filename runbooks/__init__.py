"""Runbooks that ship with the agent: `{it,model,llm}/*.yaml` and nothing else."""
