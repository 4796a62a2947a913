"""What happens in conversations, turn by turn, over columns: loops, standstill, hand-offs.

A row is a call; a slot is a conversation. Rings hold the hashes of the latest tool calls, results and agents.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

RING = 8
MODEL, TOOL, AGENT = 0, 1, 2
REPEATED, ALTERNATING, STALLED, BOUNCED = 1, 2, 4, 8
"""Flags of a row: of the latest eight tool calls three equal with equal results, or five equal whatever their results;
two in turn, three times over; four in a row without anything new; two agents that hand over to each other, three times
over. Elsewhere a loop is what is one here."""
SAME, AGAIN, TURNS, STALE = 3, 5, 6, 4

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


@njit(cache=True, error_model="numpy")
def follow(
    slot: Ints, kind: Ints, asked: Hashes, result: Hashes, agent: Hashes,
    tools: Hashes, results: Hashes, agents: Hashes, count: Ints,
) -> Ints:  # fmt: skip
    """Enter the rows in order.

    Parameters
    ----------
    slot, kind : shape (rows,); conversation and `MODEL`, `TOOL` or `AGENT`.
    asked, result, agent : shape (rows,); hashes, 0 = not told.
    tools, results, agents : shape (slots, RING); rings, modified in place.
    count : shape (slots, 3); tool calls whose arguments are told, agents handed over to, and
        tool calls in a row without news; modified.

    Returns
    -------
    flags : shape (rows,).
    """
    flags = np.zeros(len(slot), np.int64)
    for i in range(len(slot)):
        at = slot[i]
        if agent[i] != 0 and (count[at, 1] == 0 or agents[at, (count[at, 1] - 1) % RING] != agent[i]):
            agents[at, count[at, 1] % RING] = agent[i]
            count[at, 1] += 1
            if _in_turns(agents, at, count[at, 1]):
                flags[i] |= BOUNCED
        if kind[i] != TOOL:
            continue
        if asked[i] == 0:
            continue
        known = _times(tools, at, asked[i]) > 0
        news = _times(results, at, result[i]) == 0 if result[i] != 0 else not known
        count[at, 2] = 0 if news else count[at, 2] + 1
        tools[at, count[at, 0] % RING] = asked[i]
        results[at, count[at, 0] % RING] = result[i]
        count[at, 0] += 1
        if _both(tools, results, at, asked[i], result[i]) >= SAME or _times(tools, at, asked[i]) >= AGAIN:
            flags[i] |= REPEATED
        if _in_turns(tools, at, count[at, 0]):
            flags[i] |= ALTERNATING
        if count[at, 2] >= STALE:
            flags[i] |= STALLED
    return flags


@njit(cache=True, error_model="numpy")
def _times(ring: Hashes, at: int, value: np.uint64) -> int:
    """How often a ring holds a value."""
    found = 0
    for j in range(RING):
        if ring[at, j] == value:
            found += 1
    return found


@njit(cache=True, error_model="numpy")
def _both(ring: Hashes, other: Hashes, at: int, value: np.uint64, beside: np.uint64) -> int:
    """How often two rings hold two values side by side."""
    found = 0
    for j in range(RING):
        if ring[at, j] == value and other[at, j] == beside:
            found += 1
    return found


@njit(cache=True, error_model="numpy")
def _in_turns(ring: Hashes, at: int, n: int) -> bool:
    """Whether the latest six entries are two values in turn."""
    if n < TURNS:
        return False
    last, other = ring[at, (n - 1) % RING], ring[at, (n - 2) % RING]
    if last == other:
        return False
    for j in range(2, TURNS):
        if ring[at, (n - 1 - j) % RING] != (last if j % 2 == 0 else other):
            return False
    return True
