"""The clock of a simulated day: moves when it is told to, and wakes who waits for it."""

from __future__ import annotations

from threading import Condition


class SimulatedClock:
    """Epoch seconds of the simulation; call it for the time.

    Parameters
    ----------
    now : where it starts.
    """

    def __init__(self, now: float) -> None:
        self._now = now
        self._moved = Condition()

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> float:
        """Move on and wake everybody; return the new time."""
        with self._moved:
            self._now += seconds
            self._moved.notify_all()
        return self._now

    def wait(self, since: float, timeout: float) -> None:
        """Wait until it shows something other than `since`, at most `timeout` wall seconds."""
        with self._moved:
            self._moved.wait_for(lambda: self._now != since, timeout)
