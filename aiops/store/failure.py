"""The store's own errors; apart from the rest so that naming them loads no SQL."""

from __future__ import annotations

from aiops.errors import PermanentError, TemporaryError


class DiskFull(TemporaryError):
    """There is no room for the commit; nothing of it was written."""


class CorruptState(PermanentError):
    """What was read is not what was written. `aiops db verify` says where; restore a backup."""
