"""One row of one entity through the joint detector, and many rows of many entities.

Three distances are taken: of the last few rows, relative to the time of day, from the windows this entity usually
shows; of a longer stretch, as it is; and of the newest row from what the columns usually do together. The geometric
mean of all three, held while it fades, is the shape: what lasts is odd in all of them. For the alarm the short window
counts once as a whole and once by its newest row, for onsets; how far that exceeds its own usual becomes a tail
probability by the entity's past, limited by how much evidence there is.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from detectors import calibrate
from detectors import joint_column_kernel as column
from detectors import joint_covariance_kernel as covariance
from detectors import joint_window_kernel as window
from detectors.protocol import CAP

SHORT, LONG = (5, 1), (10, 3)
"""Blocks of a window, and rows of a block."""
FIELDS = ("rows", "usual", "spread", "changes", "echo", "held")
"""Of a row of `core`: rows seen; usual distance, how much it varies; rows that moved; last emission, shape, fading."""
ROWS, USUAL, SPREAD, CHANGES, ECHO, HELD = range(6)
SEEDED, WARMUP = 100.0, 300.0
"""Rows until the short windows are known, and until the first surprise."""
LEAST = 1.0
"""Squared deviation, summed over columns, below which a row is as usual as any: one column by one sigma."""
NEWEST = 1.0 - 0.5 ** (1.0 / 20_000.0)
SIGMA = 1.2533  # of a Gaussian, in mean absolute deviations
WINSOR = 4.0
NARROWEST = 0.1
PER_CHANGE = 1.0 / 20.0
FADE = 0.5 ** (1.0 / 50.0)
MURMUR, LOUDEST_MURMUR = 0.3, 2.0

standardise = column.standardise
gather, nearest, ending, study = window.gather, window.nearest, window.ending, window.learn
mahalanobis, attribute, observe = covariance.distance, covariance.attribute, covariance.learn
place, keep = calibrate.place, calibrate.learn


@njit(error_model="numpy", cache=True)
def compare(turn, stride, learnt, scratch):  # type: ignore[no-untyped-def]
    """Distance of the window that ends now to the nearest learnt one, and of its newest block; then learn it.

    Parameters
    ----------
    turn : number of the row.
    learnt : ring of rows, twice over; centres; their weights.
    scratch : the window to be filled; parts (the distance by column in its first row).
    """
    ring, centres, weight = learnt
    now, parts = scratch
    span = now.shape[0] * stride
    if turn + 1 < span:
        parts[0] = 0.0
        return 0.0, 0.0
    gather(ring, span + turn % span, stride, now)
    known = 0
    while known < weight.shape[0] and weight[known] > 0.0:
        known += 1
    best, distance = nearest(now, centres, known, parts)
    last = ending(now, centres[best]) if best >= 0 else 0.0
    if known < weight.shape[0] and (turn + 1) % span == 0:
        study(now, -1, centres, weight)
    elif best >= 0:
        study(now, best, centres, weight)
    return distance, last


@njit(error_model="numpy", cache=True)
def exceed(distance, core):  # type: ignore[no-untyped-def]
    """How far a distance is above its usual, in units of its spread, at least 0; then learn it."""
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
def hold(distances, ways, core):  # type: ignore[no-untyped-def]
    """Logarithm of the geometric mean of the distances; what exceeded it of late fades only slowly."""
    mean = 0.0
    for one in range(3):
        mean += ways[one] * math.log10(1.0 + distances[one] / LEAST)
    core[HELD] = max(ways[3] * core[HELD], mean)
    return core[HELD]


@njit(error_model="numpy", cache=True)
def blame(parts, ways, guilt):  # type: ignore[no-untyped-def]
    """Share of every column in all distances."""
    short, long, together = parts
    total = 0.0
    for j in range(guilt.shape[0]):
        total += ways[0] * short[j] + ways[1] * long[j] + ways[2] * together[j]
    for j in range(guilt.shape[0]):
        part = ways[0] * short[j] + ways[1] * long[j] + ways[2] * together[j]
        guilt[j] = part / total if total > 0.0 else 0.0


@njit(error_model="numpy", cache=True)
def row(now, entity, scratch, ways, guilt):  # type: ignore[no-untyped-def]
    """Score the newest row of the rings, then learn it: surprise (NaN during warm-up) and shape.

    Parameters
    ----------
    now : shape (k,), float32, its deviations from the usual of the time of day.
    entity : views of the state of one entity: core, short window, long window, covariance, its factor, past, law.
    scratch : windows and parts to be filled. guilt : shape (k,) or empty, to be filled.
    ways : weights of the three distances, their sum 1; what is left of a shape after a row.
    """
    core, near, far, together, factor, past, law = entity
    near_scratch, far_scratch, whitened = scratch
    turn = int(core[ROWS])
    short, onset = compare(turn, SHORT[1], near, near_scratch)
    long, _ = compare(turn, LONG[1], far, far_scratch)
    apart = mahalanobis(now, factor, whitened)
    if guilt.shape[0] > 0:
        attribute(now, factor, whitened)
        blame((near_scratch[1][0], far_scratch[1][0], whitened), ways, guilt)
    observe(now, together, factor, core[ROWS])
    shape = hold((short, long, apart), ways, core)
    score = exceed(math.sqrt(short) + math.sqrt(onset), core)
    surprise = math.nan
    if core[ROWS] >= WARMUP:
        surprise = speak(min(place(score, law), limit(core)), core)
    keep(score, past, law)
    core[ROWS] += 1.0
    return surprise, shape


@njit(error_model="numpy", cache=True)
def scan(values, clocks, state, ways, out):  # type: ignore[no-untyped-def]
    """Rows in order, entity after entity.

    Parameters
    ----------
    values : shape (rows, n, k), float64.
    clocks : rows a day and rows a slot of it; slot of each row, and its number in the slot, shape (rows,), int64.
    state : arrays of leading length n: columns, season, and what `row` wants. ways : as there.
    out : surprise and shape, shape (rows, n), float64; guilt, shape (rows, n, k), float32, or (rows, n, 0) if nobody
        asks. To be filled; NaN where an entity has no sample at all.
    """
    columns, season, core, ring, centres, weight, far_ring, far_centres, far_weight, together, factor, past, law = state
    surprise, shape, guilt = out
    day, per_slot, slots, within = clocks
    width, k, near_span, far_span = ring.shape[2], values.shape[2], SHORT[0] * SHORT[1], LONG[0] * LONG[1]
    near_scratch = (np.zeros((SHORT[0], width), np.float32), np.zeros((2, width), np.float32))
    far_scratch = (np.zeros((LONG[0], width), np.float32), np.zeros((2, width), np.float32))
    scratch = (near_scratch, far_scratch, np.zeros(k))
    for i in range(values.shape[1]):
        near, far = (ring[i], centres[i], weight[i]), (far_ring[i], far_centres[i], far_weight[i])
        entity = (core[i], near, far, together[i], factor[i], past[i], law[i])
        for t in range(values.shape[0]):
            turn = int(core[i, ROWS])
            at, far_at = turn % near_span, turn % far_span
            before, far_before = (
                ring[i, near_span + (turn - 1) % near_span],
                far_ring[i, far_span + (turn - 1) % far_span],
            )
            deviations = (far_before, far_ring[i, far_at], before, ring[i, at])
            clock = (day, per_slot, np.float64(within[t]))
            here, moved = standardise(values[t, i], columns[i], season[i, slots[t]], clock, deviations)
            if here == 0:
                surprise[t, i], shape[t, i] = math.nan, math.nan
                continue
            ring[i, near_span + at], far_ring[i, far_span + far_at] = ring[i, at], far_ring[i, far_at]
            core[i, CHANGES] += moved > 0
            surprise[t, i], shape[t, i] = row(ring[i, at, :k], entity, scratch, ways, guilt[t, i])
