"""From an incident to what is told and done about it: mute, route, dispatch, outbox, runbook, approval, journal.

Everything here is a function of values and `now`, the daemon's clock: no I/O, no thread, no clock of its own. State is
plain frozen data, so that the store commits it as JSON and a replay with outputs off gives the same decisions.
"""
