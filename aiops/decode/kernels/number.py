"""Decimal text to float64, correctly rounded, or "not mine".

Clinger's exact path for short numbers, Eisel-Lemire for those of up to 19 digits; longer ones, and the few
Eisel-Lemire leaves open, go to the slow path.

References
----------
Lemire (2021), Number parsing at a gigabyte per second, Software: Practice and Experience 51:1700.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.decode.kernels.load import Base, Int, byte, leading_zeros, mul, real

LOWEST, HIGHEST = -342, 308
EXACT = np.array([10.0**i for i in range(23)])


def _powers() -> npt.NDArray[np.uint64]:
    """Return 10^LOWEST .. 10^HIGHEST as 128-bit mantissas, rounded down: shape (n, 2), (high, low)."""
    rows = []
    for power in range(LOWEST, HIGHEST + 1):
        exact = 10**power if power >= 0 else (1 << (128 + 4 * -power)) // 10**-power
        shift = exact.bit_length() - 128
        mantissa = exact >> shift if shift >= 0 else exact << -shift
        rows.append((mantissa >> 64, mantissa & (2**64 - 1)))
    return np.array(rows, np.uint64)


POWERS = _powers()


@njit(cache=True)
def scale(mantissa: np.uint64, power: int) -> tuple[bool, float]:
    """Return (True, mantissa * 10^power rounded to nearest even), or (False, 0) when it cannot be told here."""
    if mantissa == np.uint64(0):
        return True, 0.0
    if mantissa < np.uint64(1 << 53) and -22 <= power <= 22:
        exact = np.float64(mantissa)
        return True, exact / EXACT[-power] if power < 0 else exact * EXACT[power]
    if power < LOWEST or power > HIGHEST:
        return False, 0.0
    return _eisel_lemire(mantissa, power)


@njit(cache=True)
def _eisel_lemire(mantissa: np.uint64, power: int) -> tuple[bool, float]:
    one, low_bits = np.uint64(1), np.uint64(0x1FF)
    zeros = leading_zeros(mantissa)
    mantissa <<= np.uint64(zeros)
    exponent = ((217706 * power) >> 16) + 64 + 1023 - zeros
    high, low = mul(mantissa, POWERS[power - LOWEST, 0])
    if high & low_bits == low_bits and low + mantissa < mantissa:
        further, rest = mul(mantissa, POWERS[power - LOWEST, 1])
        merged = low + further
        if merged < low:
            high += one
        if high & low_bits == low_bits and merged + one == np.uint64(0) and rest + mantissa < mantissa:
            return False, 0.0
        low = merged
    top = high >> np.uint64(63)
    result = high >> (top + np.uint64(9))
    exponent -= np.int64(one ^ top)
    if low == np.uint64(0) and high & low_bits == np.uint64(0) and result & np.uint64(3) == one:
        return False, 0.0
    result = (result + (result & one)) >> one
    if result >> np.uint64(53) > np.uint64(0):
        result >>= one
        exponent += 1
    if exponent < 1 or exponent >= 0x7FF:
        return False, 0.0
    bits = (np.uint64(exponent) << np.uint64(52)) | (result & np.uint64(0x000FFFFFFFFFFFFF))
    return True, real(bits)


@njit(cache=True, forceinline=True)
def digit(buffer: Base, at: int, stop: int) -> Int:
    """Return the digit at `at`, or a number above 9."""
    return np.int64(byte(buffer, at) - np.uint8(48)) & 255 if at < stop else 255


@njit(cache=True)
def number(buffer: Base, at: int, stop: int) -> tuple[int, float]:
    """Read a JSON number at `at`.

    Returns
    -------
    (position after it, value); position -1 = no number, or none this kernel can settle.
    """
    negative = at < stop and byte(buffer, at) == 45
    if negative:
        at += 1
    mantissa, begin, first = np.uint64(0), at, at
    found = digit(buffer, at, stop)
    if found > 9 or (found == 0 and digit(buffer, at + 1, stop) <= 9):
        return -1, 0.0
    while found <= 9:
        mantissa = mantissa * np.uint64(10) + np.uint64(found)
        at += 1
        found = digit(buffer, at, stop)
    digits, power = at - begin, 0
    if at < stop and byte(buffer, at) == 46:
        at += 1
        begin = at
        found = digit(buffer, at, stop)
        while found <= 9:
            mantissa = mantissa * np.uint64(10) + np.uint64(found)
            at += 1
            found = digit(buffer, at, stop)
        if at == begin:
            return -1, 0.0
        power = begin - at
        digits -= power
    if digits > 19 and digits - _zeros(buffer, first, at) > 19:
        return -1, 0.0
    if at < stop and byte(buffer, at) | 32 == 101:
        at, more = _exponent(buffer, at + 1, stop)
        if at < 0:
            return -1, 0.0
        power += more
    fine, value = scale(mantissa, power)
    return (at if fine else -1), (-value if negative else value)


@njit(cache=True)
def _zeros(buffer: Base, at: int, stop: int) -> int:
    """Count the zeros before the first digit that signifies."""
    zeros = 0
    while at < stop and (byte(buffer, at) == 48 or byte(buffer, at) == 46):
        zeros += 1 if byte(buffer, at) == 48 else 0
        at += 1
    return zeros


@njit(cache=True)
def _exponent(buffer: Base, at: int, stop: int) -> tuple[int, int]:
    negative = at < stop and byte(buffer, at) == 45
    if at < stop and (byte(buffer, at) == 45 or byte(buffer, at) == 43):
        at += 1
    begin, power = at, 0
    found = digit(buffer, at, stop)
    while found <= 9 and at - begin < 4:
        power = power * 10 + found
        at += 1
        found = digit(buffer, at, stop)
    if at == begin or found <= 9:
        return -1, 0
    return at, -power if negative else power
