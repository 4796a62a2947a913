"""The tables, as SQLAlchemy sees them: documents in JSON, and a column for each thing that is searched.

No room but this one reads them. Documents are whole (`Incident` as JSON), so a new field of a document is
no migration; a new column is (`migrations/`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

VERSION = 1
"""The format this program writes."""
OLDEST_READABLE = max(1, VERSION - 1)

metadata = MetaData()

schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("applied", String, nullable=False, server_default=text("CURRENT_TIMESTAMP")),
)
chunk = Table(
    "chunk",
    metadata,
    Column("partition", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("serial", BigInteger, nullable=False),  # number of the commit that wrote it
    Column("checksum", BigInteger, nullable=False),  # xxh64, as a signed integer
    Column("data", LargeBinary, nullable=False),
)
position = Table(
    "position",
    metadata,
    Column("partition", String, primary_key=True),
    Column("serial", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
)
finding = Table(
    "finding",
    metadata,
    Column("key", String, primary_key=True),
    Column("entity", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("document", Text, nullable=False),
    Index("finding_started", "started"),
    Index("finding_ended", "ended"),
)
incident = Table(
    "incident",
    metadata,
    Column("id", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("updated", Float, nullable=False),
    Column("document", Text, nullable=False),
    Index("incident_status_started", "status", "started"),
    Index("incident_started", "started"),
)
former_incident = Table(
    "former_incident", metadata, Column("former", String, primary_key=True), Column("id", String, nullable=False)
)
outbox = Table(
    "outbox",
    metadata,
    Column("key", String, primary_key=True),
    Column("incident_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("document", Text, nullable=False),
    Index("outbox_state", "state"),
    Index("outbox_incident", "incident_id"),
)
journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String, nullable=False),
    Column("document", Text, nullable=False),
    Index("journal_run", "run_id"),
)
run = Table(
    "run",
    metadata,
    Column("id", String, primary_key=True),
    Column("incident_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("document", Text, nullable=False),
    Index("run_incident", "incident_id"),
)
silence = Table("silence", metadata, Column("id", String, primary_key=True), Column("document", Text, nullable=False))
dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("partition", String, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("excerpt", LargeBinary, nullable=False),
    Index("dead_letter_partition", "partition", "id"),
)
meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", LargeBinary, nullable=False))
edge = Table(
    "edge",
    metadata,
    Column("source", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("kind", String, primary_key=True),
)
