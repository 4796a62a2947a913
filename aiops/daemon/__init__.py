"""The only place with side effects in time: clock, threads, signals, commit."""
