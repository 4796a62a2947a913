"""Numbered steps from one format of the database to the next.

The first creation is automatic; from then on only `aiops db upgrade` changes a format, after a backup.
A program reads its own format and the one before, writes only its own, and refuses a newer one: an old
program that writes into a new format is how state is lost.

A step is a function of a connection, in `m<number>_<what>.py`, listed here; it never imports `schema`,
because `schema` goes on changing and a migration must not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection

Migration = Callable[[Connection], None]

MIGRATIONS: Mapping[int, Migration] = MappingProxyType({})
"""Format number it leads to -> step. Empty: format 1 is the first."""
