"""The arithmetic of the baseline: one column of all series, in blocks that stay in the first cache.

Series are worked on `LANES` at a time in one scratch buffer whose rows stand at constant distances; that is what lets
the compiler see that nothing overlaps and use whole vector registers (about ten times faster than separate arrays,
whose overlap it would have to test). All arithmetic is single precision relative to a double-precision origin, so a
series at 1e9 that moves by 1 loses nothing. No fastmath (it breaks NaN masks) and no branches on data.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 256
FIELDS = (
    *("level", "seasonal", "mean", "trend", "scale", "gain"),
    *("edge", "excess", "ratio", "cluster", "echo", "run", "seen"),
)
# Rows of the scratch buffer: the fields of `core` first, in that order.
LEVEL, SEASONAL, MEAN, TREND, SCALE, GAIN, EDGE, EXCESS, RATIO, CLUSTER, ECHO, RUN, SEEN = (
    np.uint64(LANES * i) for i in range(13)
)
X, OK, SEASON, Z, OVER, ERR_PLAIN, ERR_SEASON, SURPRISE, EXPECTED = (np.uint64(LANES * i) for i in range(13, 22))
DIRECTION, FLOOR, FLOOR_SHARE, WARMUP = (np.uint64(LANES * i) for i in range(22, 26))
SLOW, LASTING, AROUND, LATELY = (np.uint64(LANES * i) for i in range(26, 30))
ROWS = 30

f4 = np.float32
SHARE = f4(0.02)  # of the samples lie beyond the edge of the tail
SHAPE = f4(0.15)
HALF, ONE, NIL = f4(0.5), f4(1.0), f4(0.0)
TINY, HUGE, BIG = f4(1e-9), f4(1e4), f4(3e38)
SIGMA = f4(1.2533)  # of a Gaussian, in mean absolute deviations
TRUST = f4(0.7)  # in the own shape against SHAPE
SLACK, QUARTER, MOST = f4(0.3), f4(0.25), f4(4.5)  # of what an excursion gains by lasting
BULK = f4(1.69897)  # -log10(SHARE)
LOG_2 = f4(0.30103)
SURPRISED, ALARMED = f4(3.0), f4(4.5)


@njit("f4(f4)", error_model="numpy", inline="always", cache=True)
def log10(v):  # type: ignore[no-untyped-def]
    """Of v >= 1, to 6e-6: exponent plus the artanh series of the mantissa; vectorises where `math.log` does not."""
    bits = f4(v).view(np.int32)
    exponent = np.int32(np.int32(bits >> 23) - 127)
    mantissa = np.int32(np.int32(bits & 0x7FFFFF) | 0x3F800000).view(np.float32)
    t = (mantissa - ONE) / (mantissa + ONE)
    s = t * t
    series = t * (f4(2.8853901) + s * (f4(0.96179669) + s * (f4(0.57707802) + s * f4(0.41219859))))
    return (f4(exponent) + series) * LOG_2


@njit("void(f4[::1], u8, f4[::1], u8, u8)", error_model="numpy", cache=True)
def move(to, at, source, start, m):  # type: ignore[no-untyped-def]
    for j in range(m):
        to[at + j] = source[start + j]


@njit("void(f4[::1], f8[::1], f8[::1], u8, u8)", error_model="numpy", cache=True)
def load(b, origin, x, start, m):  # type: ignore[no-untyped-def]
    """Values relative to the origin; a series' first sample becomes its origin."""
    for j in range(m):
        v, old = x[start + j], origin[start + j]
        ok = v - v == 0.0
        at = v if ok & (b[SEEN + j] == NIL) else old
        origin[start + j] = at
        b[X + j] = f4(min(max(v - at, -1e30), 1e30)) if ok else NIL
        b[OK + j] = ONE if ok else NIL
        b[AROUND + j] = f4(at)


