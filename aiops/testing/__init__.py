"""What every source, receiver and action must keep, as checks anyone can run over their own.

Each check takes a function that makes the component, drives it as the daemon would, and raises AssertionError with one
sentence at the first promise it finds broken. The promises are those of `aiops/ingest/source.py`,
`aiops/notify/receiver.py` and `aiops/actions/action.py`; this room lies below them and asks only for what it calls.
Detectors have theirs in `detectors.testing`. How to use them: docs/extending.md.
"""

from aiops.testing.action import check_action
from aiops.testing.component import check_config
from aiops.testing.receiver import check_receiver, incident
from aiops.testing.source import check_records, check_source

__all__ = ["check_action", "check_config", "check_receiver", "check_records", "check_source", "incident"]
