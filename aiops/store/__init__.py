"""What survives a crash: one database and the explain rings beside it.

`commit.Commit` is what the daemon hands over, `repository.Store` writes it in one transaction, `state`
turns arrays into chunks, `ring` keeps what `explain` needs. SQL stands in this room only, so that
PostgreSQL can follow behind the same interface.
"""