@njit("void(f4[::1], f4, u8)", error_model="numpy", cache=True)
def score(b, day, m):  # type: ignore[no-untyped-def]
    """Errors of both predictors, the standardised error of the better one, its place in the series' own tail."""
    for j in range(m):
        plain = b[LEVEL + j] + b[TREND + j]
        seasonal = b[SEASONAL + j] + b[SEASON + j]
        x = b[X + j]
        use = (b[GAIN + j] > f4(0.01)) & (b[SEEN + j] > day)
        expected = seasonal if use else plain
        b[ERR_PLAIN + j], b[ERR_SEASON + j], b[EXPECTED + j] = x - plain, x - seasonal, expected
        share = b[FLOOR_SHARE + j] * abs(b[AROUND + j] + expected)
        scale = max(max(SIGMA * b[SCALE + j], b[FLOOR + j]), max(share, TINY))
        z = min(max((x - expected) / scale, -HUGE), HUGE)
        side = b[DIRECTION + j]
        size = max(abs(z) if side == NIL else z * side, NIL)
        first, ratio = b[EXCESS + j], b[RATIO + j]
        over = size - b[EDGE + j]
        shape = SHAPE + TRUST * (HALF * (ONE - ONE / max(ratio - ONE, f4(0.1))) - SHAPE)
        shape = min(max(shape, f4(0.02)), f4(0.4))
        width = (ONE - shape) * max(first, f4(0.12) * b[EDGE + j])
        tail = BULK + log10(ONE + shape * max(over, NIL) / width) / shape
        # A fault that stays is odder than a spike: each further column beyond the edge multiplies p by the share of
        # such columns that this series' own excursions are followed by.
        beyond = over > NIL
        echo = b[ECHO + j]
        more = max(log10(ONE / b[CLUSTER + j]) - SLACK, TINY) if echo > NIL else TINY
        echo = min(abs(echo) + more, MOST) if beyond else -QUARTER * abs(echo)
        b[SURPRISE + j] = min((tail if beyond else BULK * size / b[EDGE + j]) + abs(echo), f4(30.0))
        b[OVER + j], b[Z + j] = over, z
        b[LATELY + j] = echo


@njit("void(f4[::1], f4[::1], u8)", error_model="numpy", cache=True)
def pace(b, rates, m):  # type: ignore[no-untyped-def]
    """How fast to learn: five times less while surprised, fifty times less while alarmed; what lasts is normal."""
    adapt = rates[7]
    for j in range(m):
        ok, z, surprise, before = b[OK + j], b[Z + j], b[SURPRISE + j], b[RUN + j]
        surprised = (surprise > SURPRISED) & (b[SEEN + j] >= b[WARMUP + j])
        slow = f4(0.02) if surprise > ALARMED else f4(0.2)
        side = ONE if z > NIL else -ONE
        longer = before + side if before * side >= NIL else side
        run = longer if surprised else f4(0.9) * before
        b[RUN + j] = before + ok * (run - before)
        b[SLOW + j] = ok * (slow if surprised else ONE)
        b[LASTING + j] = ok if surprised & (abs(run) > adapt) else NIL


@njit("void(f4[::1], f4[::1], u8)", error_model="numpy", cache=True)
def learn(b, rates, m):  # type: ignore[no-untyped-def]
    """Both levels, the trend and the season of this slot."""
    a_level, a_trend, damp, a_mean, a_season, a_first = rates[0], rates[1], rates[2], rates[3], rates[4], rates[9]
    a_adapt, day = rates[8], rates[12]
    for j in range(m):
        ok, seen, slow, lasting = b[OK + j], b[SEEN + j], b[SLOW + j], b[LASTING + j]
        level, seasonal, mean, trend, season = b[LEVEL + j], b[SEASONAL + j], b[MEAN + j], b[TREND + j], b[SEASON + j]
        plain, away = b[ERR_PLAIN + j], b[X + j] - b[MEAN + j]
        warm = ONE / (seen + ONE)
        keep = max(lasting * a_adapt, slow * max(a_level, warm))
        b[LEVEL + j] = level + ok * trend + keep * plain
        moved = trend + slow * a_trend * plain - ok * damp * trend
        b[TREND + j] = moved if (lasting == NIL) & (seen >= b[WARMUP + j]) else NIL
        b[SEASONAL + j] = seasonal + keep * b[ERR_SEASON + j]
        shift = lasting * keep * b[ERR_SEASON + j]  # a new normal moves the level, not the shape of the day
        b[MEAN + j] = mean + shift + (ok - lasting) * slow * max(a_mean, warm) * away
        b[SEASON + j] = season + slow * (a_season if seen > day else a_first) * (away - season)


