"""Decimal text to float in the kernels: correctly rounded, or left to the slow path."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit

from aiops.decode.kernels.load import base
from aiops.decode.kernels.number import number


@njit
def _number(data):
    return number(base(data), 0, len(data))


def parsed(text: str) -> tuple[int, float]:
    return _number(np.frombuffer(text.encode(), np.uint8).copy())


@settings(deadline=None, max_examples=2_000)
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(2.2250738585072014e-308)
@example(1.7976931348623157e308)
@example(9007199254740993.0)
def test_every_float_python_writes_is_read_back_or_refused(value):
    text = repr(value)
    at, found = parsed(text)
    assert at == -1 or (at, struct.pack("d", found)) == (len(text), struct.pack("d", value))


def test_hardly_any_ordinary_number_is_left_to_the_slow_path():
    rng = random.Random(1)
    texts = [repr(rng.choice((rng.random(), rng.gauss(0, 1e6), rng.expovariate(1e3)))) for _ in range(5_000)]
    assert sum(parsed(text)[0] == -1 for text in texts) <= 2


@settings(deadline=None, max_examples=2_000)
@given(st.integers(0, 10**19 - 1), st.integers(-360, 330), st.booleans())
def test_digits_and_exponent_round_as_python_rounds_or_are_refused(mantissa, power, negative):
    text = f"{'-' if negative else ''}{mantissa}e{power}"
    at, found = parsed(text)
    assert at == -1 or (at, found) == (len(text), float(text))


@settings(deadline=None, max_examples=1_000)
@given(st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,5})?", fullmatch=True))
def test_any_spelling_is_read_as_python_reads_it_or_refused(text):
    at, found = parsed(text)
    if at == len(text):
        assert found == float(text)


@pytest.mark.parametrize(
    "text", ["", "-", "01", ".5", "1.", "1.e5", "1e", "1e+", "+1", "NaN", "-Infinity", "x", "1e99999"]
)
def test_what_json_does_not_allow_is_refused(text):
    at, _ = parsed(text)
    assert at != len(text) or at == -1


def test_leading_zeros_of_a_fraction_are_no_digits():
    assert parsed("0.0012345678901234567") == (21, 0.0012345678901234567)
