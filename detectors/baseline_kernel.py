"""The arithmetic of the baseline: one column of all series, in blocks that stay in a core's own caches.

Of a hundred values about two lie in their series' tail. So a block of `LANES` series is gone through three times: a
dense pass predicts, scores the common case and marks who lies beyond the edge of its tail; a sparse one scores those
few, learns their tails and keeps aside what little they shall learn; a dense one learns the rest, and those few are put
right. The dense passes have no branch and no scratch memory, so that the compiler can prove that nothing overlaps and
use whole vector registers; what only the sparse pass needs lies together, one cache line a series. All arithmetic is
single precision relative to a double-precision origin, so a series at 1e9 that moves by 1 loses nothing. No fastmath:
it breaks NaN masks.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

LANES = 4096
FIELDS = ("level", "seasonal", "mean", "trend", "scale", "gain", "inside", "seen")
"""Rows of `core`; `inside` is 1 / edge of the tail, in sigma."""
LEVEL, SEASONAL, MEAN, TREND, SCALE, GAIN, INSIDE, SEEN = range(8)
TAIL = ("excess", "ratio", "cluster", "echo", "run", "last", "former", "left")
"""Columns of `tail`: mean excess over the edge; mean square over squared mean of it; share of excursions that go on;
what the present one has gained by lasting; columns it has been surprising on one side; `seen` when last beyond; the
level before the last new normal, and `seen` when it was left."""
EXCESS, RATIO, CLUSTER, ECHO, RUN, LAST, FORMER, LEFT = range(8)
RATES = (
    *("level", "trend", "damp", "mean", "season", "scale", "gain", "adapt_steps"),
    *("adapt", "first", "edge", "excess", "day"),
)

f4 = np.float32
SHARE = 0.02  # of the samples lie beyond the edge of the tail
BULK = f4(-math.log10(SHARE))
SHAPE, TRUST = 0.15, 0.7  # of the tail when nothing is known, and in the own shape
SLACK, QUARTER, MOST = 0.3, 0.25, 4.5  # of what an excursion gains by lasting
ONE, NIL, FIFTH, FOUR, SIX, FEW, MANY = f4(1.0), f4(0.0), f4(0.2), f4(4.0), f4(6.0), f4(30.0), f4(1e7)
WORTH = f4(0.01)  # sigma by which the season must predict better
ABSURD = f4(1e3)  # sigma: nothing is learnt from what is beyond
TINY, FADED, HUGE, BIG, FAR = f4(1e-9), f4(1e-20), f4(1e4), f4(3e38), f4(1e30)
MISSING = f4(np.nan)
SIGMA = f4(1.2533)  # of a Gaussian, in mean absolute deviations
NARROWEST = f4(1.0 / 1.5)
SURPRISED, ALARMED, CAP = 3.0, 4.5, 30.0
WARY = 0.02  # of the usual is learnt while alarmed
REMEMBERED = 12.0  # times `adapt_steps`, for which a level that was left is still known


@njit(error_model="numpy", inline="always")
def relative(value, origin):  # type: ignore[no-untyped-def]
    """The value as the state holds it; NaN for what is no number."""
    v = value - origin
    return min(max(f4(v), -FAR), FAR) if v - v == 0.0 else MISSING


@njit(error_model="numpy", inline="always")
def predictions(series, day):  # type: ignore[no-untyped-def]
    """Of the plain predictor, of the seasonal one, and the one to believe."""
    level, seasonal, trend, gain, seen, season = series
    plain, other = level + trend, seasonal + season
    return plain, other, (other if (gain > WORTH) & (seen > day) else plain)


@njit(error_model="numpy", inline="always")
def unit(scale, floor, floor_share, around):  # type: ignore[no-untyped-def]
    """What counts as one sigma."""
    return max(max(SIGMA * scale, floor), max(floor_share * abs(around), TINY))


@njit(error_model="numpy", inline="always")
def levels(series, error, how, rates):  # type: ignore[no-untyped-def]
    """Level, level without season, trend; middle of the day and this slot's distance from it."""
    level, seasonal, trend, mean, season, seen = series
    x, plain, other = error
    ok, slow, lasting = how
    a_level, a_trend, damp, a_mean, a_season, a_adapt, a_first, day = rates
    warm = ONE / (seen + ONE)
    keep = a_adapt if lasting else slow * max(a_level, warm)
    moved = trend + slow * a_trend * plain - ok * damp * trend
    # A trend of next to nothing is none: it would end in denormal numbers, which cost a hundred times as much.
    moved = moved if (not lasting) & (seen > FEW) & (abs(moved) > FADED) else NIL
    away = x - mean
    # A new normal moves the level, not the shape of the day.
    middle = mean + (keep * other if lasting else slow * max(a_mean, warm) * away)
    bent = season + slow * (a_season if seen > day else a_first) * (away - season)
    return level + ok * trend + keep * plain, seasonal + keep * other, moved, middle, bent