@njit("void(f4[::1], f4[::1], u8)", error_model="numpy", cache=True)
def learn_scale(b, rates, m):  # type: ignore[no-untyped-def]
    """The usual size of an error, and how much better than the plain predictor the seasonal one is."""
    a_scale, a_gain, day = rates[5], rates[6], rates[12]
    for j in range(m):
        ok, seen, slow, scale, gain = b[OK + j], b[SEEN + j], b[SLOW + j], b[SCALE + j], b[GAIN + j]
        better = (abs(b[ERR_PLAIN + j]) - abs(b[ERR_SEASON + j])) / max(scale, TINY)
        weight = a_gain if seen > day else NIL
        b[GAIN + j] = gain + slow * weight * (min(max(better, f4(-4.0)), f4(4.0)) - gain)
        error = abs(b[X + j] - b[EXPECTED + j])
        bound = f4(6.0) * scale if seen > f4(20.0) else BIG
        error = min(error, bound if scale > NIL else BIG)
        b[SCALE + j] = scale + max(slow, f4(0.2) * ok) * max(a_scale, ONE / (seen + ONE)) * (error - scale)


@njit("void(f4[::1], f4[::1], u8)", error_model="numpy", cache=True)
def learn_tail(b, rates, m):  # type: ignore[no-untyped-def]
    """The edge beyond which 2 % lie, and mean and mean square of what lies beyond it; hardly at all while alarmed."""
    a_edge, a_excess = rates[10], rates[11]
    for j in range(m):
        ok, seen, over, edge = b[OK + j], b[SEEN + j], b[OVER + j], b[EDGE + j]
        # A lone spike belongs to the tail; a third in a row is a fault and does not.
        weight = (ok if seen > f4(30.0) else NIL) * (f4(0.05) if abs(b[RUN + j]) > f4(2.5) else ONE)
        beyond = ONE if over > NIL else NIL
        first, ratio, cluster = b[EXCESS + j], b[RATIO + j], b[CLUSTER + j]
        excess = min(over, f4(8.0) * first)
        rate = weight * beyond * max(a_excess, ONE / (f4(30.0) + SHARE * seen))
        b[EXCESS + j] = first + rate * (excess - first)
        square = excess * excess / max(first * first, TINY)
        b[RATIO + j] = ratio + rate * (square - ratio)
        lone = ok if (seen > f4(30.0)) & (abs(b[RUN + j]) < f4(40.0)) else NIL
        again = lone * max(a_excess, ONE / (f4(10.0) + SHARE * seen)) if b[ECHO + j] > NIL else NIL
        b[CLUSTER + j] = min(max(cluster + again * (beyond - cluster), f4(0.01)), f4(0.95))
        b[ECHO + j] = b[LATELY + j] if ok > NIL else b[ECHO + j]
        b[EDGE + j] = max(edge * (ONE + weight * a_edge * (beyond - SHARE)), f4(1.5))
        b[SEEN + j] = min(seen + ok, f4(1e7))


@njit("void(f4[::1], f8[::1], f8[::1], f8[::1], u8, u8)", error_model="numpy", cache=True)
def tell(b, origin, surprise, expected, start, m):  # type: ignore[no-untyped-def]
    """No score where there was no sample or too few."""
    for j in range(m):
        scored = (b[OK + j] > NIL) & (b[SEEN + j] > b[WARMUP + j])
        surprise[start + j] = b[SURPRISE + j] if scored else np.nan
    for j in range(m):
        known = b[SEEN + j] > b[OK + j]
        expected[start + j] = origin[start + j] + b[EXPECTED + j] if known else np.nan


STEP = "void(Tuple((f8[::1], f8[::1], f4[:, ::1], f4[::1])), UniTuple(f4[::1], 4), f4[::1], UniTuple(f8[::1], 2))"


@njit(STEP, error_model="numpy", cache=True)
def step(series, limits, rates, out):  # type: ignore[no-untyped-def]
    """One column.

    Parameters
    ----------
    series : x and origin, shape (n,); core, shape (13, n), `FIELDS`; season, shape (n,), the slot of this column.
    limits : direction, floor, floor_share and warmup, shape (n,).
    rates : see `Baseline`.
    out : surprise and expected, shape (n,), to be filled.
    """
    x, origin, core, season = series
    b = np.zeros(ROWS * LANES, np.float32)
    for start in range(0, x.shape[0], LANES):
        m = min(LANES, x.shape[0] - start)
        for f in range(len(FIELDS)):
            move(b, f * LANES, core[f], start, m)
        for f in range(4):
            move(b, DIRECTION + np.uint64(f * LANES), limits[f], start, m)
        move(b, SEASON, season, start, m)
        load(b, origin, x, start, m)
        score(b, rates[12], m)
        pace(b, rates, m)
        learn(b, rates, m)
        learn_scale(b, rates, m)
        learn_tail(b, rates, m)
        tell(b, origin, out[0], out[1], start, m)
        for f in range(len(FIELDS)):
            move(core[f], start, b, f * LANES, m)
        move(season, start, b, SEASON, m)
