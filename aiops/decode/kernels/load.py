"""Reading memory and mixing it: the primitives of all kernels.

`byte` and `word` read from what `base` makes of a buffer and do not check: their callers have compared the
position with the bound already. Under `NUMBA_BOUNDSCHECK=1` (a fuzz test runs so) both are checked loads, and
a missing comparison raises.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic as _intrinsic

Bytes = npt.NDArray[np.uint8]
Base = Any
Int = Any
"""A Python int or a np.int64: one type to numba, two to mypy."""
Secret = tuple[np.uint64, ...]

SECRET: Secret = tuple(np.frombuffer(os.urandom(48), np.uint64))
"""Six words, fresh in every process: keys differ from run to run, results do not."""

intrinsic: Any = _intrinsic  # its own types describe the builder, not the function it makes

_PAIR: Any = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call]
_WORD = ir.IntType(64)
_WIDE = ir.IntType(128)


@intrinsic
def mul(_context: Any, a: Any, b: Any) -> Any:
    """Multiply two uint64 to 128 bits: (high, low)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        product = builder.mul(builder.zext(args[0], _WIDE), builder.zext(args[1], _WIDE))
        high = builder.trunc(builder.lshr(product, ir.Constant(_WIDE, 64)), _WORD)
        return context.make_tuple(builder, signature.return_type, (high, builder.trunc(product, _WORD)))

    return _PAIR(types.uint64, types.uint64), codegen


@intrinsic
def real(_context: Any, bits: Any) -> Any:
    """Take 64 bits as a float64."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.uint64), codegen


def _counter(name: str) -> Any:
    @intrinsic
    def count(_context: Any, value: Any) -> Any:
        def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            return getattr(builder, name)(args[0], ir.Constant(ir.IntType(1), 0))

        return types.int64(types.uint64), codegen

    return count


leading_zeros, trailing_zeros = _counter("ctlz"), _counter("cttz")
"""Count zero bits of a uint64 from the top, from the bottom; 64 for zero."""


def _loader(bits: int, result: Any) -> Any:
    @intrinsic
    def load(_context: Any, base: Any, at: Any) -> Any:
        def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            place = builder.inttoptr(builder.add(*args), ir.IntType(bits).as_pointer())
            loaded = builder.load(place)
            loaded.align = 1
            return loaded

        return result(types.int64, types.int64), codegen

    return load


@intrinsic
def _address(_context: Any, buffer: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.ptrtoint(array.data, _WORD)

    return types.int64(buffer), codegen


@njit
def _array(buffer: Bytes) -> Bytes:
    return buffer


@njit
def _checked_byte(base: Base, at: int) -> np.uint8:
    return base[at]  # type: ignore[no-any-return]


@njit
def _checked_word(base: Base, at: int) -> Any:
    found = np.uint64(0)
    for i in range(8):
        found |= np.uint64(base[at + i]) << np.uint64(8 * i)
    return found


base: Any
"""Make of a buffer what `byte` and `word` read from."""
byte: Any
"""Load one byte."""
word: Any
"""Load eight bytes, little-endian."""

if os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0"):
    base, byte, word = _array, _checked_byte, _checked_word
else:
    # An address instead of an array: numba counts references of arrays at every call, which cost more than the scan.
    base, byte, word = _address, _loader(8, types.uint8), _loader(64, types.uint64)


@njit(cache=True, forceinline=True)
def fold(a: np.uint64, b: np.uint64) -> Any:
    """Multiply and fold to 64 bits, as wyhash does."""
    high, low = mul(a, b)
    return high ^ low


@njit(cache=True)
def digest(
    buffer: Base, start: int, stop: int, secret: Secret, high: np.uint64, low: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Mix `buffer[start:stop]` and its length into (high, low).

    Two lanes of keyed multiply-and-fold over 16 bytes a turn. Not a cryptographic hash: the secret never
    leaves the process, and nothing a sender can observe depends on it.
    """
    size = stop - start
    high = fold(high ^ secret[0], np.uint64(size) ^ secret[1])
    low = fold(low ^ secret[2], np.uint64(size) ^ secret[3])
    at = start
    while at + 16 <= stop:
        a, b = word(buffer, at), word(buffer, at + 8)
        high = fold(a ^ secret[1], b ^ high)
        low = fold(b ^ secret[4], a ^ low)
        at += 16
    if at < stop:
        a, b = np.uint64(0), np.uint64(0)
        if size >= 16:  # the last 16 bytes, some of them a second time
            a, b = word(buffer, stop - 16), word(buffer, stop - 8)
        else:
            for i in range(at, stop):
                shift = np.uint64(8 * ((i - at) & 7))
                if i - at < 8:
                    a |= np.uint64(byte(buffer, i)) << shift
                else:
                    b |= np.uint64(byte(buffer, i)) << shift
        high = fold(a ^ secret[5], b ^ high)
        low = fold(b ^ secret[0], a ^ low)
    return high, low


@njit(cache=True, forceinline=True)
def blend(value: np.uint64, secret: Secret, high: np.uint64, low: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Mix one word into (high, low)."""
    return fold(high ^ secret[3], value ^ secret[5]), fold(low ^ secret[1], value ^ secret[2])