@njit(error_model="numpy", inline="always")
def sizes(series, error, how, rates):  # type: ignore[no-untyped-def]
    """The usual size of an error, how much better the seasonal predictor is, where the tail begins, samples seen."""
    scale, gain, inside, seen = series
    plain, other, used, sigmas = error
    ok, slow, growth = how
    a_scale, a_gain, day = rates
    better = min(max((abs(plain) - abs(other)) * sigmas, -FOUR), FOUR)
    gain = gain + (a_gain * slow if seen > day else NIL) * (better - gain)
    bound = SIX * scale if (seen > FEW) & (scale > NIL) else BIG
    rate = max(slow, FIFTH * ok) * max(a_scale, ONE / (seen + ONE))
    wider = scale + rate * (min(abs(used), bound) - scale)
    return (wider if wider > FADED else NIL), gain, min(inside * growth, NARROWEST), min(seen + ok, MANY)


SERIES = "Tuple((f8[::1], f8[::1], f4[:, ::1], f4[::1], f4[:, ::1]))"
LIMITS, OUT = "UniTuple(f4[::1], 4)", "UniTuple(f8[::1], 2)"


@njit(f"void({SERIES}, i8, i8)", error_model="numpy", cache=True)
def adopt(series, start, m):  # type: ignore[no-untyped-def]
    """A series' first sample becomes its origin."""
    x, origin, core = series[0][start : start + m], series[1][start : start + m], series[2]
    seen = core[SEEN, start : start + m]
    fresh = 0
    for i in range(m):
        fresh += 1 if seen[i] == NIL else 0
    if fresh > 0:
        for i in range(m):
            if seen[i] == NIL and math.isfinite(x[i]):
                origin[i] = x[i]


@njit(f"void({SERIES}, f4[:, ::1], i8, i8)", error_model="numpy", cache=True)
def arrive(series, b, start, m):  # type: ignore[no-untyped-def]
    """The column relative to its origins, NaN where there is no sample."""
    x, origin = series[0][start : start + m], series[1][start : start + m]
    value, around = b[0], b[1]
    for j in range(np.uint64(m)):
        value[j], around[j] = relative(x[j], origin[j]), f4(origin[j])


@njit(f"void({SERIES}, {LIMITS}, f4[:, ::1], u1[::1], f4, i8, i8)", error_model="numpy", cache=True)
def place(series, limits, b, beyond, day, start, m):  # type: ignore[no-untyped-def]
    """How large each error is on the side that counts, in edges of the series' tail, and who is beyond the edge."""
    stop = start + m
    core, season = series[2], series[3][start:stop]
    level, seasonal, trend = core[LEVEL, start:stop], core[SEASONAL, start:stop], core[TREND, start:stop]
    scale, gain, inside = core[SCALE, start:stop], core[GAIN, start:stop], core[INSIDE, start:stop]
    seen = core[SEEN, start:stop]
    direction, floor, floor_share = limits[0][start:stop], limits[1][start:stop], limits[2][start:stop]
    value, around, sizes, expected, per_sigma = b[0], b[1], b[2], b[3], b[4]
    for j in range(np.uint64(m)):
        _, _, known = predictions((level[j], seasonal[j], trend[j], gain[j], seen[j], season[j]), day)
        one = ONE / unit(scale[j], floor[j], floor_share[j], around[j] + known)
        z = (value[j] - known) * one
        side = direction[j]
        size = max(abs(z) if side == NIL else z * side, NIL) * inside[j]
        sizes[j], expected[j], per_sigma[j], beyond[j] = size, known, one, size > ONE


