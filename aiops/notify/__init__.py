"""Where incidents are told: one receiver a file, each a class with a nested pydantic `Config`.

A receiver renders a `Message` in its medium and translates its library's errors into `TemporaryError` and
`PermanentError`. It keeps no queue and retries nothing: that is `respond.outbox` and the daemon.
"""
