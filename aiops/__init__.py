"""The incident agent: detects, correlates and explains across IT, ML models and LLM applications, and pages once.

Follow one sample: `ingest` -> `decode` -> `signals` -> `detect` -> `correlate` -> `respond`; `pipeline.py`
is that route on one screen, `daemon.py` the only place with a clock.
"""

__version__ = "0.1.0"
