"""One row of one entity through the joint detector, and many rows of many entities.

The columns' deviations of the last rows form two windows, a short one and a long one, each compared with what the
entity usually does. The geometric mean of both distances is the shape: a fault must look odd on both scales, a spike
only does on one. For the alarm the short window counts once as a whole and once by its newest row, for onsets; how far
that exceeds its own usual becomes a tail probability by the entity's past, limited by how much evidence there is.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from detectors import calibrate
from detectors import joint_column_kernel as column
from detectors import joint_window_kernel as window
from detectors.protocol import CAP

SHORT, LONG = (5, 1), (10, 3)
"""Blocks of a window, and rows of a block."""
RING = 30
FIELDS = ("rows", "usual", "spread", "changes", "echo")
"""Of a row of `core`: rows seen; usual log distance and how much it varies; rows that moved; last emission, fading."""
ROWS, USUAL, SPREAD, CHANGES, ECHO = range(5)
SEEDED, WARMUP = 100.0, 300.0
"""Rows until the short windows are known, and until the first surprise."""
LEAST = 1e-3
"""Mean square deviation, over all columns, below which a window is as usual as any."""
USUAL_HALF_LIFE = 20_000.0
NEWEST = 1.0 - 0.5 ** (1.0 / USUAL_HALF_LIFE)
SIGMA = 1.2533  # of a Gaussian, in mean absolute deviations
WINSOR = 6.0
NARROWEST = 0.05
PER_CHANGE = 1.0 / 20.0
FADE = 0.5 ** (1.0 / 50.0)
MURMUR, LOUDEST_MURMUR = 0.3, 2.0

standardise = column.standardise
gather, nearest, ending, study = window.gather, window.nearest, window.ending, window.learn
place, keep = calibrate.place, calibrate.learn


@njit(error_model="numpy", cache=True)
def compare(recent, stride, newest, turn, learnt):  # type: ignore[no-untyped-def]
    """Distance of the window that ends now to the nearest learnt one, and of its newest block; then learn it.

    Parameters
    ----------
    recent : ring of rows. newest : where in it the last one is. turn : number of the row.
    learnt : centres, their weights, the window to be filled, parts (the distance by column in its first row).
    """
    centres, weight, now, parts = learnt
    span = now.shape[0] * stride
    if turn < span:
        parts[0] = 0.0
        return 0.0, 0.0
    gather(recent, newest, stride, now)
    known = 0
    while known < weight.shape[0] and weight[known] > 0.0:
        known += 1
    best, distance = nearest(now, centres, known, parts)
    last = ending(now, centres[best]) if best >= 0 else 0.0
    if known < weight.shape[0] and turn % span == 0:
        study(now, -1, centres, weight)
    elif best >= 0:
        study(now, best, centres, weight)
    return distance, last


@njit(error_model="numpy", cache=True)
def exceed(distance, core):  # type: ignore[no-untyped-def]
    """How far a log distance is above its usual, in units of its spread, at least 0; then learn it."""
    if core[ROWS] < SEEDED:
        return 0.0
    away = distance - core[USUAL]
    sigma = max(SIGMA * core[SPREAD], NARROWEST)
    newest = max(NEWEST, 1.0 / (core[ROWS] - SEEDED + 1.0))
    learnt = max(-WINSOR * sigma, min(WINSOR * sigma, away)) if core[ROWS] > WARMUP else away
    core[USUAL] += newest * learnt
    core[SPREAD] += newest * (abs(learnt) - core[SPREAD])
    return max(away / sigma, 0.0)


@njit(error_model="numpy", cache=True)
def limit(core):  # type: ignore[no-untyped-def]
    """Most that may be said: no event is rarer than one in the rows seen, unless many changes show their law."""
    return min(math.log10(core[ROWS] + 1.0) + PER_CHANGE * core[CHANGES], CAP)


@njit(error_model="numpy", cache=True)
def speak(said, core):  # type: ignore[no-untyped-def]
    """The surprise to print: what does not exceed the last emission, faded, is but a murmur."""
    core[ECHO] *= FADE
    if said > core[ECHO]:
        core[ECHO] = said
        return said
    return min(MURMUR * said, LOUDEST_MURMUR)


@njit(error_model="numpy", cache=True)
def blame(short, long, guilt):  # type: ignore[no-untyped-def]
    """Share of every column in both distances."""
    total = 0.0
    for j in range(guilt.shape[0]):
        total += short[j] + long[j]
    for j in range(guilt.shape[0]):
        guilt[j] = (short[j] + long[j]) / total if total > 0.0 else 0.0


@njit(error_model="numpy", cache=True)
def row(entity, scratch, guilt):  # type: ignore[no-untyped-def]
    """Score the newest row of the ring, then learn it: surprise (NaN during warm-up) and shape.

    Parameters
    ----------
    entity : views of the state of one entity: core, ring, short centres and weights, long ones, past, law.
    scratch : a window and parts, of either length. guilt : shape (k,), to be filled.
    """
    core, ring, centres, weight, far_centres, far_weight, past, law = entity
    now, parts, far_now, far_parts = scratch
    turn = int(core[ROWS])
    newest = RING + turn % RING
    short, onset = compare(ring, SHORT[1], newest, turn + 1, (centres, weight, now, parts))
    long, _ = compare(ring, LONG[1], newest, turn + 1, (far_centres, far_weight, far_now, far_parts))
    blame(parts[0], far_parts[0], guilt)
    shape = 0.5 * (math.log10(1.0 + short / LEAST) + math.log10(1.0 + long / LEAST))
    score = exceed(math.log(short + LEAST) + math.log(onset + LEAST), core)
    surprise = math.nan
    if core[ROWS] >= WARMUP:
        surprise = speak(min(place(score, law), limit(core)), core)
    keep(score, past, law)
    core[ROWS] += 1.0
    return surprise, shape


@njit(error_model="numpy", cache=True)
def scan(values, state, surprise, shape, guilt):  # type: ignore[no-untyped-def]
    """Rows in order, entity after entity.

    Parameters
    ----------
    values : shape (rows, n, k), float64. state : arrays of leading length n: columns, and what `row` wants.
    surprise, shape : shape (rows, n), float64, to be filled; NaN where an entity has no sample at all.
    guilt : shape (rows or 1, n, k), float32, to be filled; with one row only the last is kept.
    """
    columns, core, ring, centres, weight, far_centres, far_weight, past, law = state
    width = ring.shape[2]
    now, far_now = np.zeros((SHORT[0], width), np.float32), np.zeros((LONG[0], width), np.float32)
    scratch = (now, np.zeros((2, width), np.float32), far_now, np.zeros((2, width), np.float32))
    for i in range(values.shape[1]):
        entity = (core[i], ring[i], centres[i], weight[i], far_centres[i], far_weight[i], past[i], law[i])
        for t in range(values.shape[0]):
            at = int(core[i, ROWS]) % RING
            before = ring[i, RING + (at - 1) % RING]
            here, moved = standardise(values[t, i], columns[i], before, ring[i, at])
            if here == 0:
                surprise[t, i], shape[t, i] = math.nan, math.nan
                continue
            ring[i, RING + at] = ring[i, at]
            core[i, CHANGES] += moved > 0
            surprise[t, i], shape[t, i] = row(entity, scratch, guilt[t % guilt.shape[0], i])