@njit(f"void({SERIES}, {LIMITS}, {OUT}, f4[:, ::1], i8, i8)", error_model="numpy", cache=True)
def tell(series, limits, out, b, start, m):  # type: ignore[no-untyped-def]
    """Surprise inside the edge and expected value. No score where there was no sample or too few."""
    stop = start + m
    origin, seen, warmup = series[1][start:stop], series[2][SEEN, start:stop], limits[3][start:stop]
    surprise, expected = out[0][start:stop], out[1][start:stop]
    value, size, known = b[0], b[2], b[3]
    for j in range(np.uint64(m)):
        here = value[j] == value[j]
        surprise[j] = BULK * size[j] if here & (seen[j] >= warmup[j]) else np.nan
        expected[j] = origin[j] + known[j] if here & (seen[j] > NIL) else np.nan


@njit("i8(u1[::1], u8[::1], i8[::1])", error_model="numpy", cache=True)
def gather(beyond, eight, chosen):  # type: ignore[no-untyped-def]
    """Which lanes are beyond, eight at a time, without a branch per lane: one in fifty cannot be predicted."""
    k = 0
    for word in range(LANES // 8):
        if eight[word] != 0:
            for j in range(8 * word, 8 * word + 8):
                chosen[min(k, LANES - 1)] = j
                k += beyond[j]
    return k


@njit("f8(f8, f8)", error_model="numpy", cache=True)
def faded(share, gap):  # type: ignore[no-untyped-def]
    """What is left after `gap - 1` quiet columns of something that keeps `share` a column; nothing after ten."""
    left = 1.0 if gap <= 10.0 else 0.0
    while gap > 1.0 and left > 0.0:
        left, gap = left * share, gap - 1.0
    return left


@njit("f8(f4[::1], f8, f8, f8, f8)", error_model="numpy", cache=True)
def beyond_edge(tail, size, edge, seen, rate):  # type: ignore[no-untyped-def]
    """Surprise of one value beyond the edge of its series' tail; learns how its excursions go on.

    `size` is in edges. Each further column beyond the edge multiplies p by the share of such columns that this
    series' own excursions are followed by: a fault that stays is odder than a spike.
    """
    gap = seen - tail[LAST]
    often = max(rate, 1.0 / (10.0 + SHARE * seen)) if seen > FEW and abs(tail[RUN]) < 40.0 else 0.0
    tail[CLUSTER] += often * ((1.0 if gap == 1.0 else 0.0) - tail[CLUSTER])
    tail[CLUSTER] = min(max(tail[CLUSTER], 0.01), 0.95)
    echo = tail[ECHO] * faded(QUARTER, gap)
    if gap == 1.0:
        echo = min(echo + max(-math.log10(tail[CLUSTER]) - SLACK, 0.0), MOST)
    own = 0.5 * (1.0 - 1.0 / max(tail[RATIO] - 1.0, 0.1))
    shape = min(max(SHAPE + TRUST * (own - SHAPE), 0.02), 0.4)
    width = (1.0 - shape) * max(tail[EXCESS], 0.12 * edge)
    tail[ECHO] = echo
    return min(BULK + math.log10(1.0 + shape * (size - 1.0) * edge / width) / shape + echo, CAP)


@njit("f8(f4[::1], f8, f8, f8, UniTuple(f4, 13))", error_model="numpy", cache=True)
def learn_tail(tail, excess, run, seen, rates):  # type: ignore[no-untyped-def]
    """Mean and relative mean square of what lies beyond the edge; returns by what `inside` grows."""
    if seen <= FEW:
        return 1.0
    # A lone spike belongs to the tail; a third in a row is a fault and does not.
    weight = 0.05 if abs(run) > 1.5 else 1.0
    mean = tail[EXCESS]
    excess = min(excess, 8.0 * mean)
    often = weight * max(rates[11], 1.0 / (30.0 + SHARE * seen))
    tail[EXCESS] = mean + often * (excess - mean)
    tail[RATIO] += often * ((excess / max(mean, 1e-9)) ** 2 - tail[RATIO])
    return 1.0 / (1.0 + weight * rates[10] * (1.0 - SHARE))


@njit("b1(f4[::1], f8, f8, f8, f8, UniTuple(f8, 2))", error_model="numpy", cache=True)
def relearns(tail, level, off, error, seen, few):  # type: ignore[no-untyped-def]
    """Whether the level is to be learnt anew: what stays is the new normal, and what was normal of late is so at once.

    `level` is the one without season and trend, `off` how far the value less its season is from it.
    """
    adapt_steps, rate = few
    lasting = abs(tail[RUN]) > adapt_steps
    if lasting and abs(tail[RUN]) <= adapt_steps + 1.0:
        # However little was learnt all the while, it has drawn the level some way.
        tail[FORMER], tail[LEFT] = level - off * ((1.0 - WARY * rate) ** -adapt_steps - 1.0), seen
    if not lasting and seen - tail[LEFT] < REMEMBERED * adapt_steps:
        lasting = abs(level + off - tail[FORMER]) < 0.2 * abs(error)
    return lasting


@njit(f"void({SERIES}, {LIMITS}, {OUT}, UniTuple(f4, 13), f4[::1], i8)", error_model="numpy", cache=True)
def excursion(series, limits, out, rates, aside, i):  # type: ignore[no-untyped-def]
    """One series beyond its edge: score it, learn its tail, and put aside (9,) what else it shall be.

    Five times less is learnt while surprised, fifty times less while alarmed; what stays on one side becomes normal.
    """
    core, season, tail = series[2], series[3][i], series[4][i]
    v, ok = relative(series[0][i], series[1][i]), ONE
    level, seasonal, mean, trend = core[LEVEL, i], core[SEASONAL, i], core[MEAN, i], core[TREND, i]
    scale, gain, inside, seen = core[SCALE, i], core[GAIN, i], core[INSIDE, i], core[SEEN, i]
    plain, other, known = predictions((level, seasonal, trend, gain, seen, season), rates[12])
    plain, other, error = v - plain, v - other, v - known
    sigmas = ONE / unit(scale, limits[1][i], limits[2][i], f4(series[1][i]) + known)
    z = min(max(error * sigmas, -HUGE), HUGE)
    edge, count = 1.0 / inside, np.float64(seen)
    size = max(abs(z) * np.float64(inside), 1.0)
    surprise = beyond_edge(tail, size, edge, count, rates[11])
    told = seen >= limits[3][i]
    run, slow, lasting = tail[RUN] * faded(0.9, count - tail[LAST]), ONE, False
    if told and surprise > SURPRISED:
        side = 1.0 if z > NIL else -1.0
        run = run + side if run * side >= 0.0 else side
        slow = f4(WARY) if surprise > ALARMED else FIFTH
        tail[RUN] = run
        lasting = relearns(tail, seasonal, other, error, count, (np.float64(rates[7]), np.float64(rates[0])))
    else:
        run *= 0.9
    growth = f4(learn_tail(tail, (size - 1.0) * edge, run, count, rates))
    if seen > FEW and not lasting:
        # One absurd value (an unsigned counter that underflowed) must not draw the level to itself.
        bounded = min(max(error, -ABSURD / sigmas), ABSURD / sigmas)
        v, plain, other, error = v + bounded - error, plain + bounded - error, other + bounded - error, bounded
    tail[RUN], tail[LAST] = run, seen
    out[0][i] = surprise if told else np.nan
    few = (rates[0], rates[1], rates[2], rates[3], rates[4], rates[8], rates[9], rates[12])
    aside[0], aside[1], aside[2], aside[3], aside[4] = levels(
        (level, seasonal, trend, mean, season, seen), (v, plain, other), (ok, slow, lasting), few
    )
    if slow == f4(WARY) and not lasting:
        # A trend adds up: it would carry the level to a fault several times as fast as what is learnt of the level.
        aside[2] = (ONE - rates[2]) * trend
    aside[5], aside[6], aside[7], aside[8] = sizes(
        (scale, gain, inside, seen), (plain, other, error, sigmas), (ok, slow, growth), (rates[5], rates[6], rates[12])
    )


@njit(f"void({SERIES}, f4[:, ::1], UniTuple(f4, 13), i8, i8)", error_model="numpy", cache=True)
def learn(series, b, rates, start, m):  # type: ignore[no-untyped-def]
    """Everybody, as if nobody were beyond the edge."""
    stop = start + m
    core, season = series[2], series[3][start:stop]
    level, seasonal, mean = core[LEVEL, start:stop], core[SEASONAL, start:stop], core[MEAN, start:stop]
    trend, scale, gain = core[TREND, start:stop], core[SCALE, start:stop], core[GAIN, start:stop]
    inside, seen, value, per_sigma = core[INSIDE, start:stop], core[SEEN, start:stop], b[0], b[4]
    few = (rates[0], rates[1], rates[2], rates[3], rates[4], rates[8], rates[9], rates[12])
    three = (rates[5], rates[6], rates[12])
    grow = ONE / (ONE - rates[10] * f4(SHARE))
    for j in range(np.uint64(m)):
        ok = ONE if value[j] == value[j] else NIL
        v = value[j] if ok > NIL else level[j]
        now = (level[j], seasonal[j], trend[j], gain[j], seen[j], season[j])
        plain, other, known = predictions(now, three[2])
        plain, other = v - plain, v - other
        before = (level[j], seasonal[j], trend[j], mean[j], season[j], seen[j])
        new = levels(before, (v, plain, other), (ok, ok, False), few)
        growth = grow if (ok > NIL) & (seen[j] > FEW) else ONE
        size = sizes(
            (scale[j], gain[j], inside[j], seen[j]), (plain, other, v - known, per_sigma[j]), (ok, ok, growth), three
        )
        level[j], seasonal[j], trend[j], mean[j], season[j] = new
        scale[j], gain[j], inside[j], seen[j] = size


@njit(f"void({SERIES}, {LIMITS}, f4[::1], {OUT})", error_model="numpy", cache=True)
def step(series, limits, rates, out):  # type: ignore[no-untyped-def]
    """One column.

    Parameters
    ----------
    series : x and origin, shape (n,); core, shape (8, n), `FIELDS`; season, shape (n,), the slot of this column; tail,
        shape (n, 8), `TAIL`.
    limits : direction, floor, floor_share and warmup, shape (n,).
    rates : shape (13,), `RATES`.
    out : surprise and expected, shape (n,), to be filled.
    """
    x, core, season, tail = series[0], series[2], series[3], series[4]
    r = rates
    pace = (r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12])
    beyond, chosen = np.zeros(LANES, np.uint8), np.zeros(LANES, np.int64)
    b = np.zeros((5, LANES), np.float32)
    eight, aside = beyond.view(np.uint64), np.zeros((LANES, 9), np.float32)
    for start in range(0, x.shape[0], LANES):
        m = min(LANES, x.shape[0] - start)
        adopt(series, start, m)
        beyond[m:] = 0
        arrive(series, b, start, m)
        place(series, limits, b, beyond, r[12], start, m)
        tell(series, limits, out, b, start, m)
        few = gather(beyond, eight, chosen)
        # Touched one after the other first: tails lie far apart, and what the memory takes to find each overlaps.
        for k in range(few):
            aside[k, 0] = tail[start + chosen[k], LAST]
        for k in range(few):
            excursion(series, limits, out, pace, aside[k], start + chosen[k])
        learn(series, b, pace, start, m)
        for k in range(few):
            i = start + chosen[k]
            core[LEVEL, i], core[SEASONAL, i], core[TREND, i] = aside[k, 0], aside[k, 1], aside[k, 2]
            core[MEAN, i], season[i] = aside[k, 3], aside[k, 4]
            core[SCALE, i], core[GAIN, i], core[INSIDE, i] = aside[k, 5], aside[k, 6], aside[k, 7]
            core[SEEN, i] = aside[k, 8]
