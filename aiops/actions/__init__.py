"""What a runbook's step can do: one kind of action a file, each a class with a nested pydantic `Config`.

An action is told exactly what to do, does it once, and says what came of it: done, certainly not done, or unknown. It
decides nothing, retries nothing and never sees a template.
"""
